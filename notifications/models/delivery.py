"""The outbox: one delivery per recipient, and every SMTP conversation about it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from letters.models import Incident
from notifications.models import delivery_states
from notifications.models.delivery_states import Owner
from notifications.models.dispatch import Dispatch
from notifications.models.notice import CANARY_KINDS, Notice
from sepo_incident.core.danish import Badge, midnight

ONE_DAY = timedelta(days=1)
#: ``Attempt.Stage``, which a delivery has of its last attempt
ATTEMPT_STAGES = ["prepare", "connect", "ehlo", "starttls", "login", "mail", "rcpt", "data", "done"]


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> DeliveryQuerySet:
        """A worker may take it: ready, its retry time has come, or the lease of another worker has run out."""
        return self.not_on_hold().filter(next_attempt_at__lte=now)

    def not_on_hold(self) -> DeliveryQuerySet:
        """Not held back: nothing goes out of a dispatch on pause, and of one that is being stopped no mail to a sender
        that a worker has not begun.

        Which dispatch a mail belongs to is looked up row by row, and not joined, so that a claim reads as many rows of
        its index as it takes, however many wait.
        """
        notice = Notice.objects.filter(pk=OuterRef("notice_id"))
        known = self.alias(
            of=Coalesce(Subquery(notice.values("dispatch_id")), 0, output_field=models.BigIntegerField())
        )  # lone mails are of none
        is_begun = Q(role=Delivery.Role.CC) | Q(state=Delivery.State.SENDING)
        stopping = Dispatch.objects.stopping().values("pk")
        return known.exclude(of__in=Dispatch.objects.held().values("pk")).filter(is_begun | ~Q(of__in=stopping))

    def unreached(self) -> DeliveryQuerySet:
        """To the address that the recipient still has, refused or returned, and nothing was taken there since."""
        later = Delivery.objects.filter(recipient=OuterRef("recipient"), pk__gt=OuterRef("pk"))
        failed = self.in_states(delivery_states.UNREACHED).filter(recipient__email__iexact=F("address"))
        return failed.exclude(Exists(later.in_states(delivery_states.TAKEN_BY_SERVER)))

    def on_day(self, day: date) -> DeliveryQuerySet:
        """Of notices that were written on that day in Copenhagen, and not stopped."""
        written = self.filter(notice__created_at__gte=midnight(day), notice__created_at__lt=midnight(day + ONE_DAY))
        return written.exclude(state=Delivery.State.STOPPED)

    def with_state_at(self, now: datetime) -> DeliveryQuerySet:
        """Each with ``stands``, where it stands at that moment (``states.STANDINGS``)."""
        return self.annotate(stands=delivery_states.state_expression(now))

    def awaiting_resolution(self) -> DeliveryQuerySet:
        """At rest, and somebody must see to it that the person hears of it. A canary has its own alarm."""
        no_more = Q(kind__in=CANARY_KINDS) | Q(dispatch__incident__status=Incident.Status.CLOSED)
        of_no_concern = Notice.objects.filter(no_more, pk=OuterRef("notice_id"))
        return self.in_states(delivery_states.AWAITING_RESOLUTION).exclude(Exists(of_no_concern))

    def retryable(self) -> DeliveryQuerySet:
        """At rest and not known to have arrived: a person may send it again."""
        return self.in_states(delivery_states.RETRYABLE)

    def in_states(self, wanted: Collection[str], now: datetime | None = None) -> DeliveryQuerySet:
        """Standing so now, or at another moment."""
        return self.with_state_at(now or timezone.now()).filter(stands__in=wanted)  # type: ignore[misc]


class Delivery(models.Model):
    """One copy of a notice on its way to one address.

    ``state`` is how far we are with the mail server, and only ``notifications.outbox.delivery_queue`` moves it;
    ``heard`` is the strongest evidence since, and only ``notifications.inbound.evidence`` says what it is; a person who
    sends again empties it (``outbox.retry``), for nothing has been heard of that sending.
    Where it stands follows from the two, and from the clock.

    ``next_attempt_at`` is when a worker may take it: at once when READY, at the retry time when DEFERRED, when the
    lease runs out while SENDING; at rest it is empty.
    """

    class Role(models.TextChoices):
        TO = "TO", "modtager"
        CC = "CC", "kopi"

    State = delivery_states.State

    # Every claim and every settlement writes to each index, so none is kept that another one begins like.
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
    #: how often a worker has taken it; a worker may only settle under the number it got
    lease = models.PositiveIntegerField(default=0)
    #: the first lease that counts: those before it were of a sending that a person has ended by asking for another
    first_lease = models.PositiveIntegerField(default=0, db_default=0)
    attempts = models.PositiveIntegerField("forsøg", default=0)
    return_token = models.CharField(max_length=40)
    accepted_at = models.DateTimeField("taget imod", null=True)
    changed_at = models.DateTimeField("sidst ændret")
    #: what the mail server said last, and where in the conversation
    stage = models.CharField("trin", max_length=10, blank=True)
    code = models.PositiveSmallIntegerField("svarkode", null=True)
    reply = models.TextField("svar", blank=True)
    queue_id = models.CharField("nummer hos mailserveren", max_length=100, blank=True)
    #: the day on which it is the recipient's only mail of those the clock asks for; empty for the others
    day = models.DateField("dagens mail den", null=True)
    heard = models.CharField(
        "hørt siden", max_length=20, choices=delivery_states.State, blank=True, default="", db_default=""
    )
    #: the latest day that an auto-reply names
    away_until = models.DateField("væk til", null=True)

    #: what a person has done about it (``Mending``); then it waits for nobody
    mended = models.CharField(
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
                condition=Q(role="TO") & ~Q(mended="REPLACED"),
                name="delivery_one_to",
                violation_error_message="En mail går til netop én; andre får den i kopi.",
            ),
            models.UniqueConstraint(
                fields=["return_token"],
                name="delivery_token_once",
                violation_error_message="To mails kan ikke have samme returadresse.",
            ),
            models.UniqueConstraint(
                fields=["recipient", "day"],
                condition=~Q(state="STOPPED"),
                name="delivery_once_a_day",
                violation_error_message="Personen har allerede fået en mail den dag.",
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
                condition=Q(heard__in=["", *delivery_states.EVIDENCE_STRENGTH]),
                name="delivery_heard_known",
                violation_error_message="Det kan ingen mail fortælle.",
            ),
            models.CheckConstraint(
                condition=Q(first_lease__lte=models.F("lease") + 1),
                name="delivery_first_lease_has_been_or_is_next",
                violation_error_message="En forsendelse begynder med det næste forsøg.",
            ),
            models.CheckConstraint(
                condition=Q(mended="")
                | Q(mended__in=delivery_states.RESOLVED) & ~Q(state__in=delivery_states.SENDING_STATES),
                name="delivery_mended_at_rest",
                violation_error_message="Kun en mail, der er i ro, kan afklares.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["TO", "CC"]),
                name="delivery_role_known",
                violation_error_message="En mail går til nogen eller til nogen i kopi.",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["", *ATTEMPT_STAGES]),
                name="delivery_stage_known",
                violation_error_message="Det trin har en samtale med en mailserver ikke.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(next_attempt_at__isnull=False),
                name="delivery_to_claim",
            ),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}"

    @property
    def current_state(self) -> delivery_states.State:
        times = delivery_states.StateTimes(self.accepted_at, self.changed_at, self.away_until)
        return delivery_states.compute_state(timezone.now(), self.state, self.heard, self.mended, times)

    @property
    def is_replaced(self) -> bool:
        return self.mended == delivery_states.State.REPLACED

    @property
    def is_awaiting_resolution(self) -> bool:
        """Is it on *Ikke nået*?"""
        return self.current_state in delivery_states.AWAITING_RESOLUTION

    @property
    def look(self) -> Badge:
        return delivery_states.STATE_INFO[self.current_state].look

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
    """«bounce+1234-<token>@…»: at most 64 characters before the @, and the same when case is folded."""
    return f"bounce+{pk}-{token}@{settings.MAIL['bounce_domain']}"


def make_envelope_id(pk: int, token: str, lease: int) -> str:
    """«1234-<token>-2», DSN's ENVID: says which attempt a report is about, whatever has happened since."""
    return f"{pk}-{token}-{lease}"


