"""A person's task from beginning to end: a real Chromium, the live server, real workers, a real SMTP server."""
