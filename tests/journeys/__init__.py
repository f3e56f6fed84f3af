"""Whole tasks of a person: a real Chromium, the live server, real workers, a real SMTP server."""
