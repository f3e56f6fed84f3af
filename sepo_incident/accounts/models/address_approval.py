"""Approvals of people's addresses outside the municipality's domains."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field


class AddressApproval(models.Model):
    """An approval that mail about letters may go to this address of this person. Append-only.

    Another address of the person, and the same address of another person, need an approval of their own.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="address_approvals")
    address = models.EmailField("adresse", max_length=254)
    reason = models.TextField("begrundelse")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "godkendelse af adresse", "godkendelser af adresser"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") | Q(salt=None),
                name="address_approval_has_reason",
                violation_error_message="Skriv hvorfor.",
            ),
        ]
        triggers = erasable_ledger_triggers("address", "reason")

    def __str__(self) -> str:
        return f"en adresse på person {self.user_id} er godkendt"
