"""KIT's front page and sending desk, the dispatches that went out, and the mails as sent."""
