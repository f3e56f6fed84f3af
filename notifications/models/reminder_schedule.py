"""The reminder schedule of an incident: the days of reminders, who changed the schedule, and pauses for units."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from letters.models import Incident
from sepo_incident.accounts.models import Unit
from sepo_incident.audit.triggers import LEDGER_TRIGGERS

#: A reminder is sent at most this many working days before the deadline.
MAX_DAYS_BEFORE_DEADLINE = 60


class ReminderScheduleQuerySet(models.QuerySet["ReminderSchedule"]):
    def for_incident(self, incident: Incident) -> ReminderSchedule:
        """Return the schedule of `incident`, or an unsaved default schedule that is switched off."""
        usual = ReminderSchedule(incident=incident, before=[5, 2, 1], every=2, digest_days=[0, 3])
        return self.filter(incident=incident).first() or usual


class ReminderSchedule(models.Model):
    """The reminder schedule of an incident. No reminder is sent without a row or while `switched_on_at` is empty."""

    incident = models.OneToOneField(Incident, models.PROTECT, related_name="reminder_schedule")
    #: working days before the deadline
    before = ArrayField(models.PositiveSmallIntegerField(), default=list, verbose_name="arbejdsdage før fristen")
    every = models.PositiveSmallIntegerField("hver så mange arbejdsdage efter fristen", default=2)
    #: weekdays of the leader's digest; 0 is Monday
    digest_days = ArrayField(models.PositiveSmallIntegerField(), default=list, verbose_name="lederens oversigt")
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
            models.CheckConstraint(
                condition=Q(before__contained_by=list(range(1, MAX_DAYS_BEFORE_DEADLINE + 1))),
                name="ladder_before_the_deadline",
                violation_error_message=(
                    f"En påmindelse sendes fra 1 til {MAX_DAYS_BEFORE_DEADLINE} arbejdsdage før fristen."
                ),
            ),
            models.CheckConstraint(
                condition=Q(every__gte=1),
                name="ladder_goes_on",
                violation_error_message="Efter fristen skal der være mindst en arbejdsdag mellem to påmindelser.",
            ),
            models.CheckConstraint(
                condition=Q(digest_days__contained_by=[0, 1, 2, 3, 4]),
                name="ladder_digest_on_weekdays",
                violation_error_message="Lederens oversigt sendes fra mandag til fredag.",
            ),
        ]

    def __str__(self) -> str:
        return f"påmindelser i {self.incident.slug}"

    @property
    def is_on(self) -> bool:
        return self.switched_on_at is not None


class ReminderScheduleChange(models.Model):
    """A change of the reminder schedule: switched on, switched off, or new steps. Append-only."""

    class Kind(models.TextChoices):
        ON = "ON", "slog påmindelserne til"
        OFF = "OFF", "slog påmindelserne fra"
        STEPS = "STEPS", "ændrede dagene"

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="reminder_schedule_changes")
    kind = models.CharField("hvad", max_length=10, choices=Kind)
    #: the steps after the change
    steps = models.CharField("trin", max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = "ændring af påmindelser", "ændringer af påmindelser"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="STEPS") & ~Q(steps="") | Q(kind__in=["ON", "OFF"], steps=""),
                name="ladder_change_says_steps",
                violation_error_message="Skriv, hvad dagene blev ændret til.",
            ),
        ]
        triggers = LEDGER_TRIGGERS

    def __str__(self) -> str:
        return f"{self.by} {self.get_kind_display()}"


class ReminderPauseQuerySet(models.QuerySet["ReminderPause"]):
    def in_force(self, on: date) -> ReminderPauseQuerySet:
        """Return the pauses that apply on the day `on`."""
        return self.filter(ended_at=None, until__gte=on)


class ReminderPause(models.Model):
    """A pause of reminders about letters of a unit and the units below, up to and including `until`."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="reminder_pauses")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="enhed")
    reason = models.CharField("hvorfor", max_length=300)
    until = models.DateField("til og med")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="af")
    at = models.DateTimeField("sat", auto_now_add=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="ophævet af"
    )
    ended_at = models.DateTimeField("ophævet", null=True)

    objects = ReminderPauseQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "pause", "pauser"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="ladder_pause_has_reason", violation_error_message="Skriv hvorfor."
            ),
            models.UniqueConstraint(
                fields=["incident", "unit"],
                condition=Q(ended_at=None),
                name="ladder_pause_once",
                violation_error_message="Enheden har allerede en pause.",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="ladder_pause_ended_by_somebody",
                violation_error_message="Skriv, hvem der har ophævet pausen.",
            ),
        ]

    def __str__(self) -> str:
        return f"pause for {self.unit}"
