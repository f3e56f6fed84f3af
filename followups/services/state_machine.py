"""State machine of follow-ups: transitions, locks, and the history row of every transition.

Also the outcome of an act on many letters: letters done, and skipped letters with reasons.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from followups.models import BulkDecision, Decision, DecisionDraft, FollowUp
from followups.models.answer_columns import NO_ANSWERS
from followups.models.followup import followup_of
from followups.rules import rights
from followups.rules.rights import LetterRights
from letters.models import Incident, Letter
from letters.models.incident import CLOSED_MESSAGE
from sepo_incident.accounts.models import User
from sepo_incident.core import database
from sepo_incident.core.database import Conflict

Status, Kind = FollowUp.Status, Decision.Kind

#: The state machine: statuses in which an act is possible.
TRANSITIONS: dict[str, frozenset[str]] = {
    Kind.DECIDED: frozenset({Status.OPEN, Status.DECIDED, Status.DONE, Status.SENT_BACK}),
    Kind.HELP_ASKED: frozenset({Status.OPEN}),
    Kind.HANDED_TO_HR: frozenset({Status.OPEN}),
    Kind.HELP_ANSWERED: frozenset(Status.values),
    Kind.UNDONE: frozenset({Status.DECIDED, Status.DONE, Status.SENT_BACK}),
    Kind.DONE: frozenset({Status.DECIDED}),
    Kind.RECORDED: frozenset({Status.DONE, Status.SENT_BACK}),
    Kind.HANDLED: frozenset({Status.DECIDED, Status.DONE, Status.SENT_BACK}),
    Kind.DELETION: frozenset({Status.DECIDED, Status.DONE, Status.SENT_BACK}),
    Kind.SENT_BACK: frozenset({Status.DONE}),
    Kind.UPHELD: frozenset({Status.SENT_BACK}),
    Kind.CONFIRMED: frozenset({Status.DONE}),
    Kind.UNCONFIRMED: frozenset({Status.CONFIRMED}),
    Kind.CORRECTED: frozenset({Status.CONFIRMED}),
    Kind.DATE_SET: frozenset(Status.values) - {Status.CONFIRMED},
    Kind.ORIGINAL_GONE: frozenset({Status.OPEN, Status.DECIDED, Status.SENT_BACK}),
    Kind.ORIGINAL_FOUND: frozenset({Status.OPEN, Status.DECIDED, Status.SENT_BACK}),
    Kind.NOT_ARRIVED: frozenset({Status.DONE, Status.SENT_BACK, Status.CONFIRMED}),
}
#: Why an act is not possible, by status.
REFUSALS = {
    Status.OPEN: "Brevet mangler en beslutning.",
    Status.DECIDED: "Brevet er ikke sendt endnu.",
    Status.DONE: "Brevet er allerede sendt.",
    Status.SENT_BACK: "Brevet er sendt tilbage til afsenderen med et spørgsmål.",
    Status.CONFIRMED: "Lederen har allerede bekræftet. Beslutningen kan rettes på brevets side.",
}
#: When another person does these acts, the act is on behalf of the sender, or (below) of the leader.
ACTS_OF_SENDER = (
    Kind.DECIDED,
    Kind.UNDONE,
    Kind.DONE,
    Kind.RECORDED,
    Kind.DELETION,
    Kind.UPHELD,
    Kind.CORRECTED,
    Kind.HELP_ASKED,
    Kind.HANDED_TO_HR,
    Kind.ORIGINAL_GONE,
    Kind.ORIGINAL_FOUND,
    Kind.NOT_ARRIVED,
)
ACTS_OF_LEADER = (Kind.SENT_BACK, Kind.CONFIRMED, Kind.UNCONFIRMED)
SAVED_BY_ANOTHER = "Brevet er ændret imens. Se det igennem, og gem igen."
ONLY_SENDER_OR_LEADER = "Kun afsenderen og lederen kan {}."
WITHDRAWN = "Brevet er trukket tilbage. Du skal ikke gøre mere."
UNDECIDED_FIELDS: dict[str, Any] = NO_ANSWERS | {
    "status": Status.OPEN,
    "handled_by": None,
    "handled_at": None,
    "decided_by": None,
    "decided_at": None,
    "done_at": None,
}


class NotPossible(Exception):
    """Raised when the act does not fit the letter's status or the person. The text is a Danish sentence."""


