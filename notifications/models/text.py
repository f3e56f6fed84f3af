"""The words that KIT gave a kind of notice in an incident: a version each time they were changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from letters.models import Incident
from notifications.models.notice import LONE, Kind, kind_is_known
from sepo_incident.ledgers.triggers import LEDGER


class NoticeTextQuerySet(models.QuerySet["NoticeText"]):
    def of(self, kind: str, incident: Incident) -> NoticeTextQuerySet:
        """The versions of a text, the newest first."""
        return self.filter(kind=kind, incident=incident).order_by("-version")

    def newest(self) -> NoticeTextQuerySet:
        """Of each text the one that counts."""
        return self.order_by("incident", "kind", "-version").distinct("incident", "kind")


class NoticeText(models.Model):
    """Version 1 and on; before them, and where there is none, the default counts. Append-only."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notice_texts")
    kind = models.CharField("slags", max_length=20, choices=Kind)
    version = models.PositiveIntegerField("version")
    subject = models.CharField("emne", max_length=300)
    body = models.TextField("tekst")
    #: the words of the default, as they were then
    is_reset = models.BooleanField("tilbage til standardteksten", default=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="skrevet af"
    )
    written_at = models.DateTimeField("skrevet", default=timezone.now)

    objects = NoticeTextQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "tekst", "tekster"
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind", "version"],
                name="notice_text_version_once",
                violation_error_message="En anden har gemt teksten imens.",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1),
                name="notice_text_counts_from_one",
                violation_error_message="Den første version af en tekst er 1.",
            ),
            models.CheckConstraint(
                condition=~Q(subject="") & ~Q(body=""),
                name="notice_text_says_something",
                violation_error_message="En tekst skal have et emne og et indhold.",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=LONE),
                name="notice_text_of_a_notice",
                violation_error_message="Den slags mail har ingen tekst, man kan rette.",
            ),
            kind_is_known("notice_text_kind_known"),
        ]
        triggers = LEDGER

    def __str__(self) -> str:
        return f"version {self.version} af teksten til {self.get_kind_display()}"
