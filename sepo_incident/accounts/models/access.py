"""What was done to the access of a person or a group: roles, sessions, second factors, logins."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from sepo_incident.accounts.models.people import Membership, Unit
from sepo_incident.audit.triggers import erasable_ledger_triggers, salt_field
from sepo_incident.core.constraints import KnownValues


class AccessChange(models.Model):
    """What somebody did to the access of a person, or of a group at the municipality's sign-in, and why. Append-only.

    `by` is None for the command line.
    """

    class Kind(models.TextChoices):
        ROLE_GIVEN = "ROLE_GIVEN", "Rolle givet"
        ROLE_TAKEN = "ROLE_TAKEN", "Rolle fjernet"
        SIGNED_OUT = "SIGNED_OUT", "Logget ud alle steder"
        SECOND_FACTOR_REMOVED = "SECOND_FACTOR_REMOVED", "Nøgler og app fjernet"
        IDENTITY_REBOUND = "IDENTITY_REBOUND", "Nyt login godkendt"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="access_changes", null=True)
    group = models.CharField("gruppe", max_length=200, blank=True)
    kind = models.CharField("hvad", max_length=30, choices=Kind)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", null=True, verbose_name="enhed")
    role = models.CharField("rolle", max_length=20, choices=Membership.Role, blank=True)
    reason = models.CharField("begrundelse", max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "ændring af adgang", "ændringer af adgang"
        ordering = ["-pk"]
        constraints = [
            KnownValues("kind", "access_change_kind_known", "Den ændring findes ikke."),
            models.CheckConstraint(
                condition=Q(kind__in=["ROLE_GIVEN", "ROLE_TAKEN"], role__in=Membership.Role.values, unit__isnull=False)
                | Q(~Q(kind__in=["ROLE_GIVEN", "ROLE_TAKEN"]), role="", unit=None, person__isnull=False),
                name="access_change_of_a_role",
                violation_error_message="Vælg en rolle og en enhed.",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, group="") | (Q(person=None) & ~Q(group="")),
                name="access_change_for_somebody",
                violation_error_message="Rollen er til en person eller til en gruppe.",
            ),
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S") | Q(salt=None),
                name="access_change_has_a_reason",
                violation_error_message="Skriv en begrundelse.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="SECOND_FACTOR_REMOVED") | ~Q(person=F("by")),
                name="access_change_not_own_second_factor",
                violation_error_message="En anden fra Koncern IT skal fjerne dine nøgler og din app.",
            ),
        ]
        triggers = erasable_ledger_triggers("reason")

    def __str__(self) -> str:
        return f"ændring af adgang nr. {self.pk}"

    @property
    def holder(self) -> str:
        """Return «Karen Bülow Møller» or «gruppen »SEPO«»."""
        return self.person.name if self.person else f"gruppen »{self.group}«"

    @property
    def what(self) -> str:
        """Return «Rolle givet: koordinator i Børne- og Ungdomsforvaltningen»."""
        what = self.get_kind_display()
        return f"{what}: {self.get_role_display()} i {self.unit}" if self.unit else what
