"""Drafts: answers that a person has typed and not saved yet (*kladde*), and texts for recipients (*udkast*)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast, Length
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from followups.models.followup import FollowUp
from letters.models import Incident
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import LEDGER_TRIGGERS

#: Time that a draft is kept after the last save.
KEEP_FOR = timedelta(days=30)
#: Longest JSON text of all answers together, in characters.
MAX_CHARACTERS = 40_000


class DecisionDraftQuerySet(models.QuerySet["DecisionDraft"]):
    def written_by(self, user: User) -> DecisionDraftQuerySet:
        """Return the drafts of the user; none during impersonation."""
        return self.none() if user.viewer else self.filter(by=user)

    def expired(self, now: datetime) -> DecisionDraftQuerySet:
        """Return the drafts that were last saved more than `KEEP_FOR` before `now`."""
        return self.filter(saved_at__lt=now - KEEP_FOR)


class DecisionDraft(models.Model):
    """Draft of a decision. Only the writer can see the draft; no append-only table records the draft.

    `typed`: the fields of the form as typed; `followup_version`: the version of the follow-up that the form was
    made from. `version` counts the saves, so that a second tab does not overwrite the first unasked.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="af")
    followup = models.ForeignKey(FollowUp, models.CASCADE, related_name="+", verbose_name="opfølgning")
    typed = models.JSONField("svar")
    followup_version = models.PositiveIntegerField("set udgave")
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
                violation_error_message="Kladden er for lang. Skriv kortere.",
            ),
        ]
        indexes = [models.Index(fields=["saved_at"], name="half_written_saved_at")]

    def __str__(self) -> str:
        return f"kladde nr. {self.pk}"


class DraftTextQuerySet(models.QuerySet["DraftText"]):
    def versions_of(self, incident: Incident, category: str, way: str) -> DraftTextQuerySet:
        """Return the versions of a draft text, newest first."""
        return self.filter(incident=incident, category=category, way=way).order_by("-version")


class DraftText(models.Model):
    """Version of a text that KIT writes for senders to send to recipients, numbered from 1. Append-only.

    The default text applies before version 1, and after a version with `is_reset`. `category` is a name that
    category rules give to letters, or a name from `followups/drafts/recipient_texts.py`.
    """

    class Way(models.TextChoices):
        RESEND = FollowUp.Remedy.RESEND, "det samme brev igen"
        NEW_LETTER = FollowUp.Remedy.NEW_LETTER, "et nyt brev"
        PAPER = FollowUp.Remedy.PAPER, "et brev på papir"

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="draft_texts")
    category = models.CharField("emneområde", max_length=40)
    way = models.CharField("hvad der sendes", max_length=20, choices=Way)
    version = models.PositiveIntegerField("version")
    body = models.TextField("tekst", blank=True)
    #: from this version on the default text applies again
    is_reset = models.BooleanField("tilbage til standardteksten", default=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="skrevet af"
    )
    written_at = models.DateTimeField("skrevet", default=timezone.now)

    objects = DraftTextQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "udkast", "udkast"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "category", "way", "version"],
                name="draft_text_version_once",
                violation_error_message="En anden har gemt udkastet imens.",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1),
                name="draft_text_counts_from_one",
                violation_error_message="Den første version af et udkast er 1.",
            ),
            models.CheckConstraint(
                condition=Q(is_reset=True, body="") | Q(is_reset=False) & ~Q(body=""),
                name="draft_text_says_something",
                violation_error_message="Skriv en tekst.",
            ),
            models.CheckConstraint(
                condition=Q(way__in=["RESEND", "NEW_LETTER", "PAPER"]) & ~Q(category=""),
                name="draft_text_way_known",
                violation_error_message="Et udkast hører til et emneområde og er til samme brev, et nyt eller papir.",
            ),
        ]
        triggers = LEDGER_TRIGGERS

    def __str__(self) -> str:
        return f"version {self.version} af udkastet til {self.category}, {self.get_way_display()}"
