"""The progress of a worker on an import batch, and requests to stop, while the transaction of the step is open.

A second database connection writes the progress, so that the page sees the progress at once and the step can still be
rolled back as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from letters.models.import_batch import ImportBatch
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.sql_files import read_sql


class ImportProgress(models.Model):
    """The progress of the worker on a batch, and a user's request to stop.

    A separate row, written while the transaction of the step locks the batch.
    """

    class Phase(models.TextChoices):
        OPENING = "OPENING", "Vi åbner filen"
        READING = "READING", "Vi læser rækkerne"
        JUDGING = "JUDGING", "Vi sammenligner med kendte breve"
        PLACES = "PLACES", "Vi finder eller opretter enheder og personer"
        LETTERS = "LETTERS", "Vi gemmer brevene"
        ROLES = "ROLES", "Vi giver ledere adgang"

    READING = (Phase.OPENING, Phase.READING, Phase.JUDGING)
    COMMITTING = (Phase.JUDGING, Phase.PLACES, Phase.LETTERS, Phase.ROLES)

    batch = models.OneToOneField(ImportBatch, models.CASCADE, primary_key=True, related_name="progress")
    #: Empty until a worker begins.
    phase = models.CharField("trin", max_length=20, choices=Phase, blank=True)
    began_at = models.DateTimeField("trinnet begyndte", null=True, blank=True)
    done = models.PositiveIntegerField("behandlet", default=0)
    #: 0 if the number is unknown.
    total = models.PositiveIntegerField("i alt", default=0)
    #: Renewed by the worker. Older than 40 seconds means that no worker is running (`resume_batches`).
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    stop_asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    stop_asked_at = models.DateTimeField("bedt om at stoppe", null=True, blank=True)

    class Meta:
        constraints = [
            KnownValues("phase", "progress_phase_known", "Det trin findes ikke i en indlæsning."),
            models.CheckConstraint(
                condition=Q(phase="", began_at=None) | (~Q(phase="") & Q(began_at__isnull=False)),
                name="progress_phase_has_begun",
                violation_error_message="Et trin i gang skal have et starttidspunkt.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch}: {self.get_phase_display()}"

    def remaining_time(self, now: datetime) -> timedelta | None:
        """Return the time left in the phase at the present speed; None if unknown."""
        if not (self.began_at and self.total and self.done):
            return None
        return (now - self.began_at) / self.done * (self.total - self.done)


Phase = ImportProgress.Phase
_SAVE_PROGRESS_SQL = read_sql(__file__, "save_progress.sql")
SECONDS_BETWEEN_WRITES = 0.5  # shortest time between two writes of `report`


class ImportStopped(Exception):
    """Raised when somebody has asked the import to stop. The caller that began the step rolls back."""


class ProgressWriter:
    """Writes the progress of a batch. Raises ImportStopped if somebody has asked the import to stop."""

    def __init__(self, batch_id: int) -> None:
        self._batch_id = batch_id
        self.connection = connection.copy()
        self._last_write_at = 0.0

    def start_phase(self, phase: Phase, total: int = 0) -> None:
        """Start a phase. `total`: number of rows or letters in the phase, 0 if unknown."""
        self._write(done=0, phase=phase.value, total=total)

    def report(self, done: int) -> None:
        """Save the number of finished rows or letters, at most once per `SECONDS_BETWEEN_WRITES`."""
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
def track_progress(batch_id: int) -> Iterator[ProgressWriter]:
    """Yield a ProgressWriter for the batch, and close the second connection afterwards."""
    progress = ProgressWriter(batch_id)
    with closing(progress.connection):
        yield progress
