"""Optimistic locking: the exception for a concurrent change."""


class Conflict(Exception):
    """Raised when a row changed after the page was rendered. The service has changed nothing."""
