"""Requests for roles, which wait for a second person, and what administrators did to a person's access."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q

from sepo_incident.accounts.models.people import Membership, Unit, User
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS, erasable_ledger_triggers, salt_field
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge

Role = Membership.Role


class RoleRequestQuerySet(models.QuerySet["RoleRequest"]):
    def waiting(self) -> RoleRequestQuerySet:
        return self.filter(outcome="")

    def waiting_removals(self, **holder: Any) -> RoleRequestQuerySet:
        """Return the waiting requests to remove the role of the outer query from the `holder`."""
        return self.waiting().filter(act="TAKE", role=OuterRef("role"), unit=OuterRef("unit"), **holder)

    def answerable_by(self, user: User) -> RoleRequestQuerySet:
        """Return the waiting requests that the user may answer: of somebody else, and about somebody else."""
        return self.waiting().exclude(by=user).exclude(person=user)


class RoleRequest(models.Model):
    """A request to give or remove a role of a person, or of a group at the municipality's sign-in.

    A role above LEADER waits until another administrator approves, and so does every role of a group: whoever asks may
    be in the group. LEADER of somebody else takes effect at once. `by` and `answered_by` are None for the command line.
    The change log records the request and the answer.
    """

    class Act(models.TextChoices):
        GIVE = "GIVE", "Giv"
        TAKE = "TAKE", "Fjern"

    class Outcome(models.TextChoices):
        APPROVED = "APPROVED", "Godkendt"
        REFUSED = "REFUSED", "Afvist"
        WITHDRAWN = "WITHDRAWN", "Trukket tilbage"

    BADGES = {
        Outcome.APPROVED: Badge("Godkendt", "is-ok", "check"),
        Outcome.REFUSED: Badge("Afvist", "is-late", ""),
        Outcome.WITHDRAWN: Badge("Trukket tilbage", "", ""),
    }

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="role_requests", null=True, verbose_name="person"
    )
    group = models.CharField("gruppe", max_length=200, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="enhed")
    role = models.CharField("rolle", max_length=20, choices=Role)
    act = models.CharField("hvad", max_length=10, choices=Act)
    reason = models.CharField("begrundelse", max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField("svar", max_length=10, choices=Outcome, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    answered_at = models.DateTimeField(null=True)

    objects = RoleRequestQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "anmodning om rolle", "anmodninger om roller"
        ordering = ["-pk"]
        constraints = [
            KnownValues("role", "role_request_role_known", "Den rolle findes ikke."),
            KnownValues("act", "role_request_act_known", "En rolle bliver givet eller fjernet."),
            KnownValues("outcome", "role_request_outcome_known", "Svaret findes ikke."),
            models.CheckConstraint(
                condition=Q(person__isnull=False, group="") | (Q(person=None) & ~Q(group="")),
                name="role_request_for_somebody",
                violation_error_message="Rollen er til en person eller til en gruppe.",
            ),
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S"),
                name="role_request_has_a_reason",
                violation_error_message="Skriv en begrundelse.",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", answered_at=None, answered_by=None)
                | (~Q(outcome="") & Q(answered_at__isnull=False)),
                name="role_request_answered_at_a_time",
                violation_error_message="Et svar skal have et tidspunkt.",
            ),
            models.CheckConstraint(
                condition=Q(outcome="")
                | Q(by=None, answered_by=None, outcome="APPROVED")
                | Q(outcome="WITHDRAWN", by__isnull=False, answered_by=F("by"))
                | (
                    Q(outcome__in=["APPROVED", "REFUSED"], by__isnull=False, answered_by__isnull=False)
                    & (
                        (Q(role="LEADER", person__isnull=False) & ~Q(person=F("by")))
                        | (~Q(answered_by=F("by")) & (Q(person=None) | ~Q(answered_by=F("person"))))
                    )
                ),
                name="role_request_second_person",
                violation_error_message="En anden end dig selv og personen skal godkende rollen.",
            ),
            models.UniqueConstraint(
                fields=["person", "group", "unit", "role"],
                condition=Q(outcome=""),
                name="role_request_waits_once",
                nulls_distinct=False,
                violation_error_message="Der venter allerede en anmodning om den rolle.",
            ),
        ]
        triggers = [
            *CHANGE_LOG_TRIGGERS,
            pgtrigger.ReadOnly(name="never_changed", exclude=["outcome", "answered_by", "answered_at"]),
            pgtrigger.Protect(
                name="answered_once", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__outcome="")
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"anmodning nr. {self.pk}"

    @property
    def needs_second_person(self) -> bool:
        """Whether somebody else must approve: a role above LEADER, a role of one's own, or a role of a group."""
        return self.role != Role.LEADER or self.person_id in (None, self.by_id)

    @property
    def sentence(self) -> str:
        """Return «Giv Karen Bülow Møller rollen koordinator i Børne- og Ungdomsforvaltningen»."""
        holder = self.person.name if self.person else f"gruppen »{self.group}«"
        verb = "Giv" if self.act == self.Act.GIVE else "Fjern"
        link = "rollen" if self.act == self.Act.GIVE else "fra rollen"
        return f"{verb} {holder} {link} {self.get_role_display()} i {self.unit}"

    @property
    def badge(self) -> Badge:
        return self.BADGES[self.Outcome(self.outcome)] if self.outcome else Badge("Venter", "is-soon", "")


class AccessChange(models.Model):
    """What an administrator did to a person's access, and why. Append-only."""

    class Kind(models.TextChoices):
        SIGNED_OUT = "SIGNED_OUT", "Logget ud alle steder"
        SECOND_FACTOR_REMOVED = "SECOND_FACTOR_REMOVED", "Nøgler og app fjernet"
        IDENTITY_REBOUND = "IDENTITY_REBOUND", "Nyt login godkendt"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="access_changes")
    kind = models.CharField("hvad", max_length=30, choices=Kind)
    reason = models.CharField("begrundelse", max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    class Meta:
        verbose_name, verbose_name_plural = "ændring af adgang", "ændringer af adgang"
        ordering = ["-pk"]
        constraints = [
            KnownValues("kind", "access_change_kind_known", "Den ændring findes ikke."),
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
