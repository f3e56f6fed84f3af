"""Optimistic locking: the exception for a concurrent change."""

from __future__ import annotations

from typing import Any


class Conflict(Exception):
    """Raised when a row changed after the page was rendered. The service has changed nothing.

    The text is a Danish sentence, or empty. `current`: the row as it is now, if the service has read the row.
    """

    def __init__(self, why: str = "", current: Any = None):
        super().__init__(why)
        self.current = current
