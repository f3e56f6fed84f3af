"""A dispatch (udsendelse): somebody pressed the button, and so many notices were promised.

The button makes this row and nothing else. A worker writes the notices (``dispatching.write``), so a killed worker or
an absent broker costs time and never a notice. Approval, pause and resume (issue *Delivery*) belong on this row.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from letters.models import Incident
from notifications.models.notice import Kind, kind_is_known


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    def unfinished(self) -> DispatchQuerySet:
        """Requested, and there are notices to write yet."""
        return self.filter(written_at=None)

    def of(self, incident: Incident) -> DispatchQuerySet:
        return self.filter(incident=incident)


class Dispatch(models.Model):
    incident = models.ForeignKey(Incident, models.PROTECT, related_name="dispatches")
    kind = models.CharField("slags", max_length=20, choices=Kind)
    #: nobody, when the command line or the clock asked
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="sendt af"
    )
    requested_at = models.DateTimeField("bestilt", default=timezone.now)
    #: the newest follow-up when the button was pressed; one that is opened later belongs to the next dispatch
    newest_followup = models.BigIntegerField()
    promised = models.PositiveIntegerField("lovet på knappen")
    written = models.PositiveIntegerField("skrevet", null=True)
    written_at = models.DateTimeField("alle skrevet", null=True)
    #: users whose notice could not be composed; they are still owed one, by the next dispatch
    failed_receivers = ArrayField(models.BigIntegerField(), default=list, verbose_name="kunne ikke skrives til")
    #: the day of the ladder that it is; empty for what the ladder does not ask for
    step_on = models.DateField("trin den", null=True)
    #: nothing of it is written later than this; what is not is not late, but left out
    closes_at = models.DateTimeField("skrives senest", null=True)
    #: users who had a mail that day already; they are owed theirs on the next working day
    held_back = ArrayField(models.BigIntegerField(), default=list, verbose_name="fik en anden mail den dag")

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "udsendelse", "udsendelser"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind"],
                condition=Q(written_at=None),
                name="dispatch_one_at_a_time",
                violation_error_message="En udsendelse er allerede i gang.",
            ),
            models.CheckConstraint(
                condition=Q(written_at=None, written=None) | Q(written_at__isnull=False, written__isnull=False),
                name="dispatch_written_has_number",
                violation_error_message="En udsendelse, der er skrevet, skal have et tidspunkt og et antal.",
            ),
            models.CheckConstraint(
                condition=Q(written_at=None) | Q(written_at__gte=F("requested_at")),
                name="dispatch_written_after_request",
                violation_error_message="En udsendelse kan ikke være skrevet, før den er bestilt.",
            ),
            models.UniqueConstraint(
                fields=["incident", "kind", "step_on"],
                name="dispatch_one_step_a_day",
                violation_error_message="Trinnet er allerede taget den dag.",
            ),
            models.CheckConstraint(
                condition=Q(step_on=None) | Q(closes_at__isnull=False),
                name="dispatch_step_closes",
                violation_error_message="Et trin skal høre op samme dag.",
            ),
            kind_is_known("dispatch_kind_known"),
        ]

    def __str__(self) -> str:
        return f"udsendelse {self.pk}"

    @property
    def is_written(self) -> bool:
        return self.written_at is not None

    def is_open(self, now: datetime) -> bool:
        """May more of it be written?"""
        return self.closes_at is None or now < self.closes_at
