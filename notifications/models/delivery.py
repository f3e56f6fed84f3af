"""Deliveries, one per notice and address, and the SMTP conversations about deliveries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from letters.models import Incident
from notifications.models import delivery_states
from notifications.models.delivery_states import Owner, State
from notifications.models.dispatch import Dispatch
from notifications.models.notice import Notice
from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge, midnight
from sepo_incident.core.database import PresentTime

ONE_DAY = timedelta(days=1)
#: The values of `Attempt.Stage`. A delivery repeats the stage of its last attempt.
ATTEMPT_STAGES = ["prepare", "connect", "ehlo", "starttls", "login", "mail", "rcpt", "data", "done"]


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime | PresentTime) -> DeliveryQuerySet:
        """Return the deliveries that a worker may claim at `now`.

        A delivery is due when ready, when the retry time has come, or when the lease of a dead worker has expired.
        """
        return self.not_on_hold().filter(next_attempt_at__lte=now)

    def not_on_hold(self) -> DeliveryQuerySet:
        """Return the deliveries that are not held back by a dispatch.

        A paused dispatch holds all mails. A dispatch that is being stopped holds the To mails that no worker has
        begun.

        The dispatch of a mail is looked up in a subquery per row instead of a join, so that a claim reads no more
        index rows than it takes, however many mails wait.
        """
        notice = Notice.objects.filter(pk=OuterRef("notice_id"))
        known = self.alias(
            of=Coalesce(Subquery(notice.values("dispatch_id")), 0, output_field=models.BigIntegerField())
        )  # a standalone mail has no dispatch
        is_begun = Q(role=Delivery.Role.CC) | Q(state=Delivery.State.SENDING)
        stopping = Dispatch.objects.stopping().values("pk")
        return known.exclude(of__in=Dispatch.objects.paused().values("pk")).filter(is_begun | ~Q(of__in=stopping))

    def of_incident(self, incident: Incident | OuterRef | None) -> DeliveryQuerySet:
        """Return the deliveries of the incident's dispatches and of mails about no incident, with None all.

        Whatever one incident has mailed holds back no mail of another.
        """
        ours = Q(notice__dispatch__incident=incident) | Q(notice__dispatch=None)
        return self.filter(ours) if incident else self

    def unreached(self) -> DeliveryQuerySet:
        """Return failed deliveries to the recipient's present address without a later success.

        A later success is a newer mail to the same recipient that a mail server accepted.
        """
        later = Delivery.objects.filter(recipient=OuterRef("recipient"), pk__gt=OuterRef("pk"))
        failed = self.in_states(delivery_states.UNREACHED).filter(recipient__email__iexact=F("address"))
        return failed.exclude(Exists(later.in_states(delivery_states.TAKEN_BY_SERVER)))

    def on_day(self, day: date) -> DeliveryQuerySet:
        """Return the deliveries of notices written on `day` (Copenhagen time), except stopped deliveries."""
        written = self.filter(notice__created_at__gte=midnight(day), notice__created_at__lt=midnight(day + ONE_DAY))
        return written.exclude(state=Delivery.State.STOPPED)

    def with_state_at(self, now: datetime) -> DeliveryQuerySet:
        """Annotate each delivery with `stands`, the state at `now` (`delivery_states.state_expression`)."""
        return self.annotate(stands=delivery_states.state_expression(now))

    def awaiting_resolution(self) -> DeliveryQuerySet:
        """Return the deliveries listed on *Ikke nået* (`delivery_states.awaits_resolution`)."""
        return self.filter(delivery_states.awaits_resolution(timezone.now()))

    def people(self) -> models.QuerySet[Delivery, dict[str, Any]]:
        """Return {recipient, at} for each person at an address. Case is no difference between addresses."""
        return self.order_by().values("recipient", at=Lower("address")).distinct()

    def retryable(self) -> DeliveryQuerySet:
        """Return the deliveries that a person may send again: out of the outbox and not known to have arrived."""
        return self.in_states(delivery_states.RETRYABLE)

    def in_states(self, wanted: Collection[str]) -> DeliveryQuerySet:
        """Return the deliveries whose state is in `wanted` now."""
        return self.with_state_at(timezone.now()).filter(stands__in=wanted)  # type: ignore[misc]


class Delivery(models.Model):
    """A copy of a notice to a single address.

    `state` is the progress with the mail server, and only `notifications.outbox` changes the field.
    `evidence_state` is the strongest evidence received since, and only `notifications.inbound.delivery_evidence`
    sets the field. `replies_and_retries.retry_deliveries` empties `evidence_state`, because no evidence exists
    about the new sending. `delivery_states` derives the current state from `state`, `evidence_state`,
    `resolution_state` and the clock.

    `next_attempt_at` is the time from when a worker may claim the delivery: at once when READY, the retry time when
    DEFERRED, the end of the lease when SENDING. In all other states the field is empty.
    """

    class Role(models.TextChoices):
        TO = "TO", "modtager"
        CC = "CC", "kopi"

    State = delivery_states.State

    # Each claim and each settlement writes to every index, so no index is kept that is a prefix of a longer index.
    notice = models.ForeignKey(Notice, models.PROTECT, related_name="deliveries", db_index=False)
    role = models.CharField("rolle", max_length=10, choices=Role)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="deliveries",
        null=True,
        db_index=False,
        verbose_name="modtager",
    )
    address = models.CharField("adresse", max_length=254)
    state = models.CharField(
        "tilstand", max_length=20, choices=delivery_states.State, default=delivery_states.State.READY
    )
    next_attempt_at = models.DateTimeField("næste forsøg", null=True)
    #: how many times a worker has claimed the delivery; a worker may settle only under the number of its own claim
    lease = models.PositiveIntegerField(default=0)
    #: the first lease of the current sending; lower leases belong to a sending that ended when a person sent the mail
    #: again
    first_lease = models.PositiveIntegerField(default=0, db_default=0)
    attempts = models.PositiveIntegerField("forsøg", default=0)
    return_token = models.CharField(max_length=40)
    accepted_at = models.DateTimeField("taget imod", null=True)
    changed_at = models.DateTimeField("sidst ændret")
    #: the mail server's last answer, and the stage of the conversation
    stage = models.CharField("trin", max_length=10, blank=True)
    code = models.PositiveSmallIntegerField("svarkode", null=True)
    reply = models.TextField("svar", blank=True)
    queue_id = models.CharField("nummer hos mailserveren", max_length=100, blank=True)
    #: the day on which this is the recipient's only scheduled mail about an incident, and the incident; both empty for
    #: mails that the clock did not order
    day = models.DateField("dagens mail den", null=True)
    day_incident = models.ForeignKey(
        Incident, models.PROTECT, related_name="+", null=True, db_index=False, verbose_name="dagens mail om"
    )
    evidence_state = models.CharField(
        "hørt siden", max_length=20, choices=delivery_states.State, blank=True, default="", db_default=""
    )
    #: the latest day that an auto-reply names
    away_until = models.DateField("væk til", null=True)

    #: the resolution by a person (`FailedMailResolution`); a resolved delivery awaits nobody
    resolution_state = models.CharField(
        "afklaret", max_length=20, choices=delivery_states.State, blank=True, default="", db_default=""
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "mail", "mails"
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "address"],
                name="delivery_once_per_address",
                violation_error_message="Adressen får allerede mailen.",
            ),
            models.UniqueConstraint(
                fields=["notice"],
                condition=Q(role="TO") & ~Q(resolution_state="REPLACED"),
                name="delivery_one_to",
                violation_error_message="En mail går til netop én; andre får den i kopi.",
            ),
            models.UniqueConstraint(
                fields=["return_token"],
                name="delivery_token_once",
                violation_error_message="To mails kan ikke have samme returadresse.",
            ),
            models.UniqueConstraint(
                fields=["recipient", "day_incident", "day"],
                condition=~Q(state="STOPPED"),
                name="delivery_once_a_day",
                violation_error_message="Personen har allerede fået en mail om hændelsen den dag.",
            ),
            models.CheckConstraint(
                condition=Q(day=None, day_incident=None) | Q(day__isnull=False, day_incident__isnull=False),
                name="delivery_day_has_incident",
                violation_error_message="Dagens mail skal høre til en hændelse.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["READY", "SENDING", "DEFERRED"], next_attempt_at__isnull=False)
                | (~Q(state__in=["READY", "SENDING", "DEFERRED"]) & Q(next_attempt_at=None)),
                name="delivery_under_way_has_a_time",
                violation_error_message="En mail på vej skal have et næste tidspunkt, og en mail i ro skal ikke.",
            ),
            models.CheckConstraint(
                condition=~Q(state="SENDING") | Q(lease__gte=1),
                name="delivery_sending_has_a_lease",
                violation_error_message="En mail, der bliver sendt, skal være taget af nogen.",
            ),
            models.CheckConstraint(
                condition=Q(state="ACCEPTED", accepted_at__isnull=False, code__isnull=False)
                | (~Q(state="ACCEPTED") & Q(accepted_at=None)),
                name="delivery_accepted_has_a_reply",
                violation_error_message="En sendt mail skal have et tidspunkt og et svar fra mailserveren.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["READY", "SENDING", "STOPPED"]) | ~Q(stage=""),
                name="delivery_tried_has_a_stage",
                violation_error_message="Skriv, hvor langt mailen kom.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=delivery_states.OUTBOX_STATES),
                name="delivery_state_known",
                violation_error_message="Den tilstand findes ikke.",
            ),
            models.CheckConstraint(
                condition=Q(evidence_state__in=["", *delivery_states.EVIDENCE_STRENGTH]),
                name="delivery_evidence_state_known",
                violation_error_message="Det kan ingen mail fortælle.",
            ),
            models.CheckConstraint(
                condition=Q(first_lease__lte=models.F("lease") + 1),
                name="delivery_first_lease_has_been_or_is_next",
                violation_error_message="En forsendelse begynder med det næste forsøg.",
            ),
            models.CheckConstraint(
                condition=Q(resolution_state="")
                | Q(resolution_state__in=delivery_states.RESOLVED) & ~Q(state__in=delivery_states.SENDING_STATES),
                name="delivery_resolved_at_rest",
                violation_error_message="Kun en mail, der er i ro, kan afklares.",
            ),
            KnownValues("role", "delivery_role_known", "En mail går til nogen eller til nogen i kopi."),
            models.CheckConstraint(
                condition=Q(stage__in=["", *ATTEMPT_STAGES]),
                name="delivery_stage_known",
                violation_error_message="Det trin har en samtale med en mailserver ikke.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"], condition=Q(next_attempt_at__isnull=False), name="delivery_to_claim"
            )
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"

    @property
    def current_state(self) -> delivery_states.State:
        """Return the state at the current time, by the same rules as `delivery_states.state_expression`."""
        if self.resolution_state:
            return State(self.resolution_state)
        now = timezone.now()
        if self.state in delivery_states.SENDING_STATES or not self.evidence_state:
            sent = self.state == State.ACCEPTED and self.accepted_at
            return State.UNCONFIRMED if sent and sent <= now - delivery_states.MAX_SILENCE else State(self.state)
        if self.evidence_state == State.DELAYED and self.changed_at <= now - delivery_states.MAX_DELAY:
            return State.UNCONFIRMED
        if self.evidence_state == State.AUTO_REPLY and self.away_until and self.away_until < danish.local_date(now):
            return State.DELIVERED
        return State(self.evidence_state)

    @property
    def is_replaced(self) -> bool:
        return self.resolution_state == delivery_states.State.REPLACED

    @property
    def is_awaiting_resolution(self) -> bool:
        """Return whether the delivery is listed on *Ikke nået*."""
        return self.current_state in delivery_states.AWAITING_RESOLUTION

    @property
    def badge(self) -> Badge:
        return delivery_states.STATE_INFO[self.current_state].badge

    @property
    def owner(self) -> Owner:
        return delivery_states.STATE_INFO[self.current_state].owner

    @property
    def return_path(self) -> str:
        return make_return_path(self.pk, self.return_token)

    @property
    def recipient_name(self) -> str:
        return self.recipient.name if self.recipient else ""


def make_return_path(pk: int, token: str) -> str:
    """Return the envelope sender: «bounce+1234-<token>@…».

    The local part has at most 64 characters and stays unique when a mail system folds case.
    """
    return f"bounce+{pk}-{token}@{settings.MAIL['bounce_domain']}"


def make_envelope_id(pk: int, token: str, lease: int) -> str:
    """Return the ENVID (RFC 3461) «1234-<token>-2», from which a delivery report's attempt is known."""
    return f"{pk}-{token}-{lease}"


