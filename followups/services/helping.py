"""A question to a desk: asked, taken, answered; and what the desk notes for itself."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from followups.answers import Answers
from followups.models import Escalation, EscalationEntry, FollowUp
from followups.services.moving import WITHDRAWN, Kind, NotPossible, advance, locked, take_back
from sepo_incident.accounts.models import User
from sepo_incident.ledgers.acting import done_by


def ask_for_help(followup: FollowUp, answers: Answers, by: User) -> FollowUp:
    """Who asks has not decided: a decision is taken back first, as a line of its own in the ledger."""
    if followup.escalations.unresolved().exists():
        raise NotPossible("Du har allerede spurgt om det brev. Vent på svaret, eller skriv til supporten.")
    if not followup.is_open:
        take_back(followup, by)
    done_by(by.pk)
    desk = Escalation.Desk.HR if followup.letter.is_personnel_case else Escalation.Desk.DIT
    escalation = Escalation.objects.create(followup=followup, desk=desk, raised_by=by)
    escalation.entries.create(kind=EscalationEntry.Kind.QUESTION, text=answers.question, by=by)
    advance(followup, Kind.HELP_ASKED, by, {"question": answers.question})
    return followup


@transaction.atomic
def take(escalation: Escalation, by: User) -> Escalation:
    """Somebody at the desk makes it theirs. Two at once: the second is told who was first."""
    escalation = _locked_for_reader(escalation, by)
    if escalation.resolved_at:
        raise NotPossible("Sagen er allerede løst.")
    if escalation.owner_id not in (None, by.pk):
        raise NotPossible(f"{escalation.owner} har allerede taget sagen.")
    escalation.owner, escalation.taken_at = by, escalation.taken_at or timezone.now()
    escalation.save(update_fields=["owner", "taken_at"])
    return escalation


@transaction.atomic
def release(escalation: Escalation, by: User) -> Escalation:
    """Back in the queue, so that somebody else can take it. Who may not read the letter any more may still let go."""
    escalation = _locked(escalation)
    _must_own(escalation, by)
    escalation.owner = escalation.taken_at = None
    escalation.save(update_fields=["owner", "taken_at"])
    return escalation


@transaction.atomic
def note(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """For the desk alone."""
    escalation = _locked_for_reader(escalation, by)
    return escalation.entries.create(kind=EscalationEntry.Kind.NOTE, text=text, by=by)


@transaction.atomic
def answer(escalation: Escalation, text: str, by: User, *, resolves: bool = True) -> EscalationEntry:
    """The desk's answer; it stands on the letter, and the ball goes back to the sender when it resolves."""
    escalation = _locked_for_reader(escalation, by)
    _must_own(escalation, by)
    entry = escalation.entries.create(kind=EscalationEntry.Kind.ANSWER, text=text, by=by)
    if resolves:
        escalation.resolved_at = timezone.now()
        escalation.save(update_fields=["resolved_at"])
    followup = locked([escalation.followup.letter_id])[0]
    advance(followup, Kind.HELP_ANSWERED, by, {"answer": text})
    return entry


def _must_own(escalation: Escalation, by: User) -> None:
    if escalation.resolved_at:
        raise NotPossible("Sagen er allerede løst.")
    if escalation.owner_id != by.pk:
        raise NotPossible("Tag sagen, før du svarer.")
    done_by(by.pk)


def _locked_for_reader(escalation: Escalation, by: User) -> Escalation:
    """Locked, for somebody who may read the letter it is about: either may have gone since they looked."""
    escalation = _locked(escalation)
    if escalation.followup.letter.withdrawn_at:
        raise NotPossible(WITHDRAWN)
    if not escalation.followup.letter.may_be_read_by(by):
        raise NotPossible("Brevet er blevet en personalesag. Personalejura og Forhandling svarer på den.")
    done_by(by.pk)
    return escalation


def _locked(escalation: Escalation) -> Escalation:
    asked = Escalation.objects.select_for_update(of=("self",)).select_related("followup__letter__unit", "owner")
    return asked.get(pk=escalation.pk)
