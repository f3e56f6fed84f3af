"""Drafts of decisions: answers that a person has typed about a letter and not saved yet."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Length
from django.db.models.lookups import LessThanOrEqual

from followups.models.followup import FollowUp
from sepo_incident.accounts.models import User

#: Time that a draft is kept after the last save.
KEEP_FOR = timedelta(days=30)
#: Longest JSON text of all answers together, in characters.
MAX_CHARACTERS = 40_000


class DecisionDraftQuerySet(models.QuerySet["DecisionDraft"]):
    def written_by(self, user: User) -> DecisionDraftQuerySet:
        """Return the drafts of the user; none during impersonation."""
        return self.none() if user.viewer else self.filter(by=user)

    def expired(self, now: datetime) -> DecisionDraftQuerySet:
        """Return the drafts that were last saved more than ``KEEP_FOR`` before ``now``."""
        return self.filter(saved_at__lt=now - KEEP_FOR)


class DecisionDraft(models.Model):
    """Draft of a decision. Only the writer can see the draft; no append-only table records the draft.

    ``typed``: the fields of the form as typed; ``seen``: the version of the follow-up that the form was made from.
    ``version`` counts the saves, so that a second tab does not overwrite the first unasked.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="af")
    followup = models.ForeignKey(FollowUp, models.CASCADE, related_name="+", verbose_name="opfølgning")
    typed = models.JSONField("svar")
    seen = models.PositiveIntegerField("set udgave")
    version = models.PositiveIntegerField("version", default=1)
    saved_at = models.DateTimeField("gemt")

    objects = DecisionDraftQuerySet.as_manager()

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
