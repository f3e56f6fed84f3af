"""Access: what was done to it, groups that give roles, refused identities, approved addresses, impersonations."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from sepo_incident.accounts.models.people import Membership, Unit
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS, LEDGER_TRIGGERS, erasable_ledger_triggers, salt_field
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
