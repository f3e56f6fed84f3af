"""What stands about a letter: its decision and answers, what happened since, and a search text for its mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from followups.decision_questions import AnswerRow, summarize_decision
from followups.models import Decision, Escalation, FollowUp
from followups.models.answers import DecisionAnswers, DeletionAnswer
from followups.models.followup import followup_of
from followups.rules import due_dates
from letters.models import Letter, LetterChange
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar
from sepo_incident.core.forms import parse_int

Kind, Status = Decision.Kind, FollowUp.Status


def new_deadline_proposal(letter: Letter) -> due_dates.DeadlineProposal | None:
    """Return a proposed new deadline for a letter whose due date has passed, or None. One query."""
    today = calendar.today()
    passed = due_dates.passed_due_date(letter, today)
    return (
        due_dates.propose_new_deadline(due_dates.deadline_rule_for(letter), letter, passed, today) if passed else None
    )


def changed_by_list_at(followup: FollowUp) -> datetime | None:
    """Return the time of the last change of the letter by an import batch, or None if the follow-up was changed
    later.
    """
    acts, changes = followup.acts, followup.letter.changes.all()
    changed = max((one.at for one in changes if one.kind == LetterChange.Kind.CHANGED), default=None)
    return changed if changed and acts and changed > acts[-1].at else None


def earlier_answers(letter: Letter, version: str) -> DecisionAnswers | None:
    """Return the answers of the letter's decision with that version number, or None if there is no such decision.

    `version` is text from the address, so anything but a number gives None.
    """
    followup = followup_of(letter)
    number = parse_int(version)
    if followup is None or number is None:
        return None
    found = list(followup.decisions.filter(kind=Kind.DECIDED, version__gte=number).order_by("version")[:2])
    if not found or found[0].version != number:
        return None
    is_in_force = not followup.is_open and len(found) == 1
    return current_answers(found[0], followup) if is_in_force else DecisionAnswers.from_json(found[0].answers)


def current_answers(decision: Decision, followup: FollowUp) -> DecisionAnswers:
    """Return the answers of the decision in force, updated with later facts of the follow-up.

    The later facts are: sent, answer about the record, answer about deletion, and remedial action.
    """
    answers = DecisionAnswers.from_json(decision.answers)
    return replace(
        answers,
        is_sent=followup.done_at is not None and answers.remedy != FollowUp.Remedy.NO_DISPATCH,
        is_handled=followup.handled_at is not None,
        handled_text=followup.handled_text,
        is_journalised=followup.is_journalised,
        record_number=followup.record_number,
        no_record_reason=followup.no_record_reason,
        **{name: getattr(followup, name) for name in DeletionAnswer._fields},
    )


def latest_history_row(followup: FollowUp) -> Decision | None:
    """Return the follow-up's newest row in the append-only table of decisions, of any kind, or None."""
    return followup.decisions.select_related("by", "on_behalf_of").order_by("-version").first()


def is_repeated_decision(followup: FollowUp, answers: DecisionAnswers, by: User) -> bool:
    """Return whether the newest row is the same decision by the same person. A double click is not a conflict."""
    last = latest_history_row(followup)
    if last is None:
        return False
    if last.by_id != by.pk:
        return False
    if answers.asks_for_help:
        return last.kind == Kind.HELP_ASKED and last.answers["question"] == answers.question
    return last.kind == Kind.DECIDED and last.answers == answers.as_json()


def is_repeated_act(followup: FollowUp, kind: str, by: User, seen_version: int) -> bool:
    """Return whether the newest row is the same act by the same person, based on `seen_version`. A double click is
    not a conflict.
    """
    last = latest_history_row(followup)
    return last is not None and (last.kind, last.by_id, last.version) == (kind, by.pk, seen_version + 1)


def decision_rows(decision: Decision, letter: Letter) -> list[AnswerRow]:
    """Return the answers of a decision as rows. Empty for acts of any other kind."""
    if decision.kind != Kind.DECIDED:
        return []
    followup = followup_of(letter)
    if followup and not followup.is_open:
        return summarize_decision(current_answers(decision, followup), letter)
    return summarize_decision(DecisionAnswers.from_json(decision.answers), letter)


def escalation_about(followup: FollowUp) -> Escalation | None:
    return Escalation.objects.select_related("owner", "raised_by").filter(followup=followup).first()
