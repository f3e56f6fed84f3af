"""Progress of a worker with an import batch while the transaction of the step is open, and requests to stop.

A second database connection writes the progress, so that the page sees the progress at once and the step can still be
rolled back as a whole.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.db import connection

from letters.models import ImportProgress
from sepo_incident.core.sql_files import read_sql

Phase = ImportProgress.Phase
_SAVE_PROGRESS_SQL = read_sql(__file__, "save_progress.sql")
SECONDS_BETWEEN_WRITES = 0.5  # shortest time between two writes of ``report``


class ImportStopped(Exception):
    """Raised when somebody has asked the import to stop. The caller that began the step rolls back."""


class Progress:
    """Writes the progress of a batch. Raises ImportStopped if somebody has asked the import to stop."""

    def __init__(self, batch_id: int) -> None:
        self._batch_id = batch_id
        self.connection = connection.copy()
        self._last_write_at = 0.0

    def start_phase(self, phase: Phase, total: int = 0) -> None:
        """Start a phase. ``total``: number of rows or letters in the phase, 0 if unknown."""
        self._write(done=0, phase=phase.value, total=total)

    def report(self, done: int) -> None:
        """Save the number of finished rows or letters, at most once per ``SECONDS_BETWEEN_WRITES``."""
        if time.monotonic() - self._last_write_at >= SECONDS_BETWEEN_WRITES:
            self._write(done=done)

    def _write(self, done: int, phase: str | None = None, total: int | None = None) -> None:
        values = {"batch": self._batch_id, "done": done, "phase": phase, "total": total}
        with self.connection.cursor() as cursor:
            cursor.execute(_SAVE_PROGRESS_SQL, values)
            answer = cursor.fetchone()
        self._last_write_at = time.monotonic()
        if answer and answer[0]:
            raise ImportStopped


@contextmanager
def track_progress(batch_id: int) -> Iterator[Progress]:
    """Yield a Progress for the batch, and close the second connection afterwards."""
    progress = Progress(batch_id)
    with closing(progress.connection):
        yield progress
