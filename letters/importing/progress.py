"""How far a worker is with a batch, told while its transaction is open; and whether people want it to stop.

A connection of its own writes it, so that the page sees it at once and the step can still be rolled back as a whole.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from letters.models import ImportProgress

Phase = ImportProgress.Phase
SECONDS_BETWEEN_WRITES = 0.5  # seconds between two signs of life


class ImportStopped(Exception):
    """Somebody asked for it. Whoever began the step rolls back what it did."""


class Progress:
    """``enter`` a phase, then ``tell`` how much of it is done; both raise ``Stopped`` where people want that."""

    def __init__(self, batch_id: int) -> None:
        self._batch_id = batch_id
        self._side = connection.copy()
        self._told_at = 0.0

    def enter(self, phase: Phase, total: int = 0) -> None:
        """``total`` is how many rows or letters the phase has; 0 where nobody can say."""
        self._write("phase = %s, began_at = now(), done = 0, total = %s", [phase.value, total])

    def tell(self, done: int) -> None:
        """Costs nothing most of the time, so it may be called for every few rows."""
        if time.monotonic() - self._told_at >= SECONDS_BETWEEN_WRITES:
            self._write("done = %s", [done])

    def close(self) -> None:
        self._side.close()

    def _write(self, what: str, values: list[str | int]) -> None:
        with self._side.cursor() as cursor:
            cursor.execute(
                f"UPDATE letters_importprogress SET {what}, heartbeat_at = now() WHERE batch_id = %s "  # noqa: S608
                "RETURNING stop_asked_at IS NOT NULL",
                [*values, self._batch_id],
            )
            answer = cursor.fetchone()
        self._told_at = time.monotonic()
        if answer and answer[0]:
            raise ImportStopped


@contextmanager
def track_progress(batch_id: int) -> Iterator[Progress]:
    progress = Progress(batch_id)
    try:
        yield progress
    finally:
        progress.close()
