"""Escalations: questions that a sender or leader asks a desk about a letter, with all entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from followups.models.followup import FollowUp
from letters.models import Incident
from letters.models.visibility import NOTHING, in_unit_trees, letter_condition, visible_by
from sepo_incident.accounts.models import Membership, User
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS, erasable_ledger_triggers, salt_field
from sepo_incident.core.computed_column import ComputedColumn
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.sql_expression import SqlExpression

#: The tables of `LETTER_TABLES`, reached from an escalation.
ESCALATION_TABLES = {
    "letter": "followup__letter__source_ref",
    "incident": "followup__letter__incident__status",
    "followup": "followup__status",
    "escalation": "desk",
}
#: Matches escalations about letters of which `Letter.accepts_changes` is true.
ABOUT_CHANGEABLE_LETTER = letter_condition("{letter}.withdrawn_at IS NULL AND {incident}.status <> 'CLOSED'").on(
    ESCALATION_TABLES
)
#: Matches escalations that wait for the desk's answer.
AWAITS_ANSWER = letter_condition("{escalation}.is_with_desk").on(ESCALATION_TABLES) & ABOUT_CHANGEABLE_LETTER


def visible_escalations(user: User) -> SqlExpression:
    """Match the escalations to the user's desks.

    The user must have the desk's role over the letter's unit and be able to see the letter.
    """
    at_desk = NOTHING
    for desk, role in Escalation.DESK_ROLES.items():
        is_desk = letter_condition("{escalation}.desk = {desk}", desk=desk.value)
        at_desk |= is_desk & in_unit_trees(user.unit_ids_with_role(role))
    return (at_desk & visible_by(user)).on(ESCALATION_TABLES)


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def visible_to(self, user: User) -> EscalationQuerySet:
        """Return the escalations of `visible_escalations`."""
        return self.filter(visible_escalations(user))

    def of_incident(self, incident: Incident | None) -> EscalationQuerySet:
        """Return the escalations about the incident's letters, with None of all incidents."""
        return self.filter(followup__letter__incident=incident) if incident else self

    def unresolved(self) -> EscalationQuerySet:
        """Return escalations that are not closed."""
        return self.filter(resolved_at=None)

    def with_desk(self) -> EscalationQuerySet:
        """Return unresolved escalations where the desk must act, not the person who asked."""
        return self.filter(is_with_desk=True)

    def waiting(self) -> EscalationQuerySet:
        """Return escalations that wait for the desk's answer.

        Nobody needs an answer about a withdrawn letter, unless a later list restores the letter, nor about a letter of
        a closed incident.
        """
        return self.filter(AWAITS_ANSWER)

    def handed_over(self) -> EscalationQuerySet:
        """Return escalations where Personalejura decides about the letter until the case is closed."""
        return self.unresolved().filter(desk=Escalation.Desk.HR, reason=Escalation.Reason.HANDED_OVER)

    def unowned(self) -> EscalationQuerySet:
        """Return waiting escalations that nobody has taken."""
        return self.waiting().filter(owner=None)


class Escalation(models.Model):
    """Question to a desk about a letter, or a personnel case handed over to Personalejura."""

    class Desk(models.TextChoices):
        DIT = "DIT", "DIT"
        HR = "HR", "Personalejura og Forhandling"
        KIT = "KIT", "Koncern IT"

    class Reason(models.TextChoices):
        DOUBT = "DOUBT", "i tvivl om, hvad der skal ske"
        HANDED_OVER = "HANDED_OVER", "overdraget"

    #: role that answers for a desk
    DESK_ROLES = {
        Desk.DIT: Membership.Role.DIT_SUPPORT,
        Desk.HR: Membership.Role.HR,
        Desk.KIT: Membership.Role.KIT_ADMIN,
    }

    #: a further question about the letter, and a handover, reopen the letter's escalation
    followup = models.OneToOneField(FollowUp, models.PROTECT, related_name="escalation")
    desk = models.CharField("hvem spørges", max_length=10, choices=Desk)
    reason = models.CharField("anledning", max_length=20, choices=Reason, default=Reason.DOUBT)
    #: person who asked last and receives the answer
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    #: when `raised_by` asked, or when the desk that was waiting for `raised_by` forwarded the escalation
    waiting_since = models.DateTimeField("venter siden", default=timezone.now)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="ejer"
    )
    taken_at = models.DateTimeField("taget", null=True, blank=True)
    #: when the desk last wrote; NULL if the desk has not written since the last question or since forwarding
    answered_at = models.DateTimeField("svaret", null=True, blank=True)
    #: the desk has asked a question and waits for `raised_by` to answer
    is_with_asker = models.BooleanField("afventer kollegaen", default=False, db_default=False)
    resolved_at = models.DateTimeField("løst", null=True, blank=True)
    #: the escalation is unresolved and the desk must act
    is_with_desk = ComputedColumn(Q(resolved_at=None, is_with_asker=False))

    objects = EscalationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "henvendelse", "henvendelser"
        constraints = [
            KnownValues(
                "desk",
                "escalation_desk_known",
                "Der kan kun spørges hos DIT, Personalejura og Forhandling og Koncern IT.",
            ),
            models.CheckConstraint(
                condition=Q(owner=None, taken_at=None) | Q(owner__isnull=False, taken_at__isnull=False),
                name="escalation_owner_has_time",
                violation_error_message="En henvendelse med en ejer skal have et tidspunkt.",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | Q(owner__isnull=False),
                name="escalation_resolved_by_owner",
                violation_error_message="Tag henvendelsen, før du svarer.",
            ),
            models.CheckConstraint(
                condition=Q(is_with_asker=False) | Q(answered_at__isnull=False, resolved_at=None),
                name="escalation_with_asker_is_asked",
                violation_error_message="Spørg, før henvendelsen afventer kollegaen.",
            ),
        ]
        indexes = [models.Index(fields=["desk", "waiting_since"], name="escalation_desk_waiting")]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return f"henvendelse {self.pk}"

    @property
    def is_handed_over(self) -> bool:
        """Return whether the desk decides about the letter, instead of only answering."""
        return self.reason == self.Reason.HANDED_OVER

    @property
    def role(self) -> str:
        """Return the role that answers for the desk."""
        return self.DESK_ROLES[self.Desk(self.desk)]

    @property
    def forwardable_desks(self) -> list[Desk]:
        """Return the desks that the escalation may be forwarded to; for a personnel case only Personalejura."""
        open_to = [self.Desk.HR] if self.followup.letter.is_personnel_case else list(self.Desk)
        return [desk for desk in open_to if desk != self.desk]