class Attempt(models.Model):
    """A single SMTP conversation about a delivery. Append-only; at most one per lease."""

    class Stage(models.TextChoices):
        PREPARE = "prepare", "før samtalen"
        CONNECT = "connect", "forbindelse"
        EHLO = "ehlo", "hilsen"
        STARTTLS = "starttls", "kryptering"
        LOGIN = "login", "adgang"
        MAIL = "mail", "afsender"
        RCPT = "rcpt", "modtager"
        DATA = "data", "indhold"
        DONE = "done", "færdig"

    class Outcome(models.TextChoices):
        ACCEPTED = "ACCEPTED", "taget imod"
        DEFERRED = "DEFERRED", "vent"
        REFUSED = "REFUSED", "afvist"
        REFUSED_SPAM = "REFUSED_SPAM", "afvist som spam"
        UNKNOWN = "UNKNOWN", "uvist"
        UNAPPROVED = "UNAPPROVED", "adressen er ikke godkendt"

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="conversations", db_index=False)
    lease = models.PositiveIntegerField()
    started_at = models.DateTimeField("begyndt")
    ended_at = models.DateTimeField("slut")
    stage = models.CharField("nåede til", max_length=10, choices=Stage)
    code = models.PositiveSmallIntegerField("svarkode", null=True)
    reply = models.TextField("svar", blank=True)
    dsn_offered = models.BooleanField("kvittering tilbudt", null=True)
    #: the mail server as «host:port»; empty when no server was contacted
    server = models.CharField("mailserver", max_length=300, blank=True, default="", db_default="")
    outcome = models.CharField("udfald", max_length=20, choices=Outcome)

    class Meta:
        verbose_name, verbose_name_plural = "samtale", "samtaler"
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "lease"],
                name="attempt_once_per_lease",
                violation_error_message="Samtalen er allerede skrevet ned.",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="ACCEPTED") | (Q(code__isnull=False) & ~Q(reply="")),
                name="attempt_accepted_has_a_reply",
                violation_error_message="En mail, der er taget imod, skal have mailserverens svar.",
            ),
            KnownValues("stage", "attempt_stage_known", "Det trin har en samtale med en mailserver ikke."),
            KnownValues("outcome", "attempt_outcome_known", "Sådan kan en samtale med en mailserver ikke ende."),
        ]
        #: Rows are inserted in the order of `ended_at`, so a BRIN index of a few pages is enough to find the last
        #: minute.
        indexes = [BrinIndex(fields=["ended_at"], name="attempt_by_time", autosummarize=True)]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"samtale om mail {self.delivery_id}"
