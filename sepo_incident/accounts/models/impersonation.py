"""The record of impersonations."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from sepo_incident.accounts.models.people import Membership
from sepo_incident.audit.triggers import LEDGER_TRIGGERS

Role = Membership.Role


class Impersonation(models.Model):
    """An impersonation: viewer, person, role, start, latest end, and the escalation behind the impersonation.

    Append-only.
    """

    #: The viewer's role.
    ROLES = [(role.value, role.label) for role in (Role.KIT_ADMIN, Role.DIT_SUPPORT)]

    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="hvem så")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="som hvem")
    role = models.CharField("rolle", max_length=20, choices=ROLES)
    #: The number of the escalation, without a foreign key because escalations belong to an app above accounts.
    question = models.BigIntegerField("spørgsmål nr.", db_index=True)
    at = models.DateTimeField("fra", default=timezone.now)
    until = models.DateTimeField("senest til")

    class Meta:
        verbose_name, verbose_name_plural = "visning af siden som en anden", "visninger af siden som en anden"
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(viewer=F("person")),
                name="viewing_as_somebody_else",
                violation_error_message="Det er dig selv. Vælg en anden.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["KIT_ADMIN", "DIT_SUPPORT"]),
                name="viewing_by_support",
                violation_error_message="Kun DIT og Koncern IT kan se siden som en anden.",
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("at")),
                name="viewing_ends_after_it_begins",
                violation_error_message="Visningen slutter, før den begynder.",
            ),
        ]
        triggers = LEDGER_TRIGGERS

    def __str__(self) -> str:
        return f"visning nr. {self.pk}"
