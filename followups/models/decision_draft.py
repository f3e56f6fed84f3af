"""What one person has typed about a letter and not saved yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Length
from django.db.models.lookups import LessThanOrEqual

from followups.models.followup import FollowUp
from sepo_incident.accounts.models import User

#: so long it is kept after it was last written on
KEEP_FOR = timedelta(days=30)
#: characters of all answers together
MAX_CHARACTERS = 40_000


class HalfWrittenQuerySet(models.QuerySet["HalfWritten"]):
    def of(self, user: User) -> HalfWrittenQuerySet:
        """Their own; none for whoever sees the site as they do."""
        return self.none() if user.viewer else self.filter(by=user)

    def expired(self, now: datetime) -> HalfWrittenQuerySet:
        """Those that nobody has written on for so long that they go, whoever comes back."""
        return self.filter(saved_at__lt=now - KEEP_FOR)


class HalfWritten(models.Model):
    """For the eyes of whoever typed it, and nobody else's: it is no decision, and no ledger tells of it.

    ``typed``: the form's fields as they were typed; ``seen``: the version of the follow-up that the form was made from.
    ``version`` counts the writings, so that two tabs do not write over each other unasked.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="af")
    followup = models.ForeignKey(FollowUp, models.CASCADE, related_name="+", verbose_name="opfølgning")
    typed = models.JSONField("svar")
    seen = models.PositiveIntegerField("set udgave")
    version = models.PositiveIntegerField("version", default=1)
    saved_at = models.DateTimeField("gemt")

    objects = HalfWrittenQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "kladde", "kladder"
        constraints = [
            models.UniqueConstraint(
                fields=["by", "followup"],
                name="half_written_once",
                violation_error_message="Der er allerede en kladde til brevet.",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1),
                name="half_written_counts_from_one",
                violation_error_message="Den første version af en kladde er 1.",
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length(Cast(F("typed"), models.TextField())), MAX_CHARACTERS),
                name="half_written_is_short",
                violation_error_message="Der står for meget i kladden.",
            ),
        ]
        indexes = [models.Index(fields=["saved_at"], name="half_written_saved_at")]

    def __str__(self) -> str:
        return f"kladde nr. {self.pk}"
