"""Has a letter that was sent again arrived? What is said of it, by whom, and with which proof.

In law "sent" proves nothing: a digital letter has arrived when it is available in the mailbox (lov om Digital Post
§ 10), and the authority must prove it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from followups.models.followup import FollowUp
from sepo_incident.audit.erasure import delete_erased_files_trigger, file_part_triggers
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field

#: NULL is neither true nor false, and a check lets it pass: so it is ruled out by name, here and below
KNOWS_ARRIVAL = Q(has_arrived__isnull=False)
NO_FILE = Q(file_name="", file_type="", file_size=0, file_sha256="", original_sha256="")

#: and it was not erased
HAS_FILE = ~Q(file_sha256="") & Q(salt__isnull=False)


class ArrivalQuerySet(models.QuerySet["Arrival"]):
    def active(self) -> ArrivalQuerySet:
        """Nobody has taken them back, and they are about what is decided now: the same letter, or a new one."""
        return self.exclude(kind=Arrival.Kind.TAKEN_BACK).filter(taken_back=None, remedy=F("followup__remedy"))

    def retractable(self) -> ArrivalQuerySet:
        """Those that stand; and every file that nobody has withdrawn, for a wrong one must not be shown on."""
        is_whole = self.exclude(kind=Arrival.Kind.TAKEN_BACK).filter(taken_back=None)
        return is_whole.filter(HAS_FILE | Q(remedy=F("followup__remedy")))

    def with_file(self) -> ArrivalQuerySet:
        return self.filter(HAS_FILE)

    def newest(self) -> ArrivalQuerySet:
        """The one that counts of each follow-up's."""
        return self.active().order_by("followup", "-pk").distinct("followup")

    def in_force(self) -> ArrivalQuerySet:
        """Those of ``newest``, to be filtered further."""
        return self.filter(pk__in=Arrival.objects.newest().values("pk"))


class Arrival(models.Model):
    """One thing that was said: when and how the letter was sent, and perhaps whether it arrived, and how one knows.

    Append-only: what was wrong is taken back by a row of its own. ``remedy`` is what was sent, as on the follow-up.
    """

    class Kind(models.TextChoices):
        SENT = "SENT", "sendt, uden bevis endnu"
        #: written by ``followups.services.arrivals.record_receipt`` alone, never by a page
        RECEIPT = "RECEIPT", "kvittering"
        FILE = "FILE", "logudtræk eller skærmbillede"
        STATEMENT = "STATEMENT", "erklæring"
        TAKEN_BACK = "TAKEN_BACK", "taget tilbage"

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
    #: how one knows; of a receipt what it is called
    text = models.TextField("tekst", blank=True)
    file_name = models.CharField("fil", max_length=120, blank=True)
    file_type = models.CharField("filens type", max_length=100, blank=True)
    file_size = models.PositiveIntegerField("bytes", default=0)
    file_sha256 = models.CharField("filens aftryk", max_length=64, blank=True)
    #: of the file as it was chosen, where only a part of it is kept: the picture without what else lay in it
    original_sha256 = models.CharField("aftryk af den valgte fil", max_length=64, blank=True, default="")
    takes_back = models.OneToOneField("self", models.PROTECT, related_name="taken_back", null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    objects = ArrivalQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "oplysning om ankomst", "oplysninger om ankomst"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["SENT", "RECEIPT", "FILE", "STATEMENT", "TAKEN_BACK"]),
                name="arrival_kind_known",
                violation_error_message="Den slags bevis findes ikke.",
            ),
            models.CheckConstraint(
                condition=Q(way__in=["", "DIGITAL_POST", "POST", "REGISTERED", "HANDED", "OTHER"]),
                name="arrival_way_known",
                violation_error_message="Den måde at sende på findes ikke.",
            ),
            models.CheckConstraint(
                condition=Q(remedy__in=["RESEND", "NEW_LETTER"]),
                name="arrival_of_something_sent",
                violation_error_message="Kun et brev, der er sendt, kan komme frem.",
            ),
            models.CheckConstraint(
                condition=Q(kind="SENT", has_arrived=None) & NO_FILE
                | Q(kind__in=["RECEIPT", "STATEMENT"]) & KNOWS_ARRIVAL & NO_FILE & ~Q(text="")
                | Q(kind="FILE", file_size__gt=0) & KNOWS_ARRIVAL & ~Q(file_name="") & ~Q(file_sha256="")
                | Q(kind="TAKEN_BACK", has_arrived=None) & NO_FILE & ~Q(text=""),
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
        ]
        indexes = [models.Index(fields=["file_sha256"], condition=~Q(file_sha256=""), name="arrival_of_a_file")]
        triggers = [
            *erasable_ledger_triggers("text", "file_name"),
            delete_erased_files_trigger("followups_arrival", "file_sha256", "followups_proofpart"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} af {self.by}"


class ProofPart(models.Model):
    """Some bytes of a file that is proof, in order, known by the file's sha256: the same file is kept once, also where
    it is about many letters. In the database, so that no two servers need share a disk. They go when the last row that
    names them is erased."""

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
