"""The outbox: one delivery per recipient, and every SMTP conversation about it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from notifications.models.notice import Notice
from sepo_incident.danish import Look, midnight

ONE_DAY = timedelta(days=1)


class Owner(models.TextChoices):
    """Who must do something next."""

    SYSTEM = "SYSTEM", "systemet"
    KIT = "KIT", "Koncern IT"
    NOBODY = "NOBODY", "ingen"


class Standing(NamedTuple):
    look: Look
    owner: Owner


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> DeliveryQuerySet:
        """A worker may take it: ready, its retry time has come, or the lease of another worker has run out."""
        return self.filter(next_attempt_at__lte=now)

    def unreached(self) -> DeliveryQuerySet:
        """To the address that the recipient still has, refused for good, and nothing was taken there since."""
        later = Delivery.objects.filter(recipient=OuterRef("recipient"), pk__gt=OuterRef("pk"), state="ACCEPTED")
        failed = self.filter(state__in=Delivery.UNREACHED, recipient__email__iexact=F("address"))
        return failed.exclude(Exists(later))

    def on_day(self, day: date) -> DeliveryQuerySet:
        """Of notices that were written on that day in Copenhagen."""
        return self.filter(notice__created_at__gte=midnight(day), notice__created_at__lt=midnight(day + ONE_DAY))

    def retryable(self) -> DeliveryQuerySet:
        """At rest, not accepted: a person may send it again."""
        return self.filter(state__in=Delivery.NEEDS_ACTION)


class Delivery(models.Model):
    """One copy of a notice on its way to one address. ``notifications.outbox`` is the only one that moves it.

    ``next_attempt_at`` is when a worker may take it: at once when READY, at the retry time when DEFERRED, when the
    lease runs out while SENDING; at rest it is empty.
    """

    class Role(models.TextChoices):
        TO = "TO", "afsender"
        CC = "CC", "leder i kopi"

    class State(models.TextChoices):
        READY = "READY", "i kø"
        SENDING = "SENDING", "bliver sendt"
        DEFERRED = "DEFERRED", "prøves igen"
        ACCEPTED = "ACCEPTED", "sendt"
        REFUSED = "REFUSED", "afvist"
        REFUSED_SPAM = "REFUSED_SPAM", "afvist som spam"
        GIVEN_UP = "GIVEN_UP", "opgivet"
        UNKNOWN = "UNKNOWN", "uvist"
        # RELAYED, DELIVERED, ACKNOWLEDGED, UNCONFIRMED, RETURNED … come with the evidence (issue *Delivery*).

    STANDINGS = {
        State.READY: Standing(Look("I kø", "", "hourglass"), Owner.SYSTEM),
        State.SENDING: Standing(Look("Bliver sendt", "is-info", "hourglass"), Owner.SYSTEM),
        State.DEFERRED: Standing(Look("Prøves igen", "is-soon", "hourglass"), Owner.SYSTEM),
        State.ACCEPTED: Standing(Look("Sendt", "is-ok", "check"), Owner.NOBODY),
        State.REFUSED: Standing(Look("Afvist", "is-late", ""), Owner.KIT),
        State.REFUSED_SPAM: Standing(Look("Afvist som spam", "is-late", ""), Owner.KIT),
        State.GIVEN_UP: Standing(Look("Opgivet", "is-late", ""), Owner.KIT),
        State.UNKNOWN: Standing(Look("Uvist", "is-soon", ""), Owner.KIT),
    }
    #: the mail server says that nobody is there
    UNREACHED = [State.REFUSED, State.GIVEN_UP]
    #: somebody at KIT must look at it
    NEEDS_ACTION = [state for state, standing in STANDINGS.items() if standing.owner == Owner.KIT]

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="deliveries")
    role = models.CharField("rolle", max_length=10, choices=Role)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="deliveries", null=True, verbose_name="modtager"
    )
    address = models.CharField("adresse", max_length=254)
    state = models.CharField("tilstand", max_length=20, choices=State, default=State.READY)
    next_attempt_at = models.DateTimeField("næste forsøg", null=True)
    #: how often a worker has taken it; a worker may only settle under the number it got
    lease = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField("forsøg", default=0)
    return_token = models.CharField(max_length=40, unique=True)
    accepted_at = models.DateTimeField("taget imod", null=True)
    changed_at = models.DateTimeField("sidst ændret")
    #: what the mail server said last, and where in the conversation
    stage = models.CharField("trin", max_length=10, blank=True)
    code = models.PositiveSmallIntegerField("svarkode", null=True)
    reply = models.TextField("svar", blank=True)
    queue_id = models.CharField("nummer hos mailserveren", max_length=100, blank=True)
    #: the day on which it is the recipient's only mail of those the clock asks for; empty for the others
    day = models.DateField("dagens mail den", null=True)

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
                condition=Q(role="TO"),
                name="delivery_one_to",
                violation_error_message="En mail går til netop én; andre får den i kopi.",
            ),
            models.UniqueConstraint(
                fields=["recipient", "day"],
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
                condition=Q(state__in=["READY", "SENDING"]) | ~Q(stage=""),
                name="delivery_tried_has_a_stage",
                violation_error_message="Skriv, hvor langt mailen kom.",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("READY", "SENDING", "DEFERRED", "ACCEPTED"),
                        *("REFUSED", "REFUSED_SPAM", "GIVEN_UP", "UNKNOWN"),
                    ]
                ),
                name="delivery_state_known",
                violation_error_message="Den tilstand findes ikke.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["TO", "CC"]),
                name="delivery_role_known",
                violation_error_message="En mail går til nogen eller til nogen i kopi.",
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
    def look(self) -> Look:
        return self.STANDINGS[self.State(self.state)].look

    @property
    def owner(self) -> Owner:
        return self.STANDINGS[self.State(self.state)].owner

    @property
    def return_path(self) -> str:
        """«bounce+1234-<token>@…»: at most 64 characters before the @, and the same when case is folded."""
        return f"bounce+{self.pk}-{self.return_token}@{settings.MAIL['bounce_domain']}"


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

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="conversations")
    lease = models.PositiveIntegerField()
    started_at = models.DateTimeField("begyndt")
    ended_at = models.DateTimeField("slut")
    stage = models.CharField("nåede til", max_length=10, choices=Stage)
    code = models.PositiveSmallIntegerField("svarkode", null=True)
    reply = models.TextField("svar", blank=True)
    dsn_offered = models.BooleanField("kvittering tilbudt", null=True)
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
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"samtale om mail {self.delivery_id}"
