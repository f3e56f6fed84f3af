"""The demo: personas, a local mailbox and one command that runs every part. Never in production."""