def lock_followups(letter_ids: list[int]) -> list[FollowUp]:
    """Return the follow-ups of the letters, locked in order of id, so that two bulk acts cannot deadlock."""
    return list(
        FollowUp.objects.select_for_update(of=("self",))
        .select_related("letter__unit", "letter__sender", "letter__leader", "letter__incident", "decided_by")
        .filter(letter_id__in=letter_ids)
        .order_by("pk")
    )


def lock_followups_of(incident: Incident) -> None:
    """Lock all follow-ups of the incident, so that each act on a letter comes before or after."""
    followups = FollowUp.objects.select_for_update().filter(letter__incident=incident).order_by("pk")
    list(followups.values_list("pk", flat=True))


def lock_followups_and_letters(letter_ids: list[int]) -> list[FollowUp]:
    """Return the follow-ups of the letters, with follow-ups and letters locked.

    The lock on the letters makes a concurrent withdrawal come before or after. The letters are read again under the
    lock, because the rows read with the follow-ups may be older. Number of queries does not depend on the number of
    letters.
    """
    followups = lock_followups(letter_ids)
    locked_letters = Letter.objects.select_for_update(of=("self",), no_key=True).select_related(
        "unit", "sender", "leader", "incident"
    )
    letters = {letter.pk: letter for letter in locked_letters.filter(pk__in=letter_ids).order_by("pk")}
    for followup in followups:
        followup.letter = letters[followup.letter_id]
    return followups


def lock_followup(letter: Letter) -> FollowUp:
    """Return the letter's follow-up, locked, at any version.

    Raise NotPossible if the letter is withdrawn or the incident closed.
    """
    followup = lock_followups_and_letters([letter.pk])[0]
    if followup.letter.withdrawn_at:
        raise NotPossible(WITHDRAWN)
    if refusal := _refusal_if_closed(followup.letter):
        raise NotPossible(refusal)
    return followup


def _refusal_if_closed(letter: Letter) -> str:
    return CLOSED_MESSAGE if letter.incident.is_closed else ""


def lock_followup_at_version(letter: Letter, version: int) -> FollowUp:
    """Return the letter's follow-up, locked. Raise Conflict with the current row if the version differs."""
    followup = lock_followup(letter)
    if followup.version != version:
        raise Conflict(SAVED_BY_ANOTHER, followup)
    return followup


def lock_for_decider(letter: Letter, by: User, version: int, act: str) -> FollowUp:
    """Return the letter's follow-up, locked at `version`. Raise Conflict, or NotPossible if `by` may not decide."""
    followup = lock_followup_at_version(letter, version)
    require_decider(followup, by, act)
    return followup


def require_decider(followup: FollowUp, by: User, act: str) -> None:
    """Raise NotPossible if `by` may not decide. `act` completes the sentence `ONLY_SENDER_OR_LEADER`."""
    if not rights.has_right(by, rights.can_decide, followup.letter):
        raise NotPossible(ONLY_SENDER_OR_LEADER.format(act))


class Transition(NamedTuple):
    """Act on a follow-up: the new `fields`, and the `answers` for the history."""

    followup: FollowUp
    fields: Mapping[str, Any]
    answers: Mapping[str, Any]


def advance(followup: FollowUp, kind: str, by: User, answers: dict[str, Any] | None = None, **fields: Any) -> None:
    """Apply the act to a follow-up. Raise NotPossible if `TRANSITIONS` does not allow the act in the status."""
    advance_many([followup], kind, by, answers, **fields)


