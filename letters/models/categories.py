"""How an incident tells what its letters are about."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from letters.models.incident import Incident
from letters.models.letter import Letter
from sepo_incident.accounts.models import Unit


class CategoryRule(models.Model):
    """Catches the letters that have one of its words, come from its unit or below, and go to its kind of recipient.

    The first in order that catches a letter and has a name gives it that name; every rule that catches it marks it.
    What the words may be stands in ``letters/categories/words.py``.
    """

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="category_rules", db_index=False)
    position = models.PositiveIntegerField("rækkefølge")
    name = models.CharField("emneområde", max_length=40, blank=True)
    words = models.CharField("ord i emnet", max_length=1000, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="enhed")
    recipient_kind = models.CharField("modtager", max_length=20, choices=Letter.RecipientKind, blank=True)
    is_personnel = models.BooleanField("brevene er personalesager", default=False)
    has_deadline = models.BooleanField("brevene har en frist", default=False)
    version = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = "regel for emneområde", "regler for emneområder"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "position"],
                name="category_rule_has_its_place",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="To regler kan ikke stå samme sted.",
            ),
            models.CheckConstraint(
                condition=~Q(words="", unit=None, recipient_kind=""),
                name="category_rule_does_not_catch_all",
                violation_error_message="Skriv mindst ét ord, eller vælg en enhed eller en modtager.",
            ),
            models.CheckConstraint(
                condition=~Q(name="", is_personnel=False, has_deadline=False),
                name="category_rule_names_or_marks",
                violation_error_message="Giv emneområdet et navn, eller sæt et af mærkerne.",
            ),
            models.CheckConstraint(
                condition=Q(recipient_kind__in=["", "CITIZEN", "EMPLOYEE", "UNKNOWN"]),
                name="category_rule_recipient_kind_known",
                violation_error_message="En modtager er borger, medarbejder eller ukendt.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or "kun mærker"
