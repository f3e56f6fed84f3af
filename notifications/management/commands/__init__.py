"""Commands: send notices, receive and classify mail, and check the sums."""
