"""A question to a desk: asked, taken, answered, asked again; and what the desk notes for itself. All leave entries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from followups import duties
from followups.answers import Answers
from followups.models import Escalation, EscalationEntry, FollowUp
from followups.services.moving import WITHDRAWN, Kind, NotPossible, advance, advance_many, locked, locked_at, take_back
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.ledgers.acting import done_by

Entry = EscalationEntry.Kind
RESOLVED = "Sagen er allerede løst."


def ask_for_help(followup: FollowUp, answers: Answers, by: User) -> FollowUp:
    """Who asks has not decided: a decision is taken back first, as a line of its own in the ledger.

    Who has had an answer and asks again goes on with the same question, closed or not; whom the desk has asked replies
    (``is_reply`` in the ledger).
    """
    asked = followup.escalations.select_for_update(of=("self",)).select_related("owner").order_by("-pk").first()
    if asked and asked.is_with_desk:
        raise NotPossible("Du har allerede spurgt om det brev. Vent på svaret, eller skriv til supporten.")
    if not followup.is_open:
        take_back(followup, by)
    done_by(by.pk)
    said = {"question": answers.question} | ({"is_reply": True} if asked and asked.is_with_asker else {})
    escalation = _ask_again(asked, followup.letter, by) if asked else _ask_first(followup, by)
    escalation.entries.create(kind=Entry.QUESTION, text=answers.question, by=by)
    advance(followup, Kind.HELP_ASKED, by, said)
    return followup


@transaction.atomic
def hand_to_hr(letter: Letter, by: User, version: int, text: str) -> FollowUp:
    """Personalejura decides instead of the sender, until it closes the case; ``text`` is what it must know. A question
    that is with it already goes on as the same case.

    ``version`` is the one that was read; raises ``Stale`` or ``NotPossible``.
    """
    followup = locked_at(letter, version)
    if not duties.may_hand_to_hr(by, followup.letter):
        raise NotPossible("Kun afsenderen og lederen kan overdrage en personalesag til Personalejura.")
    asked = followup.escalations.select_for_update(of=("self",)).select_related("owner").order_by("-pk").first()
    if asked and asked.is_handed_over and asked.resolved_at is None:
        raise NotPossible("Brevet er allerede overdraget til Personalejura og Forhandling.")
    advance(followup, Kind.HANDED_TO_HR, by, {"question": text})
    done_by(by.pk)
    escalation = _ask_again(asked, followup.letter, by) if asked else _ask_first(followup, by)
    escalation.reason = Escalation.Reason.HANDED_OVER
    escalation.save(update_fields=["reason"])
    escalation.entries.create(kind=Entry.QUESTION, text=text, by=by)
    return followup


def _ask_first(followup: FollowUp, by: User) -> Escalation:
    desk = Escalation.Desk.HR if followup.letter.is_personnel_case else Escalation.Desk.DIT
    return Escalation.objects.create(followup=followup, desk=desk, raised_by=by)


def _ask_again(escalation: Escalation, letter: Letter, by: User) -> Escalation:
    """It is with whoever had it, or in the queue if they cannot answer any more."""
    if letter.is_personnel_case and escalation.desk != Escalation.Desk.HR:
        escalation.desk = Escalation.Desk.HR
        escalation.entries.create(kind=Entry.MOVED, desk=escalation.desk)
    if escalation.owner and not may_answer(escalation.owner, escalation.desk, letter):
        escalation.owner = escalation.taken_at = None
    if escalation.resolved_at:
        escalation.reason = Escalation.Reason.DOUBT  # what was handed over once is closed
    escalation.raised_by, escalation.waiting_since = by, timezone.now()
    escalation.answered_at = escalation.resolved_at = None
    escalation.is_with_asker = False
    escalation.save()
    return escalation


def may_answer(person: User, desk: str, letter: Letter) -> bool:
    """Somebody who works here, has the desk's role over the letter's unit, and may read it."""
    role = Escalation.DESK_ROLES[Escalation.Desk(desk)]
    is_there = person.is_active and person.left_on is None
    has_role = letter.unit is not None and person.holds_role_over(letter.unit.lineage, role)
    return is_there and has_role and letter.may_be_read_by(person)


@transaction.atomic
def take(escalation: Escalation, by: User) -> Escalation:
    """Somebody at the desk makes it theirs. Two at once: the second is told who was first."""
    escalation = _locked_for_reader(escalation, by)
    _must_be_unresolved(escalation)
    if escalation.owner_id not in (None, by.pk):
        raise NotPossible(f"{escalation.owner} har allerede taget sagen.")
    if escalation.owner_id is None:
        escalation.owner, escalation.taken_at = by, timezone.now()
        escalation.save(update_fields=["owner", "taken_at"])
        escalation.entries.create(kind=Entry.TAKEN, by=by)
    return escalation


@transaction.atomic
def release(escalation: Escalation, by: User) -> Escalation:
    """Back in the queue, so that somebody else can take it. Who may not read the letter any more may still let go."""
    escalation = _locked(escalation)
    _must_own(escalation, by)
    escalation.owner = escalation.taken_at = None
    escalation.save(update_fields=["owner", "taken_at"])
    escalation.entries.create(kind=Entry.RELEASED, by=by)
    return escalation


@transaction.atomic
def hand_over(escalation: Escalation, to: User, by: User, seen_owner: int | None) -> Escalation:
    """To a colleague, or from an absent one to oneself. ``seen_owner`` is who had it when the page was read."""
    escalation = _locked_for_reader(escalation, by)
    _must_be_unresolved(escalation)
    if escalation.owner_id != seen_owner:
        raise NotPossible(_who_has(escalation))
    if not may_answer(to, escalation.desk, escalation.followup.letter):
        raise NotPossible(f"{to} kan ikke svare på spørgsmål om det brev.")
    escalation.owner, escalation.taken_at = to, timezone.now()
    escalation.save(update_fields=["owner", "taken_at"])
    escalation.entries.create(kind=Entry.HANDED, given_to=to, by=by)
    return escalation


@transaction.atomic
def send_on(escalation: Escalation, desk: str, by: User, text: str = "") -> Escalation:
    """Into the queue of another desk, with a word to them. It goes on waiting; one that was with its asker begins."""
    escalation = _locked_for_reader(escalation, by)
    _must_be_unresolved(escalation)
    if escalation.owner_id not in (None, by.pk):
        raise NotPossible(_who_has(escalation))
    if desk not in escalation.onward:
        raise NotPossible("Sagen kan ikke sendes dertil.")
    if escalation.is_with_asker:
        escalation.is_with_asker, escalation.waiting_since = False, timezone.now()
    escalation.desk, escalation.owner, escalation.taken_at, escalation.answered_at = desk, None, None, None
    escalation.reason = Escalation.Reason.DOUBT  # another desk than Personalejura answers, and decides nothing
    escalation.save()
    escalation.entries.create(kind=Entry.MOVED, desk=desk, text=text, by=by)
    return escalation


@transaction.atomic
def close(escalation: Escalation, by: User) -> Escalation:
    """No more to answer: the last answer was enough, or the letter has its decision. Whoever asks again opens it.

    The follow-up is locked first, as when somebody asks, so that its decision is not taken back at the same moment.
    """
    followup = locked([escalation.followup.letter_id])[0]
    escalation = _locked(escalation)
    _must_own(escalation, by)
    if escalation.answered_at is None and followup.is_open:
        raise NotPossible("Svar først: brevet mangler en beslutning.")
    escalation.resolved_at, escalation.is_with_asker = timezone.now(), False
    escalation.save(update_fields=["resolved_at", "is_with_asker"])
    escalation.entries.create(kind=Entry.CLOSED, by=by)
    return escalation


@transaction.atomic
def note(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """For the desk alone."""
    escalation = _locked_for_reader(escalation, by)
    return escalation.entries.create(kind=Entry.NOTE, text=text, desk=escalation.desk, by=by)


def answer(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """The desk's answer: the letter is given back to whoever asked."""
    return _write(escalation, text, by, resolved_at=timezone.now())


