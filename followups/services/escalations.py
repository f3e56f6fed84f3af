"""A question to a desk: asked, taken, answered, asked again; and what the desk notes for itself. All leave entries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from followups.models import Escalation, EscalationEntry, FollowUp
from followups.models.answers import DecisionAnswers
from followups.rules import rights
from followups.services.state_machine import (
    WITHDRAWN,
    Kind,
    NotPossible,
    advance,
    advance_many,
    lock_followup_at_version,
    lock_followups,
    revert_to_undecided,
)
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor

Entry = EscalationEntry.Kind
ALREADY_RESOLVED = "Sagen er allerede løst."


def ask_for_help(followup: FollowUp, answers: DecisionAnswers, by: User) -> FollowUp:
    """Who asks has not decided: a decision is taken back first, as a line of its own in the ledger.

    Who has had an answer and asks again goes on with the same question, closed or not; whom the desk has asked replies
    (``is_reply`` in the ledger).
    """
    asked = followup.escalations.select_for_update(of=("self",)).select_related("owner").order_by("-pk").first()
    if asked and asked.is_with_desk:
        raise NotPossible("Du har allerede spurgt om det brev. Vent på svaret, eller skriv til supporten.")
    if not followup.is_open:
        revert_to_undecided(followup, by)
    set_actor(by.pk)
    said = {"question": answers.question} | ({"is_reply": True} if asked and asked.is_with_asker else {})
    escalation = _reopen_escalation(asked, followup.letter, by) if asked else _create_escalation(followup, by)
    escalation.entries.create(kind=Entry.QUESTION, text=answers.question, by=by)
    advance(followup, Kind.HELP_ASKED, by, said)
    return followup


@transaction.atomic
def hand_to_hr(letter: Letter, by: User, version: int, text: str) -> FollowUp:
    """Personalejura decides instead of the sender, until it closes the case; ``text`` is what it must know. A question
    that is with it already goes on as the same case.

    ``version`` is the one that was read; raises ``Stale`` or ``NotPossible``.
    """
    followup = lock_followup_at_version(letter, version)
    if not rights.may_hand_to_hr(by, followup.letter):
        raise NotPossible("Kun afsenderen og lederen kan overdrage en personalesag til Personalejura.")
    asked = followup.escalations.select_for_update(of=("self",)).select_related("owner").order_by("-pk").first()
    if asked and asked.is_handed_over and asked.resolved_at is None:
        raise NotPossible("Brevet er allerede overdraget til Personalejura og Forhandling.")
    advance(followup, Kind.HANDED_TO_HR, by, {"question": text})
    set_actor(by.pk)
    escalation = _reopen_escalation(asked, followup.letter, by) if asked else _create_escalation(followup, by)
    escalation.reason = Escalation.Reason.HANDED_OVER
    escalation.save(update_fields=["reason"])
    escalation.entries.create(kind=Entry.QUESTION, text=text, by=by)
    return followup


def _create_escalation(followup: FollowUp, by: User) -> Escalation:
    desk = Escalation.Desk.HR if followup.letter.is_personnel_case else Escalation.Desk.DIT
    return Escalation.objects.create(followup=followup, desk=desk, raised_by=by)


def _reopen_escalation(escalation: Escalation, letter: Letter, by: User) -> Escalation:
    """It is with whoever had it, or in the queue if they cannot answer any more."""
    if letter.is_personnel_case and escalation.desk != Escalation.Desk.HR:
        escalation.desk = Escalation.Desk.HR
        escalation.entries.create(kind=Entry.MOVED, desk=escalation.desk)
    if escalation.owner and not may_answer_escalation(escalation.owner, escalation.desk, letter):
        escalation.owner = escalation.taken_at = None
    if escalation.resolved_at:
        escalation.reason = Escalation.Reason.DOUBT  # what was handed over once is closed
    escalation.raised_by, escalation.waiting_since = by, timezone.now()
    escalation.answered_at = escalation.resolved_at = None
    escalation.is_with_asker = False
    escalation.save()
    return escalation


def may_answer_escalation(person: User, desk: str, letter: Letter) -> bool:
    """Somebody who works here, has the desk's role over the letter's unit, and may read it."""
    role = Escalation.DESK_ROLES[Escalation.Desk(desk)]
    is_there = person.is_active and person.left_on is None
    has_role = letter.unit is not None and person.holds_role_over(letter.unit.lineage, role)
    return is_there and has_role and letter.may_be_read_by(person)


@transaction.atomic
def take_escalation(escalation: Escalation, by: User) -> Escalation:
    """Somebody at the desk makes it theirs. Two at once: the second is told who was first."""
    escalation = _lock_for_reader(escalation, by)
    _require_unresolved(escalation)
    if escalation.owner_id not in (None, by.pk):
        raise NotPossible(f"{escalation.owner} har allerede taget sagen.")
    if escalation.owner_id is None:
        escalation.owner, escalation.taken_at = by, timezone.now()
        escalation.save(update_fields=["owner", "taken_at"])
        escalation.entries.create(kind=Entry.TAKEN, by=by)
    return escalation


@transaction.atomic
def release_escalation(escalation: Escalation, by: User) -> Escalation:
    """Back in the queue, so that somebody else can take it. Who may not read the letter any more may still let go."""
    escalation = _lock_escalation(escalation)
    _require_owner(escalation, by)
    escalation.owner = escalation.taken_at = None
    escalation.save(update_fields=["owner", "taken_at"])
    escalation.entries.create(kind=Entry.RELEASED, by=by)
    return escalation


@transaction.atomic
def hand_over_escalation(escalation: Escalation, to: User, by: User, seen_owner: int | None) -> Escalation:
    """To a colleague, or from an absent one to oneself. ``seen_owner`` is who had it when the page was read."""
    escalation = _lock_for_reader(escalation, by)
    _require_unresolved(escalation)
    if escalation.owner_id != seen_owner:
        raise NotPossible(_owner_sentence(escalation))
    if not may_answer_escalation(to, escalation.desk, escalation.followup.letter):
        raise NotPossible(f"{to} kan ikke svare på spørgsmål om det brev.")
    escalation.owner, escalation.taken_at = to, timezone.now()
    escalation.save(update_fields=["owner", "taken_at"])
    escalation.entries.create(kind=Entry.HANDED, given_to=to, by=by)
    return escalation


@transaction.atomic
def forward_escalation(escalation: Escalation, desk: str, by: User, text: str = "") -> Escalation:
    """Into the queue of another desk, with a word to them. It goes on waiting; one that was with its asker begins."""
    escalation = _lock_for_reader(escalation, by)
    _require_unresolved(escalation)
    if escalation.owner_id not in (None, by.pk):
        raise NotPossible(_owner_sentence(escalation))
    if desk not in escalation.forwardable_desks:
        raise NotPossible("Sagen kan ikke sendes dertil.")
    if escalation.is_with_asker:
        escalation.is_with_asker, escalation.waiting_since = False, timezone.now()
    escalation.desk, escalation.owner, escalation.taken_at, escalation.answered_at = desk, None, None, None
    escalation.reason = Escalation.Reason.DOUBT  # another desk than Personalejura answers, and decides nothing
    escalation.save()
    escalation.entries.create(kind=Entry.MOVED, desk=desk, text=text, by=by)
    return escalation


@transaction.atomic
def close_escalation(escalation: Escalation, by: User) -> Escalation:
    """No more to answer: the last answer was enough, or the letter has its decision. Whoever asks again opens it.

    The follow-up is locked first, as when somebody asks, so that its decision is not taken back at the same moment.
    """
    followup = lock_followups([escalation.followup.letter_id])[0]
    escalation = _lock_escalation(escalation)
    _require_owner(escalation, by)
    if escalation.answered_at is None and followup.is_open:
        raise NotPossible("Svar først: brevet mangler en beslutning.")
    escalation.resolved_at, escalation.is_with_asker = timezone.now(), False
    escalation.save(update_fields=["resolved_at", "is_with_asker"])
    escalation.entries.create(kind=Entry.CLOSED, by=by)
    return escalation


@transaction.atomic
def add_note(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """For the desk alone."""
    escalation = _lock_for_reader(escalation, by)
    return escalation.entries.create(kind=Entry.NOTE, text=text, desk=escalation.desk, by=by)


def answer_escalation(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """The desk's answer: the letter is given back to whoever asked."""
    return _write_answer(escalation, text, by, resolved_at=timezone.now())


