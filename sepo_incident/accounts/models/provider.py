"""What the municipality's own sign-in tells: groups that give roles, sessions to ask about, refused identities."""

from __future__ import annotations

from datetime import datetime

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


class ProviderAnswerQuerySet(models.QuerySet["ProviderAnswer"]):
    def silent_since_last_answer(self) -> datetime | None:
        """Return when the sign-in last did not answer, or None if it has answered about somebody since."""
        last = self.aggregate(models.Max("groups_at"), models.Max("no_groups_at"), silent=models.Max("no_answer_at"))
        silent = last.pop("silent")
        return silent if silent and all(at is None or at < silent for at in last.values()) else None


class ProviderAnswer(models.Model):
    """When the municipality's sign-in last told of a person's groups, told nothing of groups, or did not answer."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="provider_answer", primary_key=True
    )
    groups_at = models.DateTimeField("fortalte om grupper", null=True)
    no_groups_at = models.DateTimeField("fortalte ikke om grupper", null=True)
    no_answer_at = models.DateTimeField("svarede ikke", null=True)

    objects = ProviderAnswerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "svar fra kommunens login", "svar fra kommunens login"

    def __str__(self) -> str:
        return f"svar om person {self.person_id}"

    @property
    def lacks_groups(self) -> bool:
        """Whether the latest answer told nothing of groups."""
        return bool(self.no_groups_at and (self.groups_at is None or self.no_groups_at > self.groups_at))


class ProviderSession(models.Model):
    """A session that began at the municipality's sign-in, and the token that asks there about the person again.

    The token works once only. Whoever moves `checked_at` forward may use the token.
    """

    session_key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    #: Encrypted as the secrets of second factors are.
    refresh_token = models.TextField()
    checked_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = "session fra kommunens login", "sessioner fra kommunens login"

    def __str__(self) -> str:
        return f"session for person {self.user_id}"


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
