"""How a follow-up moves: the state machine, the lock, and the ledger that each move writes.

What an act on many letters does or did: which it was done to, and for each one left alone why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from followups.models import BulkDecision, Decision, FollowUp, HalfWritten
from followups.rules import rights
from letters.models import Letter
from sepo_incident.accounts.models import User

Status, Kind = FollowUp.Status, Decision.Kind

#: From which statuses each act is possible. The whole state machine.
TRANSITIONS: dict[str, frozenset[str]] = {
    Kind.DECIDED: frozenset({Status.OPEN, Status.DECIDED, Status.DONE, Status.SENT_BACK}),
    Kind.HELP_ASKED: frozenset({Status.OPEN}),
    Kind.HANDED_TO_HR: frozenset({Status.OPEN}),
    Kind.HELP_ANSWERED: frozenset(Status.values),
    Kind.UNDONE: frozenset({Status.DECIDED, Status.DONE, Status.SENT_BACK}),
    Kind.DONE: frozenset({Status.DECIDED}),
    Kind.RECORDED: frozenset({Status.DONE, Status.SENT_BACK}),
    Kind.HANDLED: frozenset({Status.DECIDED, Status.DONE, Status.SENT_BACK}),
    Kind.SENT_BACK: frozenset({Status.DONE}),
    Kind.UPHELD: frozenset({Status.SENT_BACK}),
    Kind.CONFIRMED: frozenset({Status.DONE}),
    Kind.CORRECTED: frozenset({Status.CONFIRMED}),
    Kind.DATE_SET: frozenset(Status.values) - {Status.CONFIRMED},
    Kind.ORIGINAL_GONE: frozenset({Status.OPEN, Status.DECIDED, Status.SENT_BACK}),
    Kind.ORIGINAL_FOUND: frozenset({Status.OPEN, Status.DECIDED, Status.SENT_BACK}),
    Kind.NOT_ARRIVED: frozenset({Status.DONE, Status.SENT_BACK, Status.CONFIRMED}),
}
#: Why an act is not possible, for each status it meets.
REFUSALS = {
    Status.OPEN: "Brevet mangler en beslutning.",
    Status.DECIDED: "Brevet er ikke sendt endnu.",
    Status.DONE: "Brevet er allerede sendt.",
    Status.SENT_BACK: "Brevet er sendt tilbage til afsenderen med et spørgsmål.",
    Status.CONFIRMED: "Lederen har allerede bekræftet. Skal beslutningen ændres, så ret den på brevets side.",
}
#: Whoever else does these does them on the sender's behalf, and on the leader's.
ACTS_OF_SENDER = (
    Kind.DECIDED,
    Kind.UNDONE,
    Kind.DONE,
    Kind.RECORDED,
    Kind.UPHELD,
    Kind.CORRECTED,
    Kind.HELP_ASKED,
    Kind.HANDED_TO_HR,
    Kind.ORIGINAL_GONE,
    Kind.ORIGINAL_FOUND,
    Kind.NOT_ARRIVED,
)
ACTS_OF_LEADER = (Kind.SENT_BACK, Kind.CONFIRMED)
WITHDRAWN = "Brevet er trukket tilbage, så der er ikke mere at gøre ved det."
UNDECIDED_FIELDS: dict[str, Any] = {
    "status": Status.OPEN,
    "remedy": "",
    "no_dispatch_reason": "",
    "deadline_missed": None,
    "missed_on": None,
    "new_deadline": None,
    "consequence_review": "",
    "is_journalised": False,
    "record_number": "",
    "no_record_reason": "",
    "note": "",
    "handled_text": "",
    "handled_by": None,
    "handled_at": None,
    "decided_by": None,
    "decided_at": None,
    "done_at": None,
}


class NotPossible(Exception):
    """The act does not fit the letter's status or the person; the text is a Danish sentence."""


class FollowUpConflict(Exception):
    """Somebody else saved first. Carries the follow-up as it is now."""

    def __init__(self, followup: FollowUp):
        super().__init__("En anden har gemt en beslutning om brevet, mens du skrev.")
        self.followup = followup


def lock_followups(letter_ids: list[int]) -> list[FollowUp]:
    """The follow-ups of these letters, locked in order of their ids so that two bulk acts cannot lock each other."""
    return list(
        FollowUp.objects.select_for_update(of=("self",))
        .select_related("letter__unit", "letter__sender", "letter__leader", "decided_by")
        .filter(letter_id__in=letter_ids)
        .order_by("pk")
    )


def lock_followups_and_letters(letter_ids: list[int]) -> list[FollowUp]:
    """The letters are held as well, so that no list is withdrawing one at the same moment: one of the two comes first.

    Three statements, however many letters: what the follow-ups were read with may be older than the lock.
    """
    followups = lock_followups(letter_ids)
    held = Letter.objects.select_for_update(of=("self",), no_key=True).select_related("unit", "sender", "leader")
    known = rights.annotate_handed_over(held)
    letters = {letter.pk: letter for letter in known.filter(pk__in=letter_ids).order_by("pk")}
    for followup in followups:
        followup.letter = letters[followup.letter_id]
    return followups


def lock_followup(letter: Letter) -> FollowUp:
    """The follow-up, whatever happened since it was read; nothing more happens to a letter that was withdrawn."""
    followup = lock_followups_and_letters([letter.pk])[0]
    if followup.letter.withdrawn_at:
        raise NotPossible(WITHDRAWN)
    return followup


