"""Somebody could not decide alone: who is asked, who has taken it, and what was written.

What a desk answers often: a text to put into an answer and adjust.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from followups.models.followup import FollowUp
from letters.models import Letter
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS, erasable_ledger_triggers, salt_field


class EscalationQuerySet(models.QuerySet["Escalation"]):
    def visible_to(self, user: User) -> EscalationQuerySet:
        """What a desk is asked, about letters they may see of the units where the user has a seat at it."""
        seats = {
            desk: user.unit_ids_with_role(role) for desk, role in Escalation.DESK_ROLES.items() if role in user.roles
        }
        at_desk = Q(pk__in=[])
        for desk, units in seats.items():
            at_desk |= Q(desk=desk, followup__letter__unit__in=Unit.objects.at_or_below(units))
        return self.filter(at_desk, followup__letter__in=Letter.objects.visible_to(user))

    def unresolved(self) -> EscalationQuerySet:
        return self.filter(resolved_at=None)

    def with_desk(self) -> EscalationQuerySet:
        """It is the desk's turn, and not that of whoever asked."""
        return self.unresolved().filter(is_with_asker=False)

    def waiting(self) -> EscalationQuerySet:
        """For an answer; nobody needs one about a letter that was withdrawn, unless it comes on the list again."""
        return self.with_desk().filter(followup__letter__withdrawn_at=None)

    def handed_over(self) -> EscalationQuerySet:
        """Personalejura decides what happens with the letter, until it closes the case."""
        return self.unresolved().filter(desk=Escalation.Desk.HR, reason=Escalation.Reason.HANDED_OVER)

    def unowned(self) -> EscalationQuerySet:
        return self.waiting().filter(owner=None)


class Escalation(models.Model):
    class Desk(models.TextChoices):
        DIT = "DIT", "DIT"
        HR = "HR", "Personalejura og Forhandling"
        KIT = "KIT", "Koncern IT"

    class Reason(models.TextChoices):
        DOUBT = "DOUBT", "i tvivl om, hvad der skal ske"
        HANDED_OVER = "HANDED_OVER", "overdraget"

    #: which role answers for a desk
    DESK_ROLES = {
        Desk.DIT: Membership.Role.DIT_SUPPORT,
        Desk.HR: Membership.Role.HR,
        Desk.KIT: Membership.Role.KIT_ADMIN,
    }

    followup = models.ForeignKey(FollowUp, models.PROTECT, related_name="escalations")
    desk = models.CharField("hvem spørges", max_length=10, choices=Desk)
    reason = models.CharField("anledning", max_length=20, choices=Reason, default=Reason.DOUBT)
    #: who asked last, and is answered
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    #: when they did
    waiting_since = models.DateTimeField("venter siden", default=timezone.now)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="ejer"
    )
    taken_at = models.DateTimeField("taget", null=True, blank=True)
    #: when the desk last wrote, if it has since the last question
    answered_at = models.DateTimeField("svaret", null=True, blank=True)
    #: the desk has asked something itself, and waits for whoever asked
    is_with_asker = models.BooleanField("venter på spørgeren", default=False, db_default=False)
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
                condition=Q(desk__in=["DIT", "HR", "KIT"]),
                name="escalation_desk_known",
                violation_error_message="Der kan kun spørges hos DIT, Personalejura og Forhandling og Koncern IT.",
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
            models.CheckConstraint(
                condition=Q(is_with_asker=False) | Q(answered_at__isnull=False, resolved_at=None),
                name="escalation_with_asker_is_asked",
                violation_error_message="Spørg, før sagen venter på spørgeren.",
            ),
        ]
        indexes = [models.Index(fields=["desk", "waiting_since"], name="escalation_desk_waiting")]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return f"eskalering {self.pk}"

    @property
    def is_with_desk(self) -> bool:
        return self.resolved_at is None and not self.is_with_asker

    @property
    def is_handed_over(self) -> bool:
        """Is the desk to decide, and not only to answer?"""
        return self.reason == self.Reason.HANDED_OVER

    @property
    def role(self) -> str:
        """Which role answers."""
        return self.DESK_ROLES[self.Desk(self.desk)]

    @property
    def forwardable_desks(self) -> list[Desk]:
        """The desks it may be sent on to: a personnel case to Personalejura alone."""
        open_to = [self.Desk.HR] if self.followup.letter.is_personnel_case else list(self.Desk)
        return [desk for desk in open_to if desk != self.desk]