def advance_many(
    followups: list[FollowUp], kind: str, by: User, answers: dict[str, Any] | None = None, **fields: Any
) -> None:
    """Apply the same act, with the same fields and answers, to all follow-ups."""
    advance_each([Transition(followup, fields, answers or {}) for followup in followups], kind, by)


def advance_each(steps: Sequence[Transition], kind: str, by: User, bulk_decision: BulkDecision | None = None) -> None:
    """Set the fields, increment the version and write the history. Two queries, whatever the number of letters.

    A decision or a question takes a third query, which deletes the writer's drafts. An act of a leader's substitute
    takes one to find whom the substitute represents. All steps must set the same fields. Only this function writes the
    answers of a follow-up. Raise NotPossible if `TRANSITIONS` does not allow the act in the status of a follow-up.
    """
    if not steps:
        return
    for step in steps:
        if step.followup.status not in TRANSITIONS[kind]:
            raise NotPossible(REFUSALS[Status(step.followup.status)])
    represented = _led_as_substitute(steps, by) if kind in ACTS_OF_LEADER else set()
    before = [_apply_fields(step.followup, step.fields) for step in steps]
    Decision.objects.bulk_create(
        Decision(
            followup=step.followup,
            kind=kind,
            version=step.followup.version,
            answers=step.answers,
            before=was,
            by=by,
            on_behalf_of=_on_behalf_of(step.followup.letter, kind, by, represented),
            bulk_decision=bulk_decision,
        )
        for step, was in zip(steps, before, strict=True)
    )
    _save_followups([step.followup for step in steps], ["version", *steps[0].fields])
    if kind in (Kind.DECIDED, Kind.HELP_ASKED):
        DecisionDraft.objects.written_by(by).filter(followup__in=[step.followup for step in steps]).delete()


def _save_followups(followups: list[FollowUp], fields: list[str]) -> None:
    """Save the columns in a single UPDATE, and set the computed columns on the follow-ups.

    `bulk_update` would need a CASE per field and row, and planning would be slow for 5,000 rows.
    """
    columns = [FollowUp._meta.get_field(name).attname for name in fields]  # type: ignore[union-attr]
    rows = [{column: getattr(one, column) for column in ["id", *columns]} for one in followups]
    setting = ", ".join(f"{column} = row.{column}" for column in columns)
    computed = [field.attname for field in FollowUp._meta.concrete_fields if field.generated]
    saved = database.fetch_all(
        f"UPDATE followups_followup AS one SET {setting} "  # noqa: S608 - columns of our own
        "FROM jsonb_populate_recordset(NULL::followups_followup, %s::jsonb) AS row WHERE one.id = row.id "
        f"RETURNING one.id, {', '.join(f'one.{column}' for column in computed)}",
        [json.dumps(rows, default=str)],
    )
    values = {pk: rest for pk, *rest in saved}
    for followup in followups:
        for column, value in zip(computed, values[followup.pk], strict=True):
            setattr(followup, column, value)


