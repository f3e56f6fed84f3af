"""Somebody could not decide alone: who is asked, who has taken it, and what was written."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from followups.models.followup import FollowUp
from letters.models import Letter
from sepo_incident.accounts.models import Membership, User
from sepo_incident.ledgers.triggers import LEDGER, TOLD


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def visible_to(self, user: User) -> EscalationQuerySet:
        """What the user's desk is asked, about letters they may see."""
        return self.filter(
            desk__in=[desk for desk, role in Escalation.DESK_ROLES.items() if role in user.roles],
            followup__letter__in=Letter.objects.visible_to(user),
        )

    def unresolved(self) -> EscalationQuerySet:
        return self.filter(resolved_at=None)

    def waiting(self) -> EscalationQuerySet:
        """For an answer; nobody needs one about a letter that was withdrawn, unless it comes on the list again."""
        return self.unresolved().filter(followup__letter__withdrawn_at=None)

    def unowned(self) -> EscalationQuerySet:
        return self.waiting().filter(owner=None)


class Escalation(models.Model):
    class Desk(models.TextChoices):
        DIT = "DIT", "DIT"
        HR = "HR", "Personalejura og Forhandling"

    class Reason(models.TextChoices):
        DOUBT = "DOUBT", "i tvivl om, hvad der skal ske"

    #: which role answers for a desk
    DESK_ROLES = {Desk.DIT: Membership.Role.DIT_SUPPORT, Desk.HR: Membership.Role.HR}

    followup = models.ForeignKey(FollowUp, models.PROTECT, related_name="escalations")
    desk = models.CharField("hvem spørges", max_length=10, choices=Desk)
    reason = models.CharField("anledning", max_length=20, choices=Reason, default=Reason.DOUBT)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    waiting_since = models.DateTimeField("venter siden", auto_now_add=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="ejer"
    )
    taken_at = models.DateTimeField("taget", null=True, blank=True)
    resolved_at = models.DateTimeField("løst", null=True, blank=True)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "eskalering", "eskaleringer"
        constraints = [
            models.UniqueConstraint(
                fields=["followup", "reason"],
                condition=Q(resolved_at=None),
                name="escalation_unresolved_once",
                violation_error_message="Der er allerede spurgt om det brev. Vent på svaret.",
            ),
            models.CheckConstraint(
                condition=Q(desk__in=["DIT", "HR"]),
                name="escalation_desk_known",
                violation_error_message="Der kan kun spørges hos DIT og Personalejura og Forhandling.",
            ),
            models.CheckConstraint(
                condition=Q(owner=None, taken_at=None) | Q(owner__isnull=False, taken_at__isnull=False),
                name="escalation_owner_has_time",
                violation_error_message="En sag med en ejer skal have et tidspunkt.",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | Q(owner__isnull=False),
                name="escalation_resolved_by_owner",
                violation_error_message="Tag sagen, før du svarer.",
            ),
        ]
        indexes = [models.Index(fields=["desk", "waiting_since"], name="escalation_desk_waiting")]
        triggers = TOLD

    def __str__(self) -> str:
        return f"eskalering {self.pk}"


class EscalationEntry(models.Model):
    """What was written, by whom. A note is for the desk alone; question and answer stand on the letter."""

    class Kind(models.TextChoices):
        QUESTION = "QUESTION", "spørgsmål"
        ANSWER = "ANSWER", "svar"
        NOTE = "NOTE", "intern note"

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField("tekst")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""), name="entry_has_text", violation_error_message="Skriv en tekst."
            ),
        ]
        triggers = LEDGER

    def __str__(self) -> str:
        return f"{self.get_kind_display()} fra {self.by}"
