"""Follow-ups: the current state of a letter. `Decision` holds the history."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from followups.models.answer_columns import AnswerColumns
from followups.models.followup_conditions import (
    ANSWER_IS_MISSING,
    ANSWERS_FIT_KIND,
    ARRIVAL_OF_NEW_REMEDY,
    AWAITS_DELETION,
    DUE_DATE_PASSED_BEFORE_SENDING,
    HAS_BEEN_SENT,
    HAS_CONFIRMATION,
    HAS_DECISION,
    HAS_NO_CONFIRMATION,
    HAS_NO_DECISION,
    HAS_NO_DELETION_ANSWER,
    HAS_UNRECORDED_CHANGE,
    NOT_YET_SENT,
    REMEDIES_THAT_SEND,
    REQUIRE_DECISION_ROW,
    REVIEW_IS_OPEN,
    copenhagen_day,
)
from letters.models import Incident, Letter
from letters.models.visibility import visible_by
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.computed_column import ComputedColumn
from sepo_incident.core.constraints import KnownValues
from sepo_incident.core.danish import Badge

if TYPE_CHECKING:
    from followups.models.decision import DecisionQuerySet, DecisionWithOthers

#: The tables of `LETTER_TABLES`, reached from a follow-up.
FOLLOWUP_TABLES = {
    "letter": "letter__source_ref",
    "incident": "letter__incident__status",
    "followup": "status",
    "escalation": "escalation__desk",
}


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def visible_to(self, user: User) -> FollowUpQuerySet:
        """Return the follow-ups of letters that the user may see."""
        return self.filter(visible_by(user).on(FOLLOWUP_TABLES))

    def of_incident(self, incident: Incident) -> FollowUpQuerySet:
        """Return the follow-ups of the incident's letters that are not withdrawn."""
        return self.filter(letter__incident=incident, letter__withdrawn_at=None)

    def not_done(self) -> FollowUpQuerySet:
        """Return follow-ups that are not done: undecided, not sent, or sent back."""
        return self.filter(status__in=FollowUp.NOT_DONE)