def answer_and_keep(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """There is more to say later, so the desk keeps the case."""
    return _write_answer(escalation, text, by)


def ask_back(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """The desk keeps the case, and waits for whoever asked to answer."""
    return _write_answer(escalation, text, by, is_with_asker=True)


@transaction.atomic
def _write_answer(
    escalation: Escalation, text: str, by: User, *, resolved_at: datetime | None = None, is_with_asker: bool = False
) -> EscalationEntry:
    """To whoever asked; it stands on the letter, as an answer or as a question (``asks_back``). The follow-up is
    locked first, as when somebody asks."""
    followup = lock_followups([escalation.followup.letter_id])[0]
    escalation = _lock_for_reader(escalation, by)
    _require_owner(escalation, by)
    entry = escalation.entries.create(kind=Entry.ANSWER, text=text, by=by)
    escalation.answered_at = timezone.now()
    escalation.resolved_at = resolved_at
    escalation.is_with_asker = is_with_asker
    escalation.save(update_fields=["answered_at", "resolved_at", "is_with_asker"])
    said = {"answer": text} | ({"asks_back": True} if is_with_asker else {})
    advance(followup, Kind.HELP_ANSWERED, by, said)
    return entry


@dataclass(frozen=True)
class AnswerableQuestions:
    """Questions that get the same answer, and those that are left alone, each with why (a Danish sentence)."""

    eligible: list[Escalation]
    left: list[tuple[Escalation, str]]


@transaction.atomic
def answer_escalations(ids: Iterable[int], text: str, by: User) -> AnswerableQuestions:
    """One answer to questions with the same cause: it stands on each letter, and each is given back.

    What nobody has taken is taken. The statements are as many for two as for two hundred; the locks are taken in the
    order of the ids, the follow-ups first.
    """
    asked = Escalation.objects.filter(pk__in=ids)
    followups = lock_followups(list(asked.values_list("followup__letter_id", flat=True)))
    held = asked.select_for_update(of=("self",)).select_related("followup__letter__unit", "owner", "raised_by")
    together = split_answerable(held.order_by("pk"), by)
    if not together.eligible:
        return together
    set_actor(by.pk)
    now, untaken = timezone.now(), [one for one in together.eligible if one.owner_id is None]
    for escalation in together.eligible:
        escalation.answered_at = escalation.resolved_at = now
        escalation.is_with_asker = False
    for escalation in untaken:
        escalation.owner, escalation.taken_at = by, now
    changed = ["owner", "taken_at", "answered_at", "resolved_at", "is_with_asker"]
    Escalation.objects.bulk_update(together.eligible, changed)
    EscalationEntry.objects.bulk_create(
        [EscalationEntry(escalation=one, kind=Entry.TAKEN, by=by) for one in untaken]
        + [EscalationEntry(escalation=one, kind=Entry.ANSWER, text=text, by=by) for one in together.eligible]
    )
    answered = {one.followup_id for one in together.eligible}
    moved = [followup for followup in followups if followup.pk in answered]
    advance_many(moved, Kind.HELP_ANSWERED, by, {"answer": text})
    return together


def split_answerable(asked: Iterable[Escalation], by: User) -> AnswerableQuestions:
    """What ``answer_together`` would do with them now; fetch each with its letter, the letter's unit and the owner."""
    together = AnswerableQuestions([], [])
    for escalation in asked:
        if refusal := _refusal_to_answer(escalation, by):
            together.left.append((escalation, refusal))
        else:
            together.eligible.append(escalation)
    return together


def _refusal_to_answer(escalation: Escalation, by: User) -> str:
    """Why this person may not take this and answer it; "" when nothing is in the way."""
    if refusal := _refusal_to_act(escalation, by):
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
        raise NotPossible(_owner_sentence(escalation) if escalation.owner else "Tag sagen, før du svarer.")
    set_actor(by.pk)


def _owner_sentence(escalation: Escalation) -> str:
    return f"{escalation.owner} har sagen nu." if escalation.owner else "Ingen har sagen nu. Se den igennem igen."


def _lock_for_reader(escalation: Escalation, by: User) -> Escalation:
    """Locked, for somebody at its desk who may read the letter: all of that may have gone since they looked."""
    escalation = _lock_escalation(escalation)
    if refusal := _refusal_to_act(escalation, by):
        raise NotPossible(refusal)
    set_actor(by.pk)
    return escalation


def _refusal_to_act(escalation: Escalation, by: User) -> str:
    letter = escalation.followup.letter
    if letter.withdrawn_at:
        return WITHDRAWN
    if not letter.may_be_read_by(by):
        return "Brevet er blevet en personalesag. Personalejura og Forhandling svarer på den."
    if letter.unit is None or not by.holds_role_over(letter.unit.lineage, escalation.role):
        return f"Sagen er hos {escalation.get_desk_display()} nu."
    return ""


def _lock_escalation(escalation: Escalation) -> Escalation:
    asked = Escalation.objects.select_for_update(of=("self",)).select_related("followup__letter__unit", "owner")
    return asked.get(pk=escalation.pk)