def _apply_fields(followup: FollowUp, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Set the fields and the next version. Return {column: previous value} of the columns that changed."""
    columns = [field.attname for field in FollowUp._meta.concrete_fields if field.name in fields]
    was = {column: getattr(followup, column) for column in columns}
    followup.version += 1
    for name, value in fields.items():
        setattr(followup, name, value)
    return {column: value for column, value in was.items() if value != getattr(followup, column)}


def revert_to_undecided(followup: FollowUp, by: User) -> None:
    """Set the follow-up back to undecided. The history keeps the previous answers."""
    advance(followup, Kind.UNDONE, by, **UNDECIDED_FIELDS)
    followup.consequences.all().delete()


def _led_as_substitute(steps: Sequence[Transition], by: User) -> set[int]:
    """Return the ids of the letters that `by` leads as a substitute. No query for a person who is no substitute."""
    if not by.stands_in_for:
        return set()
    letters = Letter.objects.filter(pk__in=[step.followup.letter_id for step in steps])
    return set(letters.filter(rights.leads_as_substitute(by)).values_list("pk", flat=True))


def _on_behalf_of(letter: Letter, kind: str, by: User, represented: Collection[int]) -> User | None:
    """Return the person represented in the act: the sender, or the leader for a substitute; None for nobody.

    `represented`: ids of the letters that `by` leads as a substitute.
    """
    if letter.pk in represented:
        return letter.leader
    return represented_sender(letter, by) if kind in ACTS_OF_SENDER else None


def represented_sender(letter: Letter, by: User) -> User | None:
    """Return the sender whom `by` represents in an act of the sender, or None if `by` is the sender."""
    return letter.sender if letter.sender_id != by.pk else None


DECISION_CHANGED = "Beslutningen er ændret, siden du så den."
NOT_OPENED = "Opfølgningen er ikke åbnet endnu."


@dataclass(frozen=True)
class Outcome:
    """Result of an act on many letters: the follow-ups done, and (letter, Danish reason) of skipped letters."""

    done: list[FollowUp]
    skipped: list[tuple[Letter, str]]

    @property
    def reasons(self) -> str:
        """Return the reasons of the skipped letters, each once."""
        return " ".join(sorted({why for _, why in self.skipped}))

    def require_done(self, version: int) -> FollowUp:
        """Return the follow-up of an act on a single letter, seen at `version`.

        Raise Conflict with the current row if the version differs, else NotPossible if the letter is skipped.
        """
        for letter, refusal in self.skipped:
            if refusal != WITHDRAWN and letter.followup.version != version:
                raise Conflict(SAVED_BY_ANOTHER, letter.followup)
            raise NotPossible(refusal)
        return self.done[0]


@dataclass(frozen=True)
class Eligibility:
    """Follow-ups that an act would cover, and (letter, Danish reason) of letters that the act would skip."""

    eligible: list[FollowUp]
    skipped: list[tuple[Letter, str]]


def refusal_as_seen(
    seen_versions: Mapping[Letter, int],
    by: User,
    refusal: Callable[[FollowUp, LetterRights], str],
) -> Callable[[FollowUp], str]:
    """Return a function from a follow-up to the reason why the act is refused to `by`; "" if the act is allowed.

    `seen_versions`: letter → the version that the page showed. `refusal` is the rule of the act. One query.
    """
    versions = {letter.pk: version for letter, version in seen_versions.items()}
    allowed = rights.rights_by_letter(by, versions)

    def why_not(followup: FollowUp) -> str:
        is_as_seen = followup.version == versions[followup.letter_id]
        return refusal(followup, allowed[followup.letter_id]) or ("" if is_as_seen else DECISION_CHANGED)

    return why_not


def split_eligible(followups: Iterable[FollowUp], why_not: Callable[[FollowUp], str]) -> Eligibility:
    """Split the locked follow-ups by `why_not`, which returns the reason to skip a follow-up, "" for no reason.

    Letters of a closed incident are always skipped.
    """
    return _split(followups, lambda followup: _refusal_if_closed(followup.letter) or why_not(followup))


def _split(followups: Iterable[FollowUp], why_not: Callable[[FollowUp], str]) -> Eligibility:
    found = Eligibility([], [])
    for followup in followups:
        if refusal := why_not(followup):
            found.skipped.append((followup.letter, refusal))
        else:
            found.eligible.append(followup)
    return found


def split_eligible_letters(letters: Iterable[Letter], why_not: Callable[[FollowUp], str]) -> Eligibility:
    """Split letters, fetched with follow-ups, by `why_not`. A letter without follow-up is skipped."""
    followup_by_letter = {letter: followup_of(letter) for letter in letters}
    found = _split(filter(None, followup_by_letter.values()), why_not)
    unopened = [(letter, NOT_OPENED) for letter, followup in followup_by_letter.items() if followup is None]
    return Eligibility(found.eligible, found.skipped + unopened)