class Attempt(models.Model):
    """One SMTP conversation about one delivery. Append-only; one per lease."""

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

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="conversations", db_index=False)
    lease = models.PositiveIntegerField()
    started_at = models.DateTimeField("begyndt")
    ended_at = models.DateTimeField("slut")
    stage = models.CharField("nåede til", max_length=10, choices=Stage)
    code = models.PositiveSmallIntegerField("svarkode", null=True)
    reply = models.TextField("svar", blank=True)
    dsn_offered = models.BooleanField("kvittering tilbudt", null=True)
    #: which mail server, «host:port»; empty when none was asked
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
            models.CheckConstraint(
                condition=Q(stage__in=ATTEMPT_STAGES),
                name="attempt_stage_known",
                violation_error_message="Det trin har en samtale med en mailserver ikke.",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["ACCEPTED", "DEFERRED", "REFUSED", "REFUSED_SPAM", "UNKNOWN"]),
                name="attempt_outcome_known",
                violation_error_message="Sådan kan en samtale med en mailserver ikke ende.",
            ),
        ]
        #: they come in the order of the clock: an index of a few pages, and the last minute is found
        indexes = [BrinIndex(fields=["ended_at"], name="attempt_by_time", autosummarize=True)]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"samtale om mail {self.delivery_id}"
