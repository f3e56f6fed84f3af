"""A dispatch (udsendelse): an order to send notices of one kind in an incident.

Ordering a dispatch only inserts this row. A worker writes the notices (`dispatching.outbox_writer`), so a killed
worker or an unreachable broker delays notices but loses none. `status` says whether the dispatch may continue.
`SendingChange` records each change of the status with person, time and reason.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from letters.models import Incident
from notifications.models.notice import Kind
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    def unfinished(self) -> DispatchQuerySet:
        """Return the dispatches whose notices are not all written.

        Until then an incident gets no second dispatch of the same kind to everybody.
        """
        return self.filter(written_at=None)

    def paused(self) -> DispatchQuerySet:
        """Return the dispatches of paused incidents. No worker claims their mails."""
        return self.filter(incident__sending__paused_at__isnull=False)

    def stopping(self) -> DispatchQuerySet:
        """Return the dispatches stopped while workers held mails. A mail that a worker gives back is not sent."""
        return self.filter(status=Dispatch.Status.STOPPING)


class Dispatch(models.Model):
    """An order to send notices of one kind in an incident, to everybody owed a notice or to selected receivers."""

    class Status(models.TextChoices):
        RUNNING = "RUNNING", "i gang"
        STOPPING = "STOPPING", "bliver standset"
        STOPPED = "STOPPED", "standset"

    #: Badge of a dispatch with this status. A running dispatch shows a badge derived from its mails.
    BADGES = {
        Status.STOPPING: Badge("Bliver standset", "is-info", "hourglass"),
        Status.STOPPED: Badge("Standset", "", "close"),
    }
    #: statuses of dispatches that somebody ended early
    CUT_SHORT = (Status.STOPPING, Status.STOPPED)

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="dispatches")
    kind = models.CharField("slags", max_length=20, choices=Kind)
    #: empty when the command line or the clock ordered the dispatch
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="sendt af"
    )
    requested_at = models.DateTimeField("bestilt")
    status = models.CharField(
        "status", max_length=20, choices=Status, default=Status.RUNNING, db_default=Status.RUNNING
    )
    #: the newest follow-up when the dispatch was ordered; later follow-ups belong to the next dispatch
    newest_followup = models.BigIntegerField()
    promised = models.PositiveIntegerField("lovet på knappen")
    written = models.PositiveIntegerField("skrevet", null=True)
    written_at = models.DateTimeField("alle skrevet", null=True)
    #: ids of users whose notice could not be composed; the next dispatch owes each user a notice
    failed_receivers = ArrayField(models.BigIntegerField(), default=list, verbose_name="kunne ikke skrives til")
    #: the day in the reminder schedule; empty when the schedule did not order the dispatch
    step_on = models.DateField("trin den", null=True)
    #: no notice is written after this time; a notice not written by then is left out
    closes_at = models.DateTimeField("skrives senest", null=True)
    #: ids of users who already got a mail that day; their notice is owed on the next working day
    held_back = ArrayField(models.BigIntegerField(), default=list, verbose_name="fik en anden mail den dag")
    #: ids of the users selected for a reminder by somebody in charge of their letters; empty: everybody who is owed a
    #: notice
    receivers = ArrayField(models.BigIntegerField(), null=True, verbose_name="valgt til at få den")

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "udsendelse", "udsendelser"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind"],
                condition=Q(written_at=None, receivers=None),
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
            KnownValues("status", "dispatch_status_known", "Den status findes ikke."),
            models.CheckConstraint(
                condition=~Q(status__in=["STOPPING", "STOPPED"]) | Q(written_at__isnull=False),
                name="dispatch_stopped_is_finished",
                violation_error_message="En udsendelse, der er standset, bliver ikke skrevet videre.",
            ),
            models.CheckConstraint(
                condition=Q(receivers=None)
                | Q(requested_by__isnull=False, closes_at__isnull=False, step_on=None, receivers__len__gte=1),
                name="dispatch_to_chosen_by_somebody",
                violation_error_message="En påmindelse til udvalgte skal have en afsender, en modtager og en dag.",
            ),
            KnownValues("kind", "dispatch_kind_known", "Den slags besked findes ikke."),
        ]

    def __str__(self) -> str:
        return f"udsendelse {self.pk}"

    @property
    def is_written(self) -> bool:
        return self.written_at is not None

    @property
    def is_to_selected_receivers(self) -> bool:
        """Return whether somebody in charge of the receivers' letters ordered it with «Send påmindelse nu»."""
        return self.receivers is not None

    @property
    def is_reminder(self) -> bool:
        """Return whether the dispatch sends mails after the first notice, such as reminders and digests."""
        return self.closes_at is not None

    @property
    def tab(self) -> str:
        """Return the name of the page that lists the dispatch: "reminders" or "notices"."""
        return "reminders" if self.is_reminder else "notices"

    def is_open(self, now: datetime) -> bool:
        """Return whether notices of the dispatch may still be written at `now`."""
        return self.closes_at is None or now < self.closes_at
