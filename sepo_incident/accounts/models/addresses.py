"""A person's former addresses: each correction, who made it and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from sepo_incident.ledgers.triggers import ledger_with, salt_field


class EmailChange(models.Model):
    """Append-only. A list or a staff file that still has ``old`` means the same person."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="email_changes")
    old = models.EmailField("gammel adresse", max_length=254)
    new = models.EmailField("ny adresse", max_length=254)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "rettelse af adresse", "rettelser af adresser"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(old=F("new")) | Q(salt=None),
                name="email_change_changes_it",
                violation_error_message="Det er den adresse, der står i forvejen.",
            ),
        ]
        indexes = [models.Index(Lower("old"), name="email_change_old")]
        triggers = ledger_with("old", "new")

    def __str__(self) -> str:
        return f"adressen på person {self.user_id} er rettet"
