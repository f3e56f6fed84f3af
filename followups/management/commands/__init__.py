"""`open_followups`: create follow-ups without a browser."""
