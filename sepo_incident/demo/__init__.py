"""The demo: personas, a local mailbox and one command that runs every process. Never used in production."""
