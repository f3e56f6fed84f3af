"""Each day's proof that somebody can answer for every open letter."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q

from followups.models import FollowUp
from followups.models.followup import FollowUpQuerySet
from letters.models import Incident
from sepo_incident.ledgers.triggers import LEDGER


class ProofQuerySet(models.QuerySet["Proof"]):
    def of(self, incident: Incident) -> ProofQuerySet:
        return self.filter(incident=incident)

    def nobodys(self) -> FollowUpQuerySet:
        """The follow-ups that the newest of each incident found, and that are still open."""
        newest = self.order_by("incident", "-on").distinct("incident")
        found = newest.annotate(one=Func("nobodys", function="unnest", output_field=models.BigIntegerField()))
        return FollowUp.objects.exclude(status=FollowUp.Status.CONFIRMED).filter(pk__in=found.values("one"))


class Proof(models.Model):
    """``letters``: how many were open that day; ``nobodys``: the follow-ups of those that nobody could answer for."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="proofs")
    on = models.DateField("dag")
    at = models.DateTimeField(auto_now_add=True)
    letters = models.PositiveIntegerField("åbne breve")
    nobodys = ArrayField(models.BigIntegerField(), default=list, verbose_name="uden nogen, der kan svare")

    objects = ProofQuerySet.as_manager()

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

        triggers = LEDGER

    def __str__(self) -> str:
        return f"bevis for {self.on}"
