"""Heartbeats of the queues: when a worker last ran the task that the clock sends to a queue every 20 seconds."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from sepo_incident.core.constraints import KnownValues

#: a queue without a heartbeat for so long is silent
SILENT_AFTER = timedelta(minutes=2)
IS_RECENT = Q(at__gt=Now() - SILENT_AFTER)


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def recent(self) -> HeartbeatQuerySet:
        """Return the heartbeats of the queues that are not silent, by PostgreSQL's clock."""
        return self.filter(IS_RECENT)


class HeartbeatQueue(models.TextChoices):
    """The queues that get heartbeats from `sepo_incident.celery`.

    Lists and evidence packs may keep their queues busy for an hour, and have heartbeats of their own.
    """

    TASKS = "celery", "opgaver"
    MAIL = "mail", "mails"
    CODES = "codes", "koder"


class Heartbeat(models.Model):
    """The last heartbeat of a queue. PostgreSQL sets the time, because the clock of a worker may be wrong."""

    Queue = HeartbeatQueue

    queue = models.CharField("kø", max_length=20, choices=Queue, primary_key=True)
    at = models.DateTimeField("sidst hørt", db_default=Now())

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "livstegn", "livstegn"
        constraints = [KnownValues("queue", "heartbeat_queue_known", "Den kø giver ingen livstegn.")]

    def __str__(self) -> str:
        return f"livstegn fra {self.queue}"