class FollowUp(AnswerColumns):
    """Follow-up of a letter; a letter has at most one.

    Check constraints give every status exactly the fields that the status needs.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN", "mangler beslutning"
        DECIDED = "DECIDED", "besluttet"
        DONE = "DONE", "udført"
        SENT_BACK = "SENT_BACK", "sendt tilbage"
        CONFIRMED = "CONFIRMED", "bekræftet"

    #: the sender still owes something: a decision, the letter itself, or an answer to the leader's question
    NOT_DONE = (Status.OPEN, Status.DECIDED, Status.SENT_BACK)

    letter = models.OneToOneField(Letter, models.PROTECT, related_name="followup", verbose_name="brev")
    status = models.CharField("status", max_length=20, choices=Status, default=Status.OPEN)
    #: The letter's own date (a meeting, a time limit), from the subject or the rule of the category; most letters have
    #: none.
    due_on = models.DateField("brevets dato", null=True, blank=True)
    #: the person who set `due_on`; subject, rules and lists then leave `due_on` unchanged
    due_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True, verbose_name="dato sat af"
    )
    #: nobody can find the mail; a fact about the letter, not an answer, so decisions and undo leave the value unchanged
    is_original_gone = models.BooleanField("originalen findes ikke", default=False, db_default=False)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="taget hånd om af"
    )
    handled_at = models.DateTimeField("taget hånd om", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="besluttet af"
    )
    decided_at = models.DateTimeField("besluttet", null=True, blank=True)
    done_at = models.DateTimeField("udført", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name="bekræftet af"
    )
    confirmed_at = models.DateTimeField("bekræftet", null=True, blank=True)
    # What must be answered before the letter can be closed. The database computes the answers, for a row as for a
    # count. They reveal personnel facts: show them only to readers who may read the letter's subject.
    is_review_open = ComputedColumn(REVIEW_IS_OPEN)
    due_date_passed_before_sending = ComputedColumn(DUE_DATE_PASSED_BEFORE_SENDING)
    has_unrecorded_change = ComputedColumn(HAS_UNRECORDED_CHANGE)
    awaits_deletion = ComputedColumn(AWAITS_DELETION)
    lacks_answer = ComputedColumn(ANSWER_IS_MISSING)
    #: the letter is sent again, unchanged, as a new letter or both; the arrival is a separate question
    is_sent_again = ComputedColumn(HAS_BEEN_SENT & Q(remedy__in=REMEDIES_THAT_SEND))
    # The days in Copenhagen, for counts and lists.
    opened_on = ComputedColumn(copenhagen_day("opened_at"), models.DateField())
    decided_on = ComputedColumn(copenhagen_day("decided_at"), models.DateField(null=True))
    done_on = ComputedColumn(copenhagen_day("done_at"), models.DateField(null=True))
    # The arrival that counts (`ArrivalQuerySet.newest`), NULL without one. Triggers keep the columns.
    has_arrived = models.BooleanField(null=True, editable=False)
    arrived_on = models.DateField(null=True, editable=False)
    reported_sent_on = models.DateField(null=True, editable=False)
    version = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField("åbnet", auto_now_add=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "opfølgning", "opfølgninger"
        constraints = [
            models.CheckConstraint(
                condition=(
                    (Q(status="OPEN") & HAS_NO_DECISION & NOT_YET_SENT & HAS_NO_CONFIRMATION)
                    | (Q(status="DECIDED") & HAS_DECISION & NOT_YET_SENT & HAS_NO_CONFIRMATION)
                    | (Q(status__in=["DONE", "SENT_BACK"]) & HAS_DECISION & HAS_BEEN_SENT & HAS_NO_CONFIRMATION)
                    | (Q(status="CONFIRMED") & HAS_DECISION & HAS_BEEN_SENT & HAS_CONFIRMATION)
                ),
                name="followup_status_has_its_fields",
                violation_error_message="Status og oplysninger passer ikke sammen.",
            ),
            KnownValues("status", "followup_status_known", "Den status findes ikke."),
            KnownValues("remedy", "followup_remedy_known", "Den beslutning findes ikke."),
            KnownValues(
                "consequence_review", "followup_consequence_review_known", "Det svar om konsekvenser findes ikke."
            ),
            models.CheckConstraint(
                condition=Q(remedy="NO_DISPATCH") & ~Q(no_dispatch_reason="")
                | ~Q(remedy="NO_DISPATCH") & Q(no_dispatch_reason=""),
                name="followup_no_dispatch_has_reason",
                violation_error_message="Skriv, hvorfor brevet ikke skal sendes igen, og kun når det ikke skal.",
            ),
            KnownValues("paper_reason", "followup_paper_reason_known", "Den grund til at sende på papir findes ikke."),
            models.CheckConstraint(
                condition=Q(remedy="PAPER") & ~Q(paper_reason="") | ~Q(remedy="PAPER") & Q(paper_reason=""),
                name="followup_paper_has_reason",
                violation_error_message="Vælg, hvorfor brevet sendes på papir, og kun når det gør.",
            ),
            models.CheckConstraint(
                # a CHECK constraint accepts NULL, so the condition excludes NULL explicitly
                condition=Q(missed_on=None, new_deadline=None) | Q(deadline_missed__isnull=False, deadline_missed=True),
                name="followup_missed_date_only_when_missed",
                violation_error_message="En passeret dato og en ny dato hører kun til, når en frist er passeret.",
            ),
            models.CheckConstraint(
                condition=Q(is_decision_changed=None) | Q(consequence_review="FOUND"),
                name="followup_changed_decision_is_consequence",
                violation_error_message="En ændret afgørelse er en konsekvens.",
            ),
            models.CheckConstraint(
                condition=Q(no_record_reason="") | Q(is_journalised=False, record_number=""),
                name="followup_on_record_or_not_needed",
                violation_error_message="Enten er det journaliseret, eller også er det ikke nødvendigt.",
            ),
            KnownValues("deletion", "followup_deletion_known", "Det svar om sletning findes ikke."),
            models.CheckConstraint(
                condition=HAS_NO_DELETION_ANSWER
                | Q(deletion="CONFIRMED", deletion_confirmed_on__isnull=False)
                & Q(deletion_due_on=None, no_deletion_reason="")
                | Q(deletion="NOT_YET", deletion_due_on__isnull=False)
                & Q(deletion_confirmed_on=None, no_deletion_reason="")
                | Q(deletion="NO_CONFIRMATION", deletion_confirmed_on=None, deletion_due_on=None)
                & ~Q(no_deletion_reason=""),
                name="followup_deletion_has_its_field",
                violation_error_message="Svaret om sletning mangler en dag eller en begrundelse.",
            ),
            models.CheckConstraint(
                condition=~Q(status="CONFIRMED", deletion="NOT_YET"),
                name="followup_closed_with_deletion",
                violation_error_message="Skriv først, om modtageren har bekræftet, at brevet er slettet.",
            ),
            models.CheckConstraint(
                condition=Q(handled_at=None, handled_by=None, handled_text="")
                | Q(
                    handled_at__isnull=False,
                    handled_by__isnull=False,
                    consequence_review__in=["FOUND", "UNKNOWN"],
                )
                & ~Q(handled_text=""),
                name="followup_handled_by_somebody",
                violation_error_message="Skriv kun, hvad der er gjort, når der kan være konsekvenser.",
            ),
            models.CheckConstraint(
                condition=Q(is_original_gone=False) | ~Q(remedy__in=["RESEND", "RESEND_AND_NEW", "PAPER"]),
                name="followup_resent_has_original",
                violation_error_message="Originalen findes ikke, så det samme brev kan ikke sendes igen.",
            ),
            models.CheckConstraint(
                condition=Q(due_by=None) | Q(due_on__isnull=False),
                name="followup_somebody_set_a_date",
                violation_error_message="Skriv brevets dato.",
            ),
        ]
        triggers = [
            REQUIRE_DECISION_ROW,
            ARRIVAL_OF_NEW_REMEDY,
            ANSWERS_FIT_KIND,
            # Triggers instead of CHECK constraints: letters confirmed before these questions existed stay as they are.
            pgtrigger.Protect(
                name="closed_with_review",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__status="CONFIRMED", new__handled_at__isnull=True)
                # No IN: a dump and restore rewrites IN, and the trigger would then differ from the code.
                & (pgtrigger.Q(new__consequence_review="FOUND") | pgtrigger.Q(new__consequence_review="UNKNOWN"))
                & ~pgtrigger.Q(old__status="CONFIRMED"),
            ),
            pgtrigger.Protect(
                name="closed_with_record",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__status="CONFIRMED", new__record_number="", new__no_record_reason="")
                & (
                    pgtrigger.Q(new__remedy="NEW_LETTER")
                    | pgtrigger.Q(new__remedy="RESEND_AND_NEW")
                    | pgtrigger.Q(new__new_deadline__isnull=False)
                )
                & ~pgtrigger.Q(old__status="CONFIRMED"),
            ),
        ]
        indexes = [models.Index(fields=["status", "due_on"], name="followup_status_due")]

    def __str__(self) -> str:
        return f"opfølgning på {self.letter}"

    @cached_property
    def acts(self) -> list[DecisionWithOthers]:
        """The acts on the letter, oldest first, for a page: read once. One query; none without an act."""
        if not self.version:  # the first act makes version 1
            return []
        acts: DecisionQuerySet = self.decisions.select_related("by", "on_behalf_of")
        return list(acts.annotate_others().order_by("version"))

    @property
    def is_done(self) -> bool:
        """Return whether nothing is left to send."""
        return self.done_at is not None

    @property
    def lacks_record_answer(self) -> bool:
        """Return whether facts have changed by sending, without an answer on whether the change is on record."""
        return self.is_done and self.has_unrecorded_change

    @property
    def misses_answer(self) -> bool:
        """Return whether `letter_state.MISSES_ANSWER` matches the follow-up."""
        return self.status == self.Status.DONE and self.lacks_answer

    @property
    def remedy_badge(self) -> Badge | None:
        return self.REMEDY_BADGES[self.Remedy(self.remedy)] if self.remedy else None

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    @property
    def may_have_harmed(self) -> bool:
        """Return whether the sender found consequences, or does not know yet."""
        return self.consequence_review in (self.ConsequenceReview.FOUND, self.ConsequenceReview.UNKNOWN)

    @property
    def denied_due_date(self) -> date | None:
        """The letter's own date if it had passed at a decision that says that no date passed, else None.

        The decision stands, because a rule may name a date that the letter never had. The leader is told.
        """
        if self.deadline_missed is not False or self.due_on is None or self.decided_at is None:
            return None
        return self.due_on if self.due_on < danish.local_date(self.decided_at) else None

    @property
    def is_sent_back(self) -> bool:
        return self.status == self.Status.SENT_BACK


def followup_of(letter: Letter) -> FollowUp | None:
    """Return the follow-up of the letter; None if the follow-up is not opened yet."""
    return getattr(letter, "followup", None)


class Consequence(models.Model):
    """Harm caused by the missing letter, per party. The follow-up holds what was done about the harm."""

    class Party(models.TextChoices):
        RECIPIENT = "RECIPIENT", "modtageren"
        MUNICIPALITY = "MUNICIPALITY", "kommunen"

    class Severity(models.TextChoices):
        MINOR = "MINOR", "mindre"
        SOME = "SOME", "mærkbar"
        GRAVE = "GRAVE", "alvorlig"

    followup = models.ForeignKey(FollowUp, models.CASCADE, related_name="consequences")
    party = models.CharField("for hvem", max_length=20, choices=Party)
    severity = models.CharField("hvor alvorlig", max_length=20, choices=Severity)
    text = models.TextField("hvad er der sket")
    amount = models.DecimalField("beløb i kroner", max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "konsekvens", "konsekvenser"
        constraints = [
            models.UniqueConstraint(
                fields=["followup", "party"],
                name="consequence_once_per_party",
                violation_error_message="Konsekvensen er allerede gemt.",
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0),
                name="consequence_amount_not_negative",
                violation_error_message="Beløbet kan ikke være under nul.",
            ),
        ]

    def __str__(self) -> str:
        return f"konsekvens for {self.get_party_display()}"
