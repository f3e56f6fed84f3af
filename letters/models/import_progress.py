"""The progress of a worker on an import batch, visible while the worker is running."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from letters.models.import_batch import ImportBatch
from sepo_incident.core.constraints import KnownValues


class ImportProgress(models.Model):
    """The progress of the worker on a batch, and a user's request to stop.

    A separate row, written while the transaction of the step locks the batch (`importing/files/progress.py`).
    """

    class Phase(models.TextChoices):
        OPENING = "OPENING", "Filen bliver åbnet"
        READING = "READING", "Rækkerne bliver læst"
        JUDGING = "JUDGING", "Rækkerne bliver holdt op mod de breve, vi kender"
        PLACES = "PLACES", "Enheder og personer bliver fundet eller oprettet"
        LETTERS = "LETTERS", "Brevene bliver gemt"
        ROLES = "ROLES", "Ledere får adgang til deres enheder"

    READING = (Phase.OPENING, Phase.READING, Phase.JUDGING)
    COMMITTING = (Phase.JUDGING, Phase.PLACES, Phase.LETTERS, Phase.ROLES)

    batch = models.OneToOneField(ImportBatch, models.CASCADE, primary_key=True, related_name="progress")
    #: Empty until a worker begins.
    phase = models.CharField("trin", max_length=20, choices=Phase, blank=True)
    began_at = models.DateTimeField("trinnet begyndte", null=True, blank=True)
    done = models.PositiveIntegerField("klaret", default=0)
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
                violation_error_message="Et trin, der er i gang, har et tidspunkt, det begyndte.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch}: {self.get_phase_display()}"

    def remaining_time(self, now: datetime) -> timedelta | None:
        """Return the time left in the phase at the present speed; None if unknown."""
        if not (self.began_at and self.total and self.done):
            return None
        return (now - self.began_at) / self.done * (self.total - self.done)
