"""What the municipality's own sign-in tells: groups that give roles, and refused identities."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from sepo_incident.accounts.models.people import Membership, Unit
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS
from sepo_incident.core.constraints import KnownValues


class GroupRole(models.Model):
    """A group at the municipality's sign-in gives a role at a unit (accounts/sign_in/provider_roles.py)."""

    #: A value of the claim with the groups (`OIDC_GROUPS_CLAIM`): a name, or in Entra ID an id.
    group = models.CharField("gruppe", max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="enhed")
    role = models.CharField("rolle", max_length=20, choices=Membership.Role)

    class Meta:
        verbose_name, verbose_name_plural = "gruppe, der giver en rolle", "grupper, der giver roller"
        ordering = ["group", "pk"]
        constraints = [
            KnownValues("role", "group_role_known", "Den rolle findes ikke."),
            models.CheckConstraint(
                condition=Q(group__regex=r"\S"),
                name="group_role_has_a_group",
                violation_error_message="Skriv, hvad gruppen hedder i kommunens login.",
            ),
            models.UniqueConstraint(
                fields=["group", "unit", "role"],
                name="group_role_once",
                violation_error_message="Gruppen giver allerede den rolle.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return f"{self.group}: {self.get_role_display()} i {self.unit}"


class RefusedIdentity(models.Model):
    """A refused identity, whose address belongs to a person with another identity."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="refused_identities")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=191)
    at = models.DateTimeField("sidst")

    class Meta:
        verbose_name, verbose_name_plural = "afvist login", "afviste logins"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "issuer", "subject"],
                name="refused_identity_once",
                violation_error_message="Det login er allerede afvist.",
            ),
        ]

    def __str__(self) -> str:
        return f"afvist login for person {self.person_id}"

    @property
    def short_subject(self) -> str:
        """Return the beginning of the subject, enough to compare and too little to use."""
        return f"{self.subject[:8]}…" if len(self.subject) > 8 else self.subject
