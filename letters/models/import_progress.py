"""The progress of a worker on an import batch, and requests to stop, while the transaction of the step is open.

A second database connection writes the progress, so that the page sees the progress at once and the step can still be
rolled back as a whole.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.conf import settings
from django.db import connection, models

from letters.models.import_batch import ImportBatch


class ImportProgress(models.Model):
    """The progress of the worker on a batch, and a user's request to stop.

    A separate row, written while the transaction of the step locks the batch.
    """

    batch = models.OneToOneField(ImportBatch, models.CASCADE, primary_key=True, related_name="progress")
    done = models.PositiveIntegerField("behandlet", default=0)
    #: 0 if the number is unknown.
    total = models.PositiveIntegerField("i alt", default=0)
    #: Empty until a worker begins. Older than 40 seconds means that no worker is running (`resume_batches`).
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    stop_asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    stop_asked_at = models.DateTimeField("bedt om at stoppe", null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.batch}: {self.done}"


_SAVE_PROGRESS_SQL = """
    UPDATE letters_importprogress
    SET done = %(done)s, total = coalesce(%(total)s, total), heartbeat_at = now()
    WHERE batch_id = %(batch)s
    RETURNING stop_asked_at IS NOT NULL
"""
SECONDS_BETWEEN_WRITES = 0.5  # shortest time between two writes of `report`


class ImportStopped(Exception):
    """Raised when somebody has asked the import to stop. The caller that began the step rolls back."""


class ProgressWriter:
    """Writes the progress of a batch. Raises ImportStopped if somebody has asked the import to stop."""

    def __init__(self, batch_id: int) -> None:
        self._batch_id = batch_id
        self.connection = connection.copy()
        self._last_write_at = 0.0

    def start(self, total: int = 0) -> None:
        """Start a part of the work. `total`: number of rows or letters in the part, 0 if unknown."""
        self._write(0, total)

    def report(self, done: int) -> None:
        """Save the number of finished rows or letters, at most once per `SECONDS_BETWEEN_WRITES`."""
        if time.monotonic() - self._last_write_at >= SECONDS_BETWEEN_WRITES:
            self._write(done)

    def _write(self, done: int, total: int | None = None) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(_SAVE_PROGRESS_SQL, {"batch": self._batch_id, "done": done, "total": total})
            answer = cursor.fetchone()
        self._last_write_at = time.monotonic()
        if answer and answer[0]:
            raise ImportStopped


@contextmanager
def track_progress(batch_id: int) -> Iterator[ProgressWriter]:
    """Yield a ProgressWriter for the batch, and close the second connection afterwards."""
    progress = ProgressWriter(batch_id)
    with closing(progress.connection):
        yield progress