def answer_for_now(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """There is more to say later, so the desk keeps the case."""
    return _write(escalation, text, by)


def ask_back(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """The desk keeps the case, and waits for whoever asked to answer."""
    return _write(escalation, text, by, is_with_asker=True)


@transaction.atomic
def _write(
    escalation: Escalation, text: str, by: User, *, resolved_at: datetime | None = None, is_with_asker: bool = False
) -> EscalationEntry:
    """To whoever asked; it stands on the letter, as an answer or as a question (``asks_back``). The follow-up is
    locked first, as when somebody asks."""
    followup = locked([escalation.followup.letter_id])[0]
    escalation = _locked_for_reader(escalation, by)
    _must_own(escalation, by)
    entry = escalation.entries.create(kind=Entry.ANSWER, text=text, by=by)
    escalation.answered_at = timezone.now()
    escalation.resolved_at = resolved_at
    escalation.is_with_asker = is_with_asker
    escalation.save(update_fields=["answered_at", "resolved_at", "is_with_asker"])
    said = {"answer": text} | ({"asks_back": True} if is_with_asker else {})
    advance(followup, Kind.HELP_ANSWERED, by, said)
    return entry


@dataclass(frozen=True)
class Together:
    """Questions that get the same answer, and those that are left alone, each with why (a Danish sentence)."""

    sound: list[Escalation]
    left: list[tuple[Escalation, str]]


@transaction.atomic
def answer_together(ids: Iterable[int], text: str, by: User) -> Together:
    """One answer to questions with the same cause: it stands on each letter, and each is given back.

    What nobody has taken is taken. The statements are as many for two as for two hundred; the locks are taken in the
    order of the ids, the follow-ups first.
    """
    asked = Escalation.objects.filter(pk__in=ids)
    followups = locked(list(asked.values_list("followup__letter_id", flat=True)))
    held = asked.select_for_update(of=("self",)).select_related("followup__letter__unit", "owner", "raised_by")
    together = sort_questions(held.order_by("pk"), by)
    if not together.sound:
        return together
    done_by(by.pk)
    now, untaken = timezone.now(), [one for one in together.sound if one.owner_id is None]
    for escalation in together.sound:
        escalation.answered_at = escalation.resolved_at = now
        escalation.is_with_asker = False
    for escalation in untaken:
        escalation.owner, escalation.taken_at = by, now
    changed = ["owner", "taken_at", "answered_at", "resolved_at", "is_with_asker"]
    Escalation.objects.bulk_update(together.sound, changed)
    EscalationEntry.objects.bulk_create(
        [EscalationEntry(escalation=one, kind=Entry.TAKEN, by=by) for one in untaken]
        + [EscalationEntry(escalation=one, kind=Entry.ANSWER, text=text, by=by) for one in together.sound]
    )
    answered = {one.followup_id for one in together.sound}
    moved = [followup for followup in followups if followup.pk in answered]
    advance_many(moved, Kind.HELP_ANSWERED, by, {"answer": text})
    return together


def sort_questions(asked: Iterable[Escalation], by: User) -> Together:
    """What ``answer_together`` would do with them now; fetch each with its letter, the letter's unit and the owner."""
    together = Together([], [])
    for escalation in asked:
        if refusal := _why_not_answer(escalation, by):
            together.left.append((escalation, refusal))
        else:
            together.sound.append(escalation)
    return together


def _why_not_answer(escalation: Escalation, by: User) -> str:
    """Why this person may not take this and answer it; "" when nothing is in the way."""
    if refusal := _why_not_touch(escalation, by):
        return refusal
    if escalation.resolved_at:
        return RESOLVED
    if escalation.owner_id not in (None, by.pk):
        return _who_has(escalation)
    return ""


def _must_be_unresolved(escalation: Escalation) -> None:
    if escalation.resolved_at:
        raise NotPossible(RESOLVED)


def _must_own(escalation: Escalation, by: User) -> None:
    _must_be_unresolved(escalation)
    if escalation.owner_id != by.pk:
        raise NotPossible(_who_has(escalation) if escalation.owner else "Tag sagen, før du svarer.")
    done_by(by.pk)


def _who_has(escalation: Escalation) -> str:
    return f"{escalation.owner} har sagen nu." if escalation.owner else "Ingen har sagen nu. Se den igennem igen."


def _locked_for_reader(escalation: Escalation, by: User) -> Escalation:
    """Locked, for somebody at its desk who may read the letter: all of that may have gone since they looked."""
    escalation = _locked(escalation)
    if refusal := _why_not_touch(escalation, by):
        raise NotPossible(refusal)
    done_by(by.pk)
    return escalation


def _why_not_touch(escalation: Escalation, by: User) -> str:
    letter = escalation.followup.letter
    if letter.withdrawn_at:
        return WITHDRAWN
    if not letter.may_be_read_by(by):
        return "Brevet er blevet en personalesag. Personalejura og Forhandling svarer på den."
    if letter.unit is None or not by.holds_role_over(letter.unit.lineage, escalation.role):
        return f"Sagen er hos {escalation.get_desk_display()} nu."
    return ""


def _locked(escalation: Escalation) -> Escalation:
    asked = Escalation.objects.select_for_update(of=("self",)).select_related("followup__letter__unit", "owner")
    return asked.get(pk=escalation.pk)
