"""Signing in with django-allauth by a code or a password, session time-outs, and the front page of every role."""
