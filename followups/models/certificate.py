"""Closing certificates: what had become of every letter when an incident was closed."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from letters.models import Incident
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field


class ClosingCertificate(models.Model):
    """A closing certificate of an incident. Append-only: the fingerprint is in the audit chain.

    `content` is the file as it was issued, and `fingerprint` its SHA-256.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="certificates", verbose_name="hændelse")
    number = models.PositiveSmallIntegerField("nummer")
    content = models.TextField("indhold")
    fingerprint = models.CharField("aftryk", max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="udstedt af")
    at = models.DateTimeField("udstedt")
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "afslutningsbevis", "afslutningsbeviser"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "number"],
                name="certificate_numbered_once",
                violation_error_message="En anden har udstedt beviset samtidig. Hent siden igen.",
            ),
        ]
        triggers = erasable_ledger_triggers("content")

    def __str__(self) -> str:
        return f"afslutningsbevis nr. {self.number}"
