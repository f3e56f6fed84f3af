"""Evidence that a letter that was sent again has arrived: statements and files.

By lov om Digital Post § 10 "sent" proves nothing: a digital letter has arrived when it is available in the mailbox,
and the authority must prove the arrival.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from followups.models.followup import FollowUp
from followups.models.followup_conditions import REMEDIES_THAT_SEND
from letters.models import LetterDispatch
from sepo_incident.audit.erasure import delete_erased_files_trigger, file_part_triggers
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field
from sepo_incident.core import danish
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge
from sepo_incident.core.sql_files import read_sql

#: A CHECK constraint accepts NULL, so the constraints below exclude NULL explicitly.
KNOWS_ARRIVAL = Q(has_arrived__isnull=False)
NO_FILE = Q(file_name="", file_type="", file_size=0, file_sha256="", original_sha256="")

#: The kinds of arrival by which the system asks the sender, and all kinds that no person says.
ASKING_KINDS = ["DISPUTED", "REFUSED"]
KINDS_OF_SYSTEM = ["RECEIPT", *ASKING_KINDS]

#: The arrival has a file, and the file is not erased (an erased row has no salt).
HAS_FILE = ~Q(file_sha256="") & Q(salt__isnull=False)


#: The follow-up holds the arrival that counts.
ARRIVALS_OF_FOLLOWUPS = pgtrigger.Trigger(
    name="arrivals_of_followups",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="new_rows"),
    func=read_sql(
        "followups/sql/arrivals_of_followups.sql",
        newest_arrival=read_sql("followups/sql/newest_arrival.sql", followup="changed.id", remedy="changed.remedy"),
    ),
)


class ArrivalState(StrEnum):
    """State of a letter that was sent again. `followups.rules.letter_state` says which."""

    ARRIVED = "ARRIVED"
    AWAITING = "AWAITING"
    UNPROVEN = "UNPROVEN"
    NOT_ARRIVED = "NOT_ARRIVED"


ARRIVAL_BADGES = {
    ArrivalState.ARRIVED: Badge("Kommet frem", "is-ok", "check"),
    ArrivalState.AWAITING: Badge("Afventer bevis", "is-info", "hourglass"),
    ArrivalState.UNPROVEN: Badge("Afventer bevis", "is-soon", "warning"),
    ArrivalState.NOT_ARRIVED: Badge("Ikke kommet frem", "is-late", "error"),
}
#: {kind of arrival by which the system asks: badge}
QUESTION_BADGES = {
    "DISPUTED": Badge("Kvitteringerne modsiger hinanden", "is-late", "warning"),
    "REFUSED": Badge("Nåede ikke frem", "is-late", "error"),
}


class ArrivalStatus(NamedTuple):
    """The arrival status of a letter.

    `on`: the day of arrival; without proof, the day of sending; None for a letter that did not arrive. `question`: the
    kind of arrival by which the system asks what became of the letter, and nobody has answered since.
    """

    state: ArrivalState
    on: date | None = None
    question: str | None = None

    @property
    def badge(self) -> Badge:
        badge = QUESTION_BADGES[self.question] if self.question else ARRIVAL_BADGES[self.state]
        if self.has_arrived and self.on:
            return badge._replace(label=f"{badge.label} {danish.day_month(self.on)}")
        return badge

    @property
    def has_arrived(self) -> bool:
        return self.state == ArrivalState.ARRIVED

    @property
    def is_awaited(self) -> bool:
        """Return whether the letter was sent again and proof of arrival is missing."""
        return self.state in (ArrivalState.AWAITING, ArrivalState.UNPROVEN)

    @property
    def is_unproven(self) -> bool:
        return self.state == ArrivalState.UNPROVEN

    @property
    def did_not_arrive(self) -> bool:
        return self.state == ArrivalState.NOT_ARRIVED

    @property
    def is_disputed(self) -> bool:
        """Return whether the receipts contradict each other."""
        return self.question == "DISPUTED"

    @property
    def is_refused(self) -> bool:
        """Return whether a receipt says that the letter that was sent again did not arrive."""
        return self.question == "REFUSED"

    @property
    def needs_answer(self) -> bool:
        """Return whether somebody must act: send the letter anew, prove the arrival, or settle what receipts say."""
        return self.did_not_arrive or self.is_unproven or self.question is not None


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    def active(self) -> ArrivalQuerySet:
        """Return arrivals that are not taken back and concern the current remedy (resend or new letter)."""
        return self.exclude(kind=Arrival.Kind.TAKEN_BACK).filter(taken_back=None, remedy=F("followup__remedy"))

    def retractable(self) -> ArrivalQuerySet:
        """Return the active arrivals, and arrivals with a file whatever the current remedy is.

        All of the returned arrivals may be taken back: a wrong file must not stay visible after a change of remedy.
        """
        is_whole = self.exclude(kind=Arrival.Kind.TAKEN_BACK).filter(taken_back=None)
        return is_whole.filter(HAS_FILE | Q(remedy=F("followup__remedy")))

    def with_file(self) -> ArrivalQuerySet:
        """Return arrivals with a file that is not erased."""
        return self.filter(HAS_FILE)

    def newest(self) -> ArrivalQuerySet:
        """Return the newest active arrival of every follow-up: the arrival that counts."""
        return self.active().order_by("followup", "-pk").distinct("followup")


class Arrival(models.Model):
    """Statement about the dispatch of a letter: when and how, and perhaps whether the letter arrived, with evidence.

    Append-only: a row of kind TAKEN_BACK takes a wrong statement back. `remedy` is the remedy of the follow-up when
    the statement was made. The system itself (`by` is None) says what the receipts of the dispatch that it has found
    prove: RECEIPT, REFUSED if the letter did not arrive, or DISPUTED where they contradict each other.
    """

    class Kind(models.TextChoices):
        SENT = "SENT", "sendt, uden bevis endnu"
        FILE = "FILE", "logudtræk eller skærmbillede"
        STATEMENT = "STATEMENT", "erklæring"
        RECEIPT = "RECEIPT", "kvittering"
        DISPUTED = "DISPUTED", "uenige kvitteringer"
        REFUSED = "REFUSED", "kvittering for, at brevet ikke kom frem"
        TAKEN_BACK = "TAKEN_BACK", "trukket tilbage"

    class Way(models.TextChoices):
        DIGITAL_POST = "DIGITAL_POST", "Digital Post/e-Boks"
        POST = "POST", "brevpost"
        REGISTERED = "REGISTERED", "anbefalet brev"
        HANDED = "HANDED", "overleveret personligt"
        OTHER = "OTHER", "på en anden måde"

    followup = models.ForeignKey(FollowUp, models.PROTECT, related_name="arrivals")
    kind = models.CharField("slags", max_length=20, choices=Kind)
    remedy = models.CharField("hvad blev sendt", max_length=20, choices=FollowUp.Remedy)
    sent_on = models.DateField("sendt den", null=True)
    way = models.CharField("måde", max_length=20, choices=Way, blank=True)
    has_arrived = models.BooleanField("kommet frem", null=True)
    arrived_on = models.DateField("kommet frem den", null=True)
    #: how the person knows about the arrival
    text = models.TextField("tekst", blank=True)
    file_name = models.CharField("fil", max_length=120, blank=True)
    file_type = models.CharField("filens type", max_length=100, blank=True)
    file_size = models.PositiveIntegerField("bytes", default=0)
    file_sha256 = models.CharField("filens aftryk", max_length=64, blank=True)
    #: SHA-256 of the chosen file when only a part of the file is kept: an image without metadata
    original_sha256 = models.CharField("aftryk af den valgte fil", max_length=64, blank=True, default="")
    takes_back = models.OneToOneField("self", models.PROTECT, related_name="taken_back", null=True)
    dispatch = models.ForeignKey(LetterDispatch, models.PROTECT, related_name="+", null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    #: reports of one press have the same time
    at = models.DateTimeField(default=timezone.now, editable=False)
    salt = salt_field()

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "oplysning om ankomst", "oplysninger om ankomst"
        ordering = ["-pk"]
        constraints = [
            KnownValues("kind", "arrival_kind_known", "Den slags bevis findes ikke."),
            KnownValues("way", "arrival_way_known", "Den måde at sende på findes ikke."),
            models.CheckConstraint(
                condition=Q(remedy__in=REMEDIES_THAT_SEND),
                name="arrival_of_something_sent",
                violation_error_message="Kun et brev, der er sendt, kan komme frem.",
            ),
            models.CheckConstraint(
                condition=Q(kind="SENT", has_arrived=None) & NO_FILE
                | Q(kind="STATEMENT") & KNOWS_ARRIVAL & NO_FILE & ~Q(text="")
                | Q(kind="FILE", file_size__gt=0) & KNOWS_ARRIVAL & ~Q(file_name="") & ~Q(file_sha256="")
                | Q(kind="TAKEN_BACK", has_arrived=None) & NO_FILE & ~Q(text="")
                | Q(KNOWS_ARRIVAL, kind="RECEIPT", has_arrived=True) & NO_FILE & ~Q(text="")
                | Q(kind__in=ASKING_KINDS, has_arrived=None) & NO_FILE & ~Q(text=""),
                name="arrival_proof_is_whole",
                violation_error_message="Skriv, hvordan du ved det, eller vælg en fil.",
            ),
            models.CheckConstraint(
                condition=Q(kind="TAKEN_BACK", takes_back__isnull=False, sent_on=None, way="")
                | ~Q(kind="TAKEN_BACK") & Q(takes_back=None, sent_on__isnull=False) & ~Q(way=""),
                name="arrival_says_when_and_how",
                violation_error_message="Skriv, hvornår og hvordan brevet blev sendt.",
            ),
            models.CheckConstraint(
                condition=Q(KNOWS_ARRIVAL, has_arrived=True, arrived_on__isnull=False, arrived_on__gte=F("sent_on"))
                | Q(has_arrived=None, arrived_on=None)
                | Q(has_arrived=False, arrived_on=None),
                name="arrival_day_only_when_arrived",
                violation_error_message="Et brev kan ikke være kommet frem, før det blev sendt.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=KINDS_OF_SYSTEM, by=None, dispatch__isnull=False)
                | ~Q(kind__in=KINDS_OF_SYSTEM) & Q(by__isnull=False, dispatch=None),
                name="arrival_by_person_or_receipt",
                violation_error_message="Enten siger en person det, eller også siger en kvittering det.",
            ),
        ]
        indexes = [models.Index(fields=["file_sha256"], condition=~Q(file_sha256=""), name="arrival_of_a_file")]
        triggers = [
            *erasable_ledger_triggers("text", "file_name"),
            delete_erased_files_trigger("followups_arrival", "file_sha256", "followups_proofpart"),
            ARRIVALS_OF_FOLLOWUPS,
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} af {self.by or 'Systemet'}"

    @classmethod
    def usual_way(cls, remedy: str) -> Way:
        """Return how a letter is sent unless the sender says otherwise."""
        return cls.Way.POST if remedy == FollowUp.Remedy.PAPER else cls.Way.DIGITAL_POST

    @property
    def is_taken_back(self) -> bool:
        return hasattr(self, "taken_back")


class ProofPart(models.Model):
    """Numbered part of a proof file, identified by the SHA-256 of the whole file.

    A file is stored once, also when the file is evidence for many letters. The database holds the bytes, so that no
    two servers need a shared disk. The parts are deleted when the last row that names the file is erased.
    """

    sha256 = models.CharField(max_length=64)
    number = models.PositiveIntegerField("nummer")
    content = models.BinaryField("bytes")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sha256", "number"],
                name="proof_part_once",
                violation_error_message="Den del af filen er allerede gemt.",
            ),
        ]
        triggers = file_part_triggers("followups_arrival", "file_sha256")

    def __str__(self) -> str:
        return f"{self.sha256[:8]}, del {self.number}"
