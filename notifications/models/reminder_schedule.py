"""The reminders of an incident: on or off, and who switched them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from letters.models import Incident
from sepo_incident.audit.triggers import LEDGER_TRIGGERS


class ReminderScheduleQuerySet(models.QuerySet["ReminderSchedule"]):
    def for_incident(self, incident: Incident) -> ReminderSchedule:
        """Return the schedule of `incident`, or an unsaved schedule that is switched off."""
        return self.filter(incident=incident).first() or ReminderSchedule(incident=incident)


class ReminderSchedule(models.Model):
    """The reminder schedule of an incident. No reminder is sent without a row or while `switched_on_at` is empty."""

    incident = models.OneToOneField(Incident, models.PROTECT, related_name="reminder_schedule")
    switched_on_at = models.DateTimeField("slået til", null=True)
    switched_on_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="slået til af"
    )

    objects = ReminderScheduleQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "påmindelser", "påmindelser"
        constraints = [
            models.CheckConstraint(
                condition=Q(switched_on_at=None, switched_on_by=None)
                | Q(switched_on_at__isnull=False, switched_on_by__isnull=False),
                name="ladder_on_has_who",
                violation_error_message="Skriv, hvem der har slået påmindelserne til.",
            ),
        ]

    def __str__(self) -> str:
        return f"påmindelser i {self.incident.slug}"

    @property
    def is_on(self) -> bool:
        return self.switched_on_at is not None


class ReminderScheduleChange(models.Model):
    """A change of the reminder schedule: switched on or off. Append-only."""

    class Kind(models.TextChoices):
        ON = "ON", "slog påmindelserne til"
        OFF = "OFF", "slog påmindelserne fra"

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="reminder_schedule_changes")
    kind = models.CharField("hvad", max_length=10, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = "ændring af påmindelser", "ændringer af påmindelser"
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=["ON", "OFF"]), name="ladder_change_is_known")]
        triggers = LEDGER_TRIGGERS

    def __str__(self) -> str:
        return f"{self.by} {self.get_kind_display()}"