def lock_followup_at_version(letter: Letter, version: int) -> FollowUp:
    """The follow-up as it was read."""
    followup = lock_followup(letter)
    if followup.version != version:
        raise FollowUpConflict(followup)
    return followup


class Transition(NamedTuple):
    """What an act makes of one follow-up: its new ``fields``, and the ``answers`` that the ledger keeps."""

    followup: FollowUp
    fields: Mapping[str, Any]
    answers: Mapping[str, Any]


def advance(followup: FollowUp, kind: str, by: User, answers: dict[str, Any] | None = None, **fields: Any) -> None:
    if followup.status not in TRANSITIONS[kind]:
        raise NotPossible(REFUSALS[Status(followup.status)])
    advance_many([followup], kind, by, answers, **fields)


def advance_many(
    followups: list[FollowUp], kind: str, by: User, answers: dict[str, Any] | None = None, **fields: Any
) -> None:
    """The same happens to all of them."""
    advance_each([Transition(followup, fields, answers or {}) for followup in followups], kind, by)


def advance_each(steps: Sequence[Transition], kind: str, by: User, together: BulkDecision | None = None) -> None:
    """Set the fields, count the version up and write the ledger: two statements, however many letters; a third for a
    decision, which takes the place of what its writer had half written.

    All steps of an act set the same fields. Nothing else writes a follow-up's answers.
    """
    if not steps:
        return
    before = [_apply_fields(step.followup, step.fields) for step in steps]
    Decision.objects.bulk_create(
        Decision(
            followup=step.followup,
            kind=kind,
            version=step.followup.version,
            answers=step.answers,
            before=was,
            by=by,
            on_behalf_of=_on_behalf_of(step.followup.letter, kind, by),
            together=together,
        )
        for step, was in zip(steps, before, strict=True)
    )
    _save_followups([step.followup for step in steps], ["version", *steps[0].fields])
    if kind in (Kind.DECIDED, Kind.HELP_ASKED):
        HalfWritten.objects.of(by).filter(followup__in=[step.followup for step in steps]).delete()


def _save_followups(followups: list[FollowUp], fields: list[str]) -> None:
    """One statement that takes no longer to plan for five thousand; ``bulk_update`` asks for each field of each row."""
    columns = [FollowUp._meta.get_field(name).attname for name in fields]  # type: ignore[union-attr]
    rows = [{column: getattr(one, column) for column in ["id", *columns]} for one in followups]
    setting = ", ".join(f"{column} = row.{column}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE followups_followup AS one SET {setting} "  # noqa: S608 - columns of our own
            "FROM jsonb_populate_recordset(NULL::followups_followup, %s::jsonb) AS row WHERE one.id = row.id",
            [json.dumps(rows, default=str)],
        )


def _apply_fields(followup: FollowUp, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give it the fields and its next version. Returns {column: value as it was} of what is another now."""
    columns = [field.attname for field in FollowUp._meta.concrete_fields if field.name in fields]
    was = {column: getattr(followup, column) for column in columns}
    followup.version += 1
    for name, value in fields.items():
        setattr(followup, name, value)
    return {column: value for column, value in was.items() if value != getattr(followup, column)}


def revert_to_undecided(followup: FollowUp, by: User) -> None:
    """Undecided again; the ledger says so, and keeps the answers that were."""
    advance(followup, Kind.UNDONE, by, **UNDECIDED_FIELDS)
    followup.consequences.all().delete()


def _on_behalf_of(letter: Letter, kind: str, by: User) -> User | None:
    """The sender, for whoever decides instead; the leader, for a substitute who asks or confirms."""
    if kind in ACTS_OF_LEADER and rights.leads_letter_as_substitute(by, letter):
        return letter.leader
    return letter.sender if kind in ACTS_OF_SENDER and letter.sender_id != by.pk else None


DECISION_CHANGED = "Beslutningen er ændret, siden du så den."
NOT_OPENED = "Opfølgningen er ikke åbnet endnu."


@dataclass(frozen=True)
class Outcome:
    """What a bulk act did: how many letters, and for each one left alone why (letter, sentence)."""

    done: int
    skipped: list[tuple[Letter, str]]
    bulk: BulkDecision | None = None  # what decisions made together have in common


@dataclass(frozen=True)
class Eligibility:
    """What would be done, and what would be left alone and why (letter, sentence)."""

    eligible: list[FollowUp]
    left: list[tuple[Letter, str]]


def split_eligible(followups: Iterable[FollowUp], why_not: Callable[[FollowUp], str]) -> Eligibility:
    """``why_not`` tells what is in the way of a follow-up, "" when nothing is."""
    found = Eligibility([], [])
    for followup in followups:
        if refusal := why_not(followup):
            found.left.append((followup.letter, refusal))
        else:
            found.eligible.append(followup)
    return found


def split_eligible_letters(letters: Iterable[Letter], why_not: Callable[[FollowUp], str]) -> Eligibility:
    """The same for letters that were fetched with their follow-ups, of which some may have none."""
    letters = list(letters)
    found = split_eligible([letter.followup for letter in letters if hasattr(letter, "followup")], why_not)
    unopened = [(letter, NOT_OPENED) for letter in letters if not hasattr(letter, "followup")]
    return Eligibility(found.eligible, found.left + unopened)
