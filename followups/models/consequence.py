"""Consequences of a letter that went wrong."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from followups.models.followup import FollowUp


class Consequence(models.Model):
    """Harm caused by the missing letter, per party. The follow-up holds what was done about the harm."""

    class Party(models.TextChoices):
        RECIPIENT = "RECIPIENT", "modtageren"
        MUNICIPALITY = "MUNICIPALITY", "kommunen"

    class Severity(models.TextChoices):
        MINOR = "MINOR", "mindre"
        SOME = "SOME", "mærkbar"
        GRAVE = "GRAVE", "alvorlig"

    followup = models.ForeignKey(FollowUp, models.CASCADE, related_name="consequences")
    party = models.CharField("for hvem", max_length=20, choices=Party)
    severity = models.CharField("hvor alvorlig", max_length=20, choices=Severity)
    text = models.TextField("hvad er der sket")
    amount = models.DecimalField("beløb i kroner", max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "konsekvens", "konsekvenser"
        constraints = [
            models.UniqueConstraint(
                fields=["followup", "party"],
                name="consequence_once_per_party",
                violation_error_message="Konsekvensen er allerede gemt.",
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0),
                name="consequence_amount_not_negative",
                violation_error_message="Beløbet kan ikke være under nul.",
            ),
        ]

    def __str__(self) -> str:
        return f"konsekvens for {self.get_party_display()}"
