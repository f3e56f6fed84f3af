"""Escalations: ask a desk, take, forward, answer, ask back, close; and notes for the desk alone.

Every act adds an entry.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from followups.models import Escalation, EscalationEntry, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from followups.rules import rights
from followups.rules.rights import LetterRights
from followups.services.state_machine import (
    ONLY_SENDER_OR_LEADER,
    WITHDRAWN,
    Kind,
    NotPossible,
    advance,
    advance_many,
    lock_followup,
    lock_followup_at_version,
    lock_followups,
    revert_to_undecided,
)
from letters.models import Letter
from letters.models.incident import CLOSED_MESSAGE
from letters.models.visibility import readable_by
from sepo_incident.accounts.models import Membership, User
from sepo_incident.audit.triggers import set_actor

Entry = EscalationEntry.Kind
ALREADY_RESOLVED = "Henvendelsen er allerede lukket."


def ask_for_help(followup: FollowUp, answers: DecisionAnswers, by: User, asker: User | None = None) -> FollowUp:
    """Ask the desk a question about the letter. Return the follow-up.

    `asker` gets the answer, by default `by`.

    A person who asks has not decided: an existing decision is undone first, with a row of its own in the history. A
    further question reopens the escalation, closed or not. A reply to a question from the desk is marked with
    `is_reply` in the history. Raise NotPossible while the escalation is with the desk.
    """
    escalation = _lock_escalation_about(followup)
    if escalation and escalation.is_with_desk:
        raise NotPossible("Du har allerede spurgt om brevet. Vent på svaret, eller skriv til supporten.")
    if not followup.is_open:
        revert_to_undecided(followup, by)
    set_actor(by.pk)
    is_reply = escalation is not None and escalation.is_with_asker
    history_answers = {"question": answers.question} | ({"is_reply": True} if is_reply else {})
    escalation = _reopen_or_create(escalation, followup, asker or by)
    escalation.entries.create(kind=Entry.QUESTION, text=answers.question, by=by)
    advance(followup, Kind.HELP_ASKED, by, history_answers)
    return followup


@transaction.atomic
def ask_for_writer(letter: Letter, question: str, asker: User, by: User) -> FollowUp:
    """Ask the desk for `asker`, the sender or leader of the letter, who wrote to Koncern IT instead.

    Only Koncern IT may, and only about a letter without a decision, so that nobody's decision is undone. Raise
    NotPossible.
    """
    followup = lock_followup(letter)
    if Membership.Role.KIT_ADMIN not in by.roles or asker.pk not in (letter.sender_id, letter.leader_id):
        raise NotPossible("Kun Koncern IT kan spørge for brevets afsender eller leder.")
    if not followup.is_open:
        raise NotPossible("Brevet har fået en beslutning. Svar på mailen i stedet.")
    return ask_for_help(followup, DecisionAnswers(HELP, question=question), by, asker)


@transaction.atomic
def hand_to_hr(letter: Letter, by: User, version: int, text: str) -> FollowUp:
    """Hand the personnel case over to Personalejura, to decide instead of the sender until the case is closed.

    `text` is what Personalejura must know; `version` is the version that was read. An escalation about
    the letter, if any, continues as the same case. Raise Conflict or NotPossible.
    """
    followup = lock_followup_at_version(letter, version)
    if not rights.has_right(by, rights.can_hand_to_hr, followup.letter):
        raise NotPossible(ONLY_SENDER_OR_LEADER.format("overdrage en personalesag til Personalejura"))
    escalation = _lock_escalation_about(followup)
    if escalation and escalation.is_handed_over and escalation.resolved_at is None:
        raise NotPossible("Brevet er allerede overdraget til Personalejura og Forhandling.")
    advance(followup, Kind.HANDED_TO_HR, by, {"question": text})
    set_actor(by.pk)
    escalation = _reopen_or_create(escalation, followup, by)
    escalation.reason = Escalation.Reason.HANDED_OVER
    escalation.save(update_fields=["reason"])
    escalation.entries.create(kind=Entry.QUESTION, text=text, by=by)
    return followup


def _lock_escalation_about(followup: FollowUp) -> Escalation | None:
    escalations = Escalation.objects.select_for_update(of=("self",)).select_related("owner")
    return escalations.filter(followup=followup).first()


def _reopen_or_create(escalation: Escalation | None, followup: FollowUp, by: User) -> Escalation:
    """Set the letter's escalation to waiting for the desk, or create one.

    The owner stays, unless the owner may no longer answer; then the escalation returns to the queue.
    """
    letter = followup.letter
    if escalation is None:
        desk = Escalation.Desk.HR if letter.is_personnel_case else Escalation.Desk.DIT
        return Escalation.objects.create(followup=followup, desk=desk, raised_by=by)
    if letter.is_personnel_case and escalation.desk != Escalation.Desk.HR:
        escalation.desk = Escalation.Desk.HR
        escalation.entries.create(kind=Entry.MOVED, desk=escalation.desk)
    if escalation.owner and not may_answer_escalation(escalation.owner, escalation.desk, letter):
        escalation.owner = escalation.taken_at = None
    if escalation.resolved_at:
        escalation.reason = Escalation.Reason.DOUBT  # a handover ends when the escalation is closed
    escalation.raised_by, escalation.waiting_since = by, timezone.now()
    escalation.answered_at = escalation.resolved_at = None
    escalation.is_with_asker = False
    escalation.save()
    return escalation


def may_answer_escalation(person: User, desk: str, letter: Letter) -> bool:
    """Return whether the person is employed, has the desk's role over the letter's unit, and may read the letter."""
    role = Escalation.DESK_ROLES[Escalation.Desk(desk)]
    is_there = person.is_active and person.left_on is None
    has_role = letter.unit is not None and person.holds_role_over(letter.unit.lineage, role)
    return is_there and has_role and rights.has_right(person, readable_by, letter)


@transaction.atomic
def take_escalation(escalation: Escalation, by: User) -> Escalation:
    """Make `by` the owner of the escalation. Raise NotPossible if a colleague has taken it."""
    escalation = _lock_for_reader(escalation, by)
    _require_unresolved(escalation)
    if escalation.owner_id not in (None, by.pk):
        raise NotPossible(f"{escalation.owner} har allerede taget henvendelsen.")
    if escalation.owner_id is None:
        escalation.owner, escalation.taken_at = by, timezone.now()
        escalation.save(update_fields=["owner", "taken_at"])
        escalation.entries.create(kind=Entry.TAKEN, by=by)
    return escalation


@transaction.atomic
def release_escalation(escalation: Escalation, by: User) -> Escalation:
    """Return the escalation to the queue, so that a colleague can take it.

    The owner may release an escalation about a letter that the owner may no longer read.
    """
    escalation = _lock_escalation(escalation)
    _require_owner(escalation, by)
    escalation.owner = escalation.taken_at = None
    escalation.save(update_fields=["owner", "taken_at"])
    escalation.entries.create(kind=Entry.RELEASED, by=by)
    return escalation


@transaction.atomic
def hand_over_escalation(escalation: Escalation, to: User, by: User, seen_owner: int | None) -> Escalation:
    """Give the escalation to a colleague, or take over an absent colleague's escalation.

    `seen_owner` is the id of the owner when the page was read, None for nobody. Raise NotPossible.
    """
    escalation = _lock_for_reader(escalation, by)
    _require_unresolved(escalation)
    if escalation.owner_id != seen_owner:
        raise NotPossible(_owner_sentence(escalation))
    if not may_answer_escalation(to, escalation.desk, escalation.followup.letter):
        raise NotPossible(f"{to} kan ikke svare om brevet. Vælg en anden.")
    escalation.owner, escalation.taken_at = to, timezone.now()
    escalation.save(update_fields=["owner", "taken_at"])
    escalation.entries.create(kind=Entry.HANDED, given_to=to, by=by)
    return escalation


@transaction.atomic
def forward_escalation(escalation: Escalation, desk: str, by: User, text: str = "") -> Escalation:
    """Move the escalation to the queue of another desk, with a message.

    The waiting time continues, but starts now if the desk was waiting for the person who asked. Raise NotPossible.
    """
    escalation = _lock_for_reader(escalation, by)
    _require_unresolved(escalation)
    if escalation.owner_id not in (None, by.pk):
        raise NotPossible(_owner_sentence(escalation))
    if desk not in escalation.forwardable_desks:
        raise NotPossible("Henvendelsen kan ikke sendes dertil. Vælg et andet sted.")
    if escalation.is_with_asker:
        escalation.is_with_asker, escalation.waiting_since = False, timezone.now()
    escalation.desk, escalation.owner, escalation.taken_at, escalation.answered_at = desk, None, None, None
    # a handover is to Personalejura only; other desks answer but do not decide
    escalation.reason = Escalation.Reason.DOUBT
    escalation.save()
    escalation.entries.create(kind=Entry.MOVED, desk=desk, text=text, by=by)
    return escalation


@transaction.atomic
def close_escalation(escalation: Escalation, by: User) -> Escalation:
    """Close the escalation: the last answer was enough, or the letter has a decision. A new question reopens it.

    Raise NotPossible if the desk has not answered and the letter has no decision.
    """
    escalation = _lock_escalation(escalation)
    _require_owner(escalation, by)
    if escalation.answered_at is None and escalation.followup.is_open:
        raise NotPossible("Svar først. Brevet mangler en beslutning.")
    escalation.resolved_at, escalation.is_with_asker = timezone.now(), False
    escalation.save(update_fields=["resolved_at", "is_with_asker"])
    escalation.entries.create(kind=Entry.CLOSED, by=by)
    return escalation


@transaction.atomic
def add_note(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """Add a note that only the desk can read."""
    escalation = _lock_for_reader(escalation, by)
    return escalation.entries.create(kind=Entry.NOTE, text=text, desk=escalation.desk, by=by)


@transaction.atomic
def answer_escalation(escalation: Escalation, text: str, by: User) -> None:
    """Answer the question and close the escalation."""
    _save_answers([_lock_for_answer(escalation, by)], text, by, is_resolved=True)


@transaction.atomic
def answer_and_keep(escalation: Escalation, text: str, by: User) -> None:
    """Answer the question and keep the escalation open, because more will follow."""
    _save_answers([_lock_for_answer(escalation, by)], text, by)


@transaction.atomic
def ask_back(escalation: Escalation, text: str, by: User) -> None:
    """Ask the person who asked, and keep the escalation open until that person answers."""
    _save_answers([_lock_for_answer(escalation, by)], text, by, is_with_asker=True)


def _lock_for_answer(escalation: Escalation, by: User) -> Escalation:
    escalation = _lock_for_reader(escalation, by)
    _require_owner(escalation, by)
    return escalation


def _save_answers(
    escalations: list[Escalation], text: str, by: User, *, is_resolved: bool = False, is_with_asker: bool = False
) -> None:
    """Save an answer or a question (`is_with_asker`) from the desk, shown on the pages of the letters.

    The follow-ups and the escalations are locked. An escalation without an owner is taken first.
    """
    now, unowned = timezone.now(), [one for one in escalations if one.owner_id is None]
    for escalation in unowned:
        escalation.owner, escalation.taken_at = by, now
    for escalation in escalations:
        escalation.answered_at, escalation.resolved_at = now, now if is_resolved else None
        escalation.is_with_asker = is_with_asker
    changed = ["owner", "taken_at", "answered_at", "resolved_at", "is_with_asker"]
    Escalation.objects.bulk_update(escalations, changed)
    EscalationEntry.objects.bulk_create(
        [EscalationEntry(escalation=one, kind=Entry.TAKEN, by=by) for one in unowned]
        + [EscalationEntry(escalation=one, kind=Entry.ANSWER, text=text, by=by) for one in escalations]
    )
    answers = {"answer": text} | ({"asks_back": True} if is_with_asker else {})
    advance_many([one.followup for one in escalations], Kind.HELP_ANSWERED, by, answers)


@dataclass(frozen=True)
class AnswerableQuestions:
    """Escalations that get the same answer, and skipped escalations with the reason (a Danish sentence)."""

    eligible: list[Escalation]
    skipped: list[tuple[Escalation, str]]


@transaction.atomic
def answer_escalations(ids: Iterable[int], text: str, by: User) -> AnswerableQuestions:
    """Give the same answer to several escalations, and close them. Return the answered and the skipped escalations.

    The number of queries does not depend on the number of escalations. Locks are taken in the order of the ids, the
    follow-ups first.
    """
    selected = Escalation.objects.filter(pk__in=ids)
    lock_followups(list(selected.values_list("followup__letter_id", flat=True)))
    locked = selected.select_for_update(of=("self",)).select_related(
        "followup__letter__unit", "followup__letter__incident", "owner", "raised_by"
    )
    split = split_answerable(locked.order_by("pk"), by)
    set_actor(by.pk)
    _save_answers(split.eligible, text, by, is_resolved=True)
    return split


def split_answerable(escalations: Iterable[Escalation], by: User) -> AnswerableQuestions:
    """Return the escalations that `answer_escalations` would answer and skip now.

    Fetch the escalations with letter, the letter's unit and owner. One query.
    """
    split = AnswerableQuestions([], [])
    escalations = list(escalations)
    allowed = rights.rights_by_letter(by, [escalation.followup.letter_id for escalation in escalations])
    for escalation in escalations:
        if refusal := _refusal_to_answer(escalation, by, allowed[escalation.followup.letter_id]):
            split.skipped.append((escalation, refusal))
        else:
            split.eligible.append(escalation)
    return split


def _refusal_to_answer(escalation: Escalation, by: User, allowed: LetterRights) -> str:
    """Return why `by` may not take and answer the escalation; "" if allowed."""
    if refusal := _refusal_to_act(escalation, by, allowed):
        return refusal
    if escalation.resolved_at:
        return ALREADY_RESOLVED
    if escalation.owner_id not in (None, by.pk):
        return _owner_sentence(escalation)
    return ""


def _require_unresolved(escalation: Escalation) -> None:
    if escalation.resolved_at:
        raise NotPossible(ALREADY_RESOLVED)


def _require_owner(escalation: Escalation, by: User) -> None:
    _require_unresolved(escalation)
    if escalation.owner_id != by.pk:
        raise NotPossible(_owner_sentence(escalation) if escalation.owner else "Tag henvendelsen, før du svarer.")
    set_actor(by.pk)


def _owner_sentence(escalation: Escalation) -> str:
    return (
        f"{escalation.owner} har henvendelsen nu."
        if escalation.owner
        else "Ingen har henvendelsen nu. Se den igennem igen."
    )


def _lock_for_reader(escalation: Escalation, by: User) -> Escalation:
    """Lock the escalation. Raise NotPossible if `by` no longer works at the desk or may no longer read the letter."""
    escalation = _lock_escalation(escalation)
    if refusal := _refusal_to_act(escalation, by, rights.rights_on(by, escalation.followup.letter)):
        raise NotPossible(refusal)
    set_actor(by.pk)
    return escalation


def _refusal_to_act(escalation: Escalation, by: User, allowed: LetterRights) -> str:
    letter = escalation.followup.letter
    if letter.withdrawn_at:
        return WITHDRAWN
    if letter.incident.is_closed:
        return CLOSED_MESSAGE
    if not allowed.read:
        return "Brevet er blevet en personalesag. Personalejura og Forhandling svarer."
    if letter.unit is None or not by.holds_role_over(letter.unit.lineage, escalation.role):
        return f"Henvendelsen er hos {escalation.get_desk_display()} nu."
    return ""


def _lock_escalation(escalation: Escalation) -> Escalation:
    """Return the escalation, read anew under the lock of its follow-up and its own.

    The follow-up is locked first, as in `ask_for_help`, so that a decision, its undoing and the closing of the incident
    come before or after.
    """
    lock_followups([escalation.followup.letter_id])
    locked = Escalation.objects.select_for_update(of=("self",))
    related = ("followup__letter__unit", "followup__letter__incident", "owner")
    return locked.select_related(*related).get(pk=escalation.pk)
