"""Alarms about our own mail and history, at most one open per kind, and the heartbeats of the queues."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.sql_expression import sql_expression

#: an alarm that nobody has taken is mailed again after this time
REPEAT_MAIL_AFTER = timedelta(hours=4)


UNTAKEN = sql_expression("{alarm}.ended_at IS NULL AND {alarm}.taken_by_id IS NULL", {"alarm": "kind"})


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def open(self) -> AlarmQuerySet:
        return self.filter(ended_at=None)

    def ended(self) -> AlarmQuerySet:
        return self.filter(ended_at__isnull=False)

    def due_for_repeat(self, now: datetime) -> AlarmQuerySet:
        """Return the open alarms that nobody has taken and whose last mail is `REPEAT_MAIL_AFTER` old."""
        return self.filter(UNTAKEN, mailed_at__lte=now - REPEAT_MAIL_AFTER)


class AlarmKind(models.TextChoices):
    SILENCE = "SILENCE", "intet svar"
    SPAM = "SPAM", "afvist som spam"
    CANARY = "CANARY", "mail til os selv kom ikke"
    BOUNCE_CANARY = "BOUNCE_CANARY", "mail kom ikke retur"
    QUEUE = "QUEUE", "køen står stille"
    INBOX = "INBOX", "indgående post ligger stille"
    BALANCE = "BALANCE", "tallene stemmer ikke"
    HISTORY = "HISTORY", "historikken er ændret"
    RESTORED = "RESTORED", "databasen er en anden"
    LETTERS = "LETTERS", "breve mangler"
    SEARCH = "SEARCH", "der ledes ikke efter breve"


class Alarm(models.Model):
    """An alarm that somebody must act on.

    `number`, `total`, `since` and `words` hold the facts as last measured. `notifications.alarms.alarm_list`
    explains the facts for each kind.
    """

    Kind = AlarmKind

    kind = models.CharField("slags", max_length=20, choices=Kind)
    number = models.PositiveIntegerField("antal", default=0)
    total = models.PositiveIntegerField("ud af", null=True)
    since = models.DateTimeField("begyndte", null=True)
    words = models.TextField("fakta", blank=True)
    raised_at = models.DateTimeField("slog til")
    mailed_at = models.DateTimeField("sidst sendt ud")
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="taget af"
    )
    taken_at = models.DateTimeField("taget", null=True)
    ended_at = models.DateTimeField("lukket", null=True)
    #: empty when the alarm ended by itself
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="lukket af"
    )
    reason = models.TextField("begrundelse", blank=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "alarm", "alarmer"
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(ended_at=None),
                name="alarm_one_open_of_a_kind",
                violation_error_message="Den alarm er allerede i gang.",
            ),
            models.CheckConstraint(
                condition=Q(taken_by=None, taken_at=None) | Q(taken_by__isnull=False, taken_at__isnull=False),
                name="alarm_taken_by_and_at",
                violation_error_message="En alarm, nogen har taget, skal have et navn og et tidspunkt.",
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None, reason="")
                | (Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(reason="")),
                name="alarm_ended_by_a_person_has_a_reason",
                violation_error_message="Skriv, hvorfor alarmen kan lukkes.",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("raised_at")),
                name="alarm_ended_after_it_was_raised",
                violation_error_message="En alarm kan ikke være lukket, før den slog til.",
            ),
            KnownValues("kind", "alarm_kind_known", "Den slags alarm findes ikke."),
        ]

    def __str__(self) -> str:
        return f"alarm {self.pk}: {self.get_kind_display()}"


#: a queue without a heartbeat for so long is silent
SILENT_AFTER = timedelta(minutes=2)
IS_RECENT = sql_expression(
    "{heartbeat}.at > statement_timestamp() - {silent_after}", {"heartbeat": "at"}, silent_after=SILENT_AFTER
)


class HeartbeatQueue(models.TextChoices):
    """The queues that get heartbeats from `sepo_incident.celery`.

    A list may keep its queue busy for an hour, and has heartbeats of its own.
    """

    TASKS = "celery", "opgaver"
    MAIL = "mail", "mails"
    CODES = "codes", "koder"


class Heartbeat(models.Model):
    """The last heartbeat of a queue. PostgreSQL sets the time, because the clock of a worker may be wrong."""

    Queue = HeartbeatQueue

    queue = models.CharField("kø", max_length=20, choices=Queue, primary_key=True)
    at = models.DateTimeField("sidst hørt", db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = "livstegn", "livstegn"
        constraints = [KnownValues("queue", "heartbeat_queue_known", "Den kø giver ingen livstegn.")]

    def __str__(self) -> str:
        return f"livstegn fra {self.queue}"
