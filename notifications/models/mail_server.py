"""A mail server that did not answer. One that does has no row."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q


class MailServerQuerySet(models.QuerySet["MailServer"]):
    def aside(self, now: datetime) -> MailServerQuerySet:
        """The others are asked first."""
        return self.filter(aside_until__gt=now)


class MailServer(models.Model):
    """Set aside until then, after so many failures in a row, the last of which was ``reply``."""

    name = models.CharField("navn", max_length=300, unique=True)
    failures = models.PositiveIntegerField("gange i træk")
    aside_until = models.DateTimeField("sat til side til")
    reply = models.TextField("svar", blank=True)
    changed_at = models.DateTimeField("sidst ændret")

    objects = MailServerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "mailserver", "mailservere"
        constraints = [
            models.CheckConstraint(
                condition=Q(failures__gte=1),
                name="mail_server_has_failed",
                violation_error_message="En mailserver, der svarer, sættes ikke til side.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