class DeskMember(models.Model):
    """A person at the desk of an escalation: a view of the database, `followups/sql/desk_member.sql`."""

    pk = models.CompositePrimaryKey("escalation_id", "user_id")
    escalation = models.ForeignKey(Escalation, models.DO_NOTHING, related_name="desk_members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+")

    class Meta:
        managed = False

    def __str__(self) -> str:
        return f"{self.user_id} ved henvendelse {self.escalation_id}"


class EscalationEntry(models.Model):
    """Text or act in an escalation. The letter's page shows questions and answers; only the desk sees a note."""

    class Kind(models.TextChoices):
        QUESTION = "QUESTION", "spørgsmål"
        ANSWER = "ANSWER", "svar"
        NOTE = "NOTE", "intern note"
        TAKEN = "TAKEN", "taget"
        RELEASED = "RELEASED", "lagt tilbage"
        HANDED = "HANDED", "givet til en kollega"
        MOVED = "MOVED", "sendt videre"
        CLOSED = "CLOSED", "lukket"

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField("tekst", blank=True)
    #: NULL when the escalation moved to Personalejura automatically, because the letter became a personnel case
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    given_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, db_index=False, verbose_name="givet til"
    )
    #: desk that an escalation was forwarded to (MOVED), or desk that wrote a note (NOTE)
    desk = models.CharField("sted", max_length=10, choices=Escalation.Desk, blank=True, db_default="")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    #: acts as the end of a Danish sentence
    ACT_SENTENCES: ClassVar[dict[str, Callable[[EscalationEntry], str]]] = {
        Kind.TAKEN: lambda entry: "tog henvendelsen.",
        Kind.RELEASED: lambda entry: "lagde henvendelsen tilbage i køen.",
        Kind.HANDED: lambda entry: f"gav henvendelsen til {entry.given_to}.",
        Kind.MOVED: lambda entry: f"sendte henvendelsen videre til {entry.get_desk_display()}.",
        Kind.CLOSED: lambda entry: "lukkede henvendelsen.",
    }

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            KnownValues("kind", "entry_kind_known", "Den slags linje findes ikke."),
            models.CheckConstraint(
                condition=~Q(text="") | ~Q(kind__in=["QUESTION", "ANSWER", "NOTE"]),
                name="entry_has_text",
                violation_error_message="Skriv en tekst.",
            ),
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(kind="MOVED"),
                name="entry_by_somebody",
                violation_error_message="Navnet på den, der gjorde det, mangler.",
            ),
            models.CheckConstraint(
                condition=Q(kind="HANDED", given_to__isnull=False) | ~Q(kind="HANDED") & Q(given_to=None),
                name="entry_handed_to_somebody",
                violation_error_message="Vælg, hvem der skal have henvendelsen.",
            ),
            models.CheckConstraint(
                condition=Q(kind="MOVED", desk__in=["DIT", "HR", "KIT"])
                | Q(kind="NOTE", desk__in=["", "DIT", "HR", "KIT"])  # old notes have no desk
                | ~Q(kind__in=["MOVED", "NOTE"]) & Q(desk=""),
                name="entry_moved_to_a_desk",
                violation_error_message="Vælg, hvem henvendelsen skal videre til.",
            ),
        ]
        triggers = erasable_ledger_triggers("text")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} fra {self.by}"

    def is_visible_to_desk(self, desk: str) -> bool:
        """Return whether `desk` may see the entry.

        Only the desk that wrote a note sees the note, also after the escalation is forwarded.
        """
        return self.kind != self.Kind.NOTE or self.desk in ("", desk)

    @property
    def act(self) -> str:
        """Return the act as the end of a Danish sentence, «tog henvendelsen.»; "" for an entry that a person wrote."""
        return self.ACT_SENTENCES[self.kind](self) if self.kind in self.ACT_SENTENCES else ""
