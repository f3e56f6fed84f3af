"""Resolutions of failed deliveries, and the daily check that somebody can answer for every open letter."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q

from followups.models.followup import FOLLOWUP_TABLES
from letters.models import Incident
from letters.models.visibility import letter_condition
from notifications.models.delivery import Delivery
from notifications.models.delivery_states import State
from sepo_incident.audit.triggers import LEDGER_TRIGGERS, erasable_ledger_triggers, salt_field


class FailedMailResolution(models.Model):
    """A person's resolution of a failed delivery. Append-only; at most one per delivery.

    `replacement` is the delivery sent instead. A new reminder also covers the earlier reminders to the same person,
    so the same replacement may resolve several deliveries.
    """

    class Kind(models.TextChoices):
        ADDRESS = "ADDRESS", "sendt igen til en rettet adresse"
        TOLD = "TOLD", "fortalt i telefonen"
        NEEDLESS = "NEEDLESS", "ikke nødvendig længere"

    #: the value of `Delivery.resolution_state` for each kind of resolution
    MARKS = {
        Kind.ADDRESS: State.REPLACED,
        Kind.TOLD: State.TOLD,
        Kind.NEEDLESS: State.NEEDLESS,
    }

    delivery = models.OneToOneField(Delivery, models.PROTECT, related_name="resolution")
    kind = models.CharField("hvordan", max_length=20, choices=Kind)
    replacement = models.ForeignKey(Delivery, models.PROTECT, related_name="+", null=True)
    #: the person who was told, as free text; `told_on` is the day
    person_told = models.CharField("hvem fik det at vide", max_length=200, blank=True)
    told_on = models.DateField("hvilken dag", null=True)
    note = models.TextField("note", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "afklaring", "afklaringer"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="ADDRESS", replacement__isnull=False, person_told="", told_on=None)
                | Q(kind="TOLD", replacement=None, told_on__isnull=False) & ~Q(person_told="")
                | Q(kind="NEEDLESS", replacement=None, person_told="", told_on=None) & ~Q(note=""),
                name="resolution_has_details",
                violation_error_message="Skriv, hvem der fik det at vide og hvornår, eller hvorfor det kan undværes.",
            )
        ]
        triggers = erasable_ledger_triggers("person_told", "note")

    def __str__(self) -> str:
        return f"mail {self.delivery_id}: {self.get_kind_display()}"


#: The follow-ups that the newest check of their incident found nobody to answer for, unless confirmed since.
UNANSWERABLE = letter_condition("""{followup}.status <> 'CONFIRMED' AND {followup}.id IN (
    SELECT unnest(newest.nobodys)
    FROM (SELECT DISTINCT ON (incident_id) nobodys FROM notifications_unanswerablecheck
        ORDER BY incident_id, "on" DESC) AS newest
)""").on(FOLLOWUP_TABLES)


class UnanswerableCheck(models.Model):
    """The result of the daily check of an incident. Append-only.

    `letters` is the number of open letters; `nobodys` holds the ids of the open follow-ups that nobody can answer
    for.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="proofs")
    on = models.DateField("dag")
    at = models.DateTimeField(auto_now_add=True)
    letters = models.PositiveIntegerField("åbne breve")
    nobodys = ArrayField(models.BigIntegerField(), default=list, verbose_name="uden nogen, der kan svare")

    class Meta:
        verbose_name, verbose_name_plural = "bevis", "beviser"
        ordering = ["-on"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "on"],
                name="proof_once_a_day",
                violation_error_message="Brevene er allerede gennemgået den dag.",
            ),
            models.CheckConstraint(
                condition=Q(letters__gte=Func("nobodys", function="cardinality", output_field=models.IntegerField())),
                name="proof_found_no_more_than_there_are",
                violation_error_message="Der kan ikke være flere breve uden nogen end åbne breve.",
            ),
        ]

        triggers = LEDGER_TRIGGERS

    def __str__(self) -> str:
        return f"bevis for {self.on}"
