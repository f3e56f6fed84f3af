"""What the sender decides, or who leads on their behalf."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from followups import duties
from followups.answers import Answers, OnRecord
from followups.models import Consequence, FollowUp
from followups.models.followup import owes_record, will_owe_record
from followups.services.helping import ask_for_help
from followups.services.moving import Kind, NotPossible, Status, advance, locked_at, take_back
from letters.models import Letter
from sepo_incident.accounts.models import User

Review = FollowUp.ConsequenceReview

NOT_YOURS = "Kun afsenderen og lederen kan {}."
HANDLED_BY = "skrive, hvad der er gjort ved følgerne"
NONE_LACKING = "Der er ingen følger, der mangler svar."
NO_RECORD_OWED = "Der mangler ikke svar på, om noget er skrevet på sagen."
TO_DECIDE = "beslutte, hvad der skal ske med brevet"


@transaction.atomic
def decide(letter: Letter, answers: Answers, by: User, version: int) -> FollowUp:
    """Record a decision. ``version`` is the one the form was made from; raises ``Stale`` or ``NotPossible``."""
    followup = _locked_for(letter, by, version, TO_DECIDE)
    return _record(followup, answers, by)


@transaction.atomic
def correct(letter: Letter, answers: Answers, by: User, version: int, reason: str) -> FollowUp:
    """Change a decision that the leader has confirmed, and say why. It then waits for the leader again."""
    followup = _locked_for(letter, by, version, "rette beslutningen")
    unconfirmed = {"status": Status.DONE, "confirmed_by": None, "confirmed_at": None}
    advance(followup, Kind.CORRECTED, by, {"reason": reason}, **unconfirmed)
    return _record(followup, answers, by)


def _record(followup: FollowUp, answers: Answers, by: User) -> FollowUp:
    """The decision on the follow-up and in the ledger; or the question, for who asks for help instead."""
    if answers.asks_for_help:
        return ask_for_help(followup, answers, by)
    advance(followup, Kind.DECIDED, by, answers.as_json(), **as_fields(followup, answers, by, timezone.now()))
    write_consequences([(followup, answers)])
    return followup


def as_fields(followup: FollowUp, answers: Answers, by: User, now: datetime) -> dict[str, Any]:
    """What a decision makes of a follow-up."""
    same = ("remedy", "no_dispatch_reason", "deadline_missed", "missed_on", "new_deadline", "consequence_review")
    also = ("is_journalised", "record_number", "no_record_reason", "note")
    return {name: getattr(answers, name) for name in same + also} | {
        "status": Status.DONE if answers.is_done else Status.DECIDED,
        "decided_by": by,
        "decided_at": now,
        "done_at": now if answers.is_done else None,
        **_handled(followup, answers, by, now),
    }


@transaction.atomic
def undo(letter: Letter, by: User, version: int) -> FollowUp:
    """Back to undecided; the decision stays in the history, and its answers can be fetched from there."""
    followup = _locked_for(letter, by, version, "fortryde")
    take_back(followup, by)
    return followup


@transaction.atomic
def mark_done(letter: Letter, by: User, version: int, record: OnRecord | None = None) -> FollowUp:
    """The letter that was decided on has now been sent, and what that changes is on ``record``, if it is said."""
    followup = _locked_for(letter, by, version, "skrive, at brevet er sendt")
    if record and not will_owe_record(followup):
        raise NotPossible(NO_RECORD_OWED)
    said, fields = (record.as_json(), record.as_fields()) if record else ({}, {})
    advance(followup, Kind.DONE, by, said, status=Status.DONE, done_at=timezone.now(), **fields)
    return followup


@transaction.atomic
def put_on_record(letter: Letter, by: User, version: int, record: OnRecord) -> FollowUp:
    """Of a letter that is sent and changed something: is that on record? It goes on waiting for the leader."""
    followup = _locked_for(letter, by, version, "skrive, om ændringen er skrevet på sagen")
    if not owes_record(followup):
        raise NotPossible(NO_RECORD_OWED)
    advance(followup, Kind.RECORDED, by, record.as_json(), **record.as_fields())
    return followup


@transaction.atomic
def handle(letter: Letter, by: User, version: int, text: str) -> FollowUp:
    """What was done about the consequences, or what became known of them: from now on the letter can be closed."""
    followup = _locked_for(letter, by, version, HANDLED_BY)
    if not followup.is_review_open:
        raise NotPossible(NONE_LACKING)
    handled = {"handled_text": text, "handled_by": by, "handled_at": timezone.now()}
    advance(followup, Kind.HANDLED, by, {"handled_text": text}, **handled)
    return followup


@transaction.atomic
def uphold(letter: Letter, by: User, version: int, why: str) -> FollowUp:
    """The decision stands although the leader has sent it back: it waits for the leader again, with the reason."""
    followup = _locked_for(letter, by, version, "svare på lederens spørgsmål")
    advance(followup, Kind.UPHELD, by, {"answer": why}, status=Status.DONE)
    return followup


def _locked_for(letter: Letter, by: User, version: int, act: str) -> FollowUp:
    """The follow-up, for one whose turn it is; ``act`` is what somebody else is told they may not."""
    followup = locked_at(letter, version)
    if not duties.may_decide(by, followup.letter):
        raise NotPossible(NOT_YOURS.format(act))
    return followup


def _handled(followup: FollowUp, answers: Answers, by: User, now: datetime) -> dict[str, Any]:
    """What is said of the consequences; what somebody has said before stays theirs while it says the same."""
    kept: dict[str, Any] = {name: getattr(followup, name) for name in ("handled_text", "handled_by", "handled_at")}
    is_same = followup.consequence_review == answers.consequence_review
    if answers.consequence_review == Review.UNKNOWN and is_same:
        return kept
    if answers.consequence_review != Review.FOUND or not answers.is_handled:
        return {"handled_text": "", "handled_by": None, "handled_at": None}
    if is_same and followup.handled_text == answers.handled_text:
        return kept
    return {"handled_text": answers.handled_text, "handled_by": by, "handled_at": now}


def write_consequences(decided: Sequence[tuple[FollowUp, Answers]]) -> None:
    """Two statements, however many letters."""
    Consequence.objects.filter(followup__in=[followup for followup, _ in decided]).delete()
    Consequence.objects.bulk_create(
        Consequence(
            followup=followup,
            party=party,
            severity=answers.severity,
            text=answers.consequence_text,
            amount=answers.amount,
        )
        for followup, answers in decided
        if answers.consequence_review == Review.FOUND
        for party in answers.parties
    )
