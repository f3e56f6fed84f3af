"""Channels, the letters dispatched on a channel, and the receipts of mail systems. Independent of incidents."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower

from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS
from sepo_incident.core.computed_column import ComputedColumn
from sepo_incident.core.constraints import KnownValues

APPROVED = Q(approved_at__isnull=False)
#: Letters that have not arrived as far as anybody knows.
MISSING = Q(outcome__final_at=None) | Q(outcome__is_delivered=False)
#: Receipts that say that a letter did not arrive, or what nobody knows.
REFUSED = Q(is_delivered=False) & (Q(is_final=True) | Q(is_known=False))
#: The columns of a receipt that follow from its status.
PROVEN = ("is_known", "is_final", "is_delivered")
#: The identifiers that a receipt and a dispatch may share, in the order in which they are compared.
IDENTIFIERS = ("message_uuid", "transmission_id", "message_id", "shipment_id", "mail_id")


class Identifiers(models.Model):
    """The identifiers that systems give a letter on the way. Each system gives some."""

    message_uuid = models.CharField("MessageUUID", max_length=200, blank=True)
    transmission_id = models.CharField("TransmissionId", max_length=200, blank=True)
    message_id = models.CharField("MessageId", max_length=200, blank=True)
    shipment_id = models.CharField("AfsendelseIdentifikator", max_length=200, blank=True)
    mail_id = models.CharField("Message-ID", max_length=200, blank=True)

    class Meta:
        abstract = True


def _identifier_indexes(prefix: str, **condition: None) -> list[models.Index]:
    return [
        models.Index(F(name), name=f"{prefix}_{name}", condition=Q(**{f"{name}__gt": ""}, **condition))
        for name in IDENTIFIERS
    ]


def _bucket(stage: str) -> ComputedColumn:
    """Return a column with the five minutes, numbered from 1970, in which the letter came to a stage.

    A source's clock may be ahead of ours, so no letter comes to a stage later than we know of it.
    """
    template = "floor(extract(epoch FROM least(%(expressions)s) - timestamptz '1970-01-01 00:00+00') / 300)::integer"
    return ComputedColumn(Func(F(f"{stage}_at"), F(f"{stage}_known_at"), template=template), models.IntegerField())


class Channel(models.Model):
    """A way that letters go, by the name that the sources give it: «SEPO», «Fjernprint».

    `file_until`: the newest time in an uploaded file. Until a newer letter comes, the search does not wait for more.
    """

    name = models.CharField("navn", max_length=80)
    created_at = models.DateTimeField("set første gang", auto_now_add=True)
    file_until = models.DateTimeField("kendt fra en fil indtil", null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "kanal", "kanaler"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="channel_name_once",
                violation_error_message="Der er allerede en kanal med det navn.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LetterDispatch(Identifiers):
    """A letter that a system has sent, or has approved for sending.

    `sent_at` and `approved_at` are times of the source's clock, the times `…_known_at` of ours. A letter that is
    approved and not handed over has no `sent_at`. What became of the letter is its `outcome`. No text has a CPR number,
    and the recipient is a keyed hash.
    """

    channel = models.ForeignKey(
        Channel, models.PROTECT, related_name="dispatches", db_index=False, verbose_name="kanal"
    )
    source_id = models.CharField("kildens id", max_length=200)
    sender = models.CharField("afsender", max_length=200, blank=True)
    unit = models.CharField("enhed", max_length=200, blank=True)
    subject = models.CharField("emne", max_length=500, blank=True)
    #: The subject without names, dates and numbers, as all letters of a template have it.
    family = models.CharField("slags", max_length=80, blank=True)
    size = models.PositiveIntegerField("bytes", null=True, blank=True)
    recipient_key = models.CharField("modtager (nøglet hash)", max_length=64, blank=True)
    recipient_domain = models.CharField("modtagers domæne", max_length=120, blank=True)
    approved_at = models.DateTimeField("godkendt", null=True, blank=True)
    approved_known_at = models.DateTimeField("godkendelsen set", null=True, blank=True)
    sent_at = models.DateTimeField("afleveret til afsendelse", null=True, blank=True)
    sent_known_at = models.DateTimeField("afsendelsen set", null=True, blank=True)
    approved_bucket, sent_bucket = _bucket("approved"), _bucket("sent")
    #: The alarm that lists the letter as missing.
    alarm = models.ForeignKey(
        "letters.SilenceAlarm",
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="dispatches",
        verbose_name="alarm",
    )

    class Meta:
        verbose_name, verbose_name_plural = "afsendelse", "afsendelser"
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "source_id"],
                name="dispatch_once",
                violation_error_message="Afsendelsen er der allerede.",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False, sent_known_at__isnull=False)
                | Q(approved_at__isnull=False, approved_known_at__isnull=False),
                name="dispatch_has_a_stage",
                violation_error_message="En afsendelse er godkendt eller afleveret.",
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "approved_bucket"], name="dispatch_approved", condition=APPROVED),
            models.Index(
                fields=["channel", "approved_bucket"],
                name="dispatch_held_back",
                condition=APPROVED & Q(sent_known_at=None),
            ),
            models.Index(fields=["channel", "sent_known_at"], name="dispatch_handed_over", condition=APPROVED),
            models.Index(fields=["alarm"], name="dispatch_listed", condition=Q(alarm__isnull=False)),
            models.Index(
                fields=["recipient_key", "sent_at"], name="dispatch_recipient", condition=Q(recipient_key__gt="")
            ),
            *_identifier_indexes("dispatch"),
        ]

    def __str__(self) -> str:
        return f"afsendelse {self.source_id}"


class DispatchOutcome(models.Model):
    """What became of a dispatch: a narrow row for each, because every letter's row is written again with its receipt.

    `channel`, `sent_bucket` and `sent_known_at` are those of the dispatch, from when it is handed over. `final_at` (our
    clock), `is_delivered` and `is_contradicted` follow from the receipts (`settle_outcomes.sql`).
    """

    dispatch = models.OneToOneField(
        LetterDispatch, models.PROTECT, primary_key=True, related_name="outcome", verbose_name="afsendelse"
    )
    #: Without a constraint, which each letter would pay for once more: the dispatch has it.
    channel = models.ForeignKey(
        Channel, models.PROTECT, related_name="+", db_index=False, db_constraint=False, verbose_name="kanal"
    )
    sent_bucket = models.IntegerField("afleveret i de fem minutter", null=True)
    sent_known_at = models.DateTimeField("afsendelsen set", null=True)
    final_at = models.DateTimeField("første endelige kvittering", null=True)
    is_delivered = models.BooleanField("kommet frem", null=True)
    is_contradicted = models.BooleanField("kvitteringerne er uenige", default=False, db_default=False)

    class Meta:
        verbose_name, verbose_name_plural = "udfald af en afsendelse", "udfald af afsendelser"
        constraints = [
            models.CheckConstraint(
                condition=Q(final_at=None, is_delivered=None) | Q(final_at__isnull=False, is_delivered__isnull=False),
                name="outcome_final_says_delivered",
                violation_error_message="En endelig kvittering siger, om brevet er kommet frem.",
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "sent_bucket"], name="outcome_sent"),
            models.Index(fields=["channel", "sent_bucket"], name="outcome_unfinished", condition=Q(final_at=None)),
            models.Index(fields=["channel", "final_at"], name="outcome_final", condition=Q(final_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"udfald af afsendelse {self.dispatch_id}"


class Receipt(Identifiers):
    """A message from a mail system about one dispatch. Append-only, but `dispatch` is written once, when it is found.

    `at`: the mail system's clock; `received_at`: ours. `fingerprint`: a digest of what the message says, so that the
    same message counts once however often it comes. `is_final`, `is_delivered`: what the status proves
    (`letters/tracking/receipt_codes.py`), which changes when Koncern IT says so (`ReceiptStatus`). No text has a CPR
    number.
    """

    dispatch = models.ForeignKey(
        LetterDispatch, models.PROTECT, related_name="receipts", null=True, verbose_name="afsendelse"
    )
    status = models.CharField("status", max_length=200)
    is_final = models.BooleanField("endelig")
    is_delivered = models.BooleanField("kommet frem")
    is_known = models.BooleanField("kendt status", default=True, db_default=True)
    error = models.CharField("fejl", max_length=500, blank=True)
    at = models.DateTimeField("skete", null=True)
    received_at = models.DateTimeField("modtaget")
    fingerprint = models.UUIDField("aftryk", unique=True)

    class Meta:
        verbose_name, verbose_name_plural = "kvittering", "kvitteringer"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_delivered=False) | Q(is_final=True),
                name="receipt_delivered_is_final",
                violation_error_message="Kun en endelig kvittering siger, at brevet er kommet frem.",
            ),
        ]
        indexes = [
            *_identifier_indexes("waiting", dispatch=None),
            models.Index(fields=["received_at"], name="receipt_refused", condition=REFUSED),
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="only_matched",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["dispatch", *PROVEN]),
            ),
            pgtrigger.Protect(
                name="matched_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__dispatch__isnull=False, old__dispatch__df=pgtrigger.F("new__dispatch")),
            ),
        ]

    def __str__(self) -> str:
        return f"kvittering: {self.status}"


class ReceiptStatus(models.Model):
    """What a status proves about a letter, where the table in `letters/tracking/receipt_codes.py` lacks the status."""

    class Meaning(models.TextChoices):
        DELIVERED = "delivered", "Brevet er kommet frem"
        FAILED = "failed", "Brevet kommer ikke frem"
        ON_THE_WAY = "on_the_way", "Brevet er stadig på vej"

    name = models.CharField("status", max_length=200)
    meaning = models.CharField("hvad betyder det?", max_length=10, choices=Meaning.choices)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="fortalt af")
    told_at = models.DateTimeField("fortalt")

    class Meta:
        verbose_name, verbose_name_plural = "status", "statusser"
        ordering = ["name"]
        constraints = [
            KnownValues("meaning", "receipt_status_meaning_known", "Den betydning findes ikke."),
            models.UniqueConstraint(
                Lower("name"), name="receipt_status_once", violation_error_message="Statussen har en betydning."
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return f"{self.name}: {self.get_meaning_display()}"
