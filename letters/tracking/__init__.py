"""What was sent on each channel, what came back, and what is missing."""