class EscalationEntry(models.Model):
    """What was written or done, by whom. Question and answer stand on the letter; a note is for the desk alone."""

    class Kind(models.TextChoices):
        QUESTION = "QUESTION", "spørgsmål"
        ANSWER = "ANSWER", "svar"
        NOTE = "NOTE", "intern note"
        TAKEN = "TAKEN", "taget"
        RELEASED = "RELEASED", "sluppet"
        HANDED = "HANDED", "givet til en kollega"
        MOVED = "MOVED", "sendt videre"
        CLOSED = "CLOSED", "lukket"

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField("tekst", blank=True)
    #: nobody where a letter became a personnel case, and the question went to Personalejura by itself
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)
    given_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, db_index=False, verbose_name="givet til"
    )
    #: where it was sent on to; of a note, whose it is
    desk = models.CharField("sted", max_length=10, choices=Escalation.Desk, blank=True, db_default="")
    at = models.DateTimeField(auto_now_add=True)
    salt = salt_field()

    #: what was done, as the end of a sentence
    ACTS: ClassVar[dict[str, Callable[[EscalationEntry], str]]] = {
        Kind.TAKEN: lambda entry: "tog spørgsmålet.",
        Kind.RELEASED: lambda entry: "slap spørgsmålet, så en anden kan tage det.",
        Kind.HANDED: lambda entry: f"gav spørgsmålet til {entry.given_to}.",
        Kind.MOVED: lambda entry: f"sendte spørgsmålet videre til {entry.get_desk_display()}.",
        Kind.CLOSED: lambda entry: "lukkede spørgsmålet.",
    }

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["QUESTION", "ANSWER", "NOTE", "TAKEN", "RELEASED", "HANDED", "MOVED", "CLOSED"]),
                name="entry_kind_known",
                violation_error_message="Den slags linje findes ikke.",
            ),
            models.CheckConstraint(
                condition=~Q(text="") | ~Q(kind__in=["QUESTION", "ANSWER", "NOTE"]),
                name="entry_has_text",
                violation_error_message="Skriv en tekst.",
            ),
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(kind="MOVED"),
                name="entry_by_somebody",
                violation_error_message="Der mangler, hvem der gjorde det.",
            ),
            models.CheckConstraint(
                condition=Q(kind="HANDED", given_to__isnull=False) | ~Q(kind="HANDED") & Q(given_to=None),
                name="entry_handed_to_somebody",
                violation_error_message="Vælg, hvem der skal have sagen.",
            ),
            models.CheckConstraint(
                condition=Q(kind="MOVED", desk__in=["DIT", "HR", "KIT"])
                | Q(kind="NOTE", desk__in=["", "DIT", "HR", "KIT"])  # those from before notes had a desk have none
                | ~Q(kind__in=["MOVED", "NOTE"]) & Q(desk=""),
                name="entry_moved_to_a_desk",
                violation_error_message="Vælg, hvem sagen skal videre til.",
            ),
        ]
        triggers = erasable_ledger_triggers("text")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} fra {self.by}"

    def is_for(self, desk: str) -> bool:
        """A note stays at the desk that wrote it, also when the question goes on to another."""
        return self.kind != self.Kind.NOTE or self.desk in ("", desk)

    @property
    def act(self) -> str:
        """«tog spørgsmålet.»; "" for what somebody wrote."""
        return self.ACTS[self.kind](self) if self.kind in self.ACTS else ""


#: what DIT begins with, (title, text)
DEFAULT_STANDARD_ANSWERS = [
    (
        "Find et brev uden emne",
        "Åbn Sendt post i Outlook, og sortér efter dato. Find den dag og det klokkeslæt, der står på brevet. "
        "Er der to breve tæt på hinanden, så åbn dem, og se, hvilket der har bilaget med. Send kun det.",
    ),
    (
        "Modtageren har ikke Digital Post",
        "Vælg »Skriv et nyt brev«, og send det med almindelig post. Brevet skal have dags dato, og en frist i det "
        "gamle brev skal regnes fra den dag, det nye brev kommer frem.",
    ),
    (
        "Flyt en frist",
        "Brevet er ikke kommet frem, så fristen i det er ikke begyndt at løbe. Skriv et nyt brev med en ny frist, "
        "forklar kort hvorfor, og journalisér begge breve.",
    ),
]


class StandardAnswerQuerySet(models.QuerySet["StandardAnswer"]):
    def editable_by(self, user: User) -> StandardAnswerQuerySet:
        return self.filter(desk__in=desks_editable_by(user))

    def begin(self) -> None:
        """Those of DIT, unless somebody has written any."""
        if not self.exists():
            StandardAnswer.objects.bulk_create(
                StandardAnswer(desk=Escalation.Desk.DIT, title=title, text=text)
                for title, text in DEFAULT_STANDARD_ANSWERS
            )


class StandardAnswer(models.Model):
    """An answer that used it keeps its own words, so it may be altered and deleted; each change of it is told."""

    desk = models.CharField("hvem svarer", max_length=10, choices=Escalation.Desk)
    title = models.CharField("navn", max_length=80)
    text = models.TextField("tekst")
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="rettet af"
    )
    changed_at = models.DateTimeField("rettet", auto_now=True)
    #: counts the changes, so that who read an earlier one is told
    version = models.PositiveIntegerField(default=0, db_default=0)

    objects = StandardAnswerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "standardsvar", "standardsvar"
        ordering = ["desk", "title", "pk"]
        constraints = [
            models.UniqueConstraint(
                "desk",
                Lower("title"),
                name="standard_answer_once",
                violation_error_message="Der er allerede et standardsvar med det navn.",
            ),
            models.CheckConstraint(
                condition=Q(desk__in=["DIT", "HR", "KIT"]),
                name="standard_answer_desk_known",
                violation_error_message="Den, der svarer, findes ikke.",
            ),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(text=""),
                name="standard_answer_says_something",
                violation_error_message="Skriv et navn og en tekst.",
            ),
        ]
        triggers = CHANGE_LOG_TRIGGERS

    def __str__(self) -> str:
        return self.title


def desks_editable_by(user: User) -> list[Escalation.Desk]:
    """One's own; Koncern IT edits those of all."""
    if Membership.Role.KIT_ADMIN in user.roles:
        return list(Escalation.Desk)
    return [desk for desk, role in Escalation.DESK_ROLES.items() if role in user.roles]
