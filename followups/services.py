"""The verbs of a follow-up. Every page, command and bulk action goes through here, so history cannot be bypassed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from followups import deadlines, duties
from followups.answers import Answers
from followups.models import Consequence, Decision, Escalation, EscalationEntry, FollowUp
from letters.models import Incident, Letter
from sepo_incident.accounts.models import User

Status, Kind = FollowUp.Status, Decision.Kind

#: From which statuses each act is possible. The whole state machine.
POSSIBLE_FROM: dict[str, frozenset[str]] = {
    Kind.DECIDED: frozenset({Status.OPEN, Status.DECIDED, Status.DONE}),
    Kind.HELP_ASKED: frozenset({Status.OPEN, Status.DECIDED, Status.DONE}),
    Kind.HELP_ANSWERED: frozenset(Status.values),
    Kind.UNDONE: frozenset({Status.DECIDED, Status.DONE}),
    Kind.DONE: frozenset({Status.DECIDED}),
    Kind.CONFIRMED: frozenset({Status.DONE}),
}
#: Why an act is not possible, for each status it meets.
REFUSALS = {
    Status.OPEN: "Brevet mangler en beslutning.",
    Status.DECIDED: "Brevet er ikke sendt endnu.",
    Status.DONE: "Brevet er allerede sendt.",
    Status.CONFIRMED: "Lederen har bekræftet, og så ligger beslutningen fast.",
}
UNDECIDED: dict[str, Any] = {
    "status": Status.OPEN,
    "remedy": "",
    "no_dispatch_reason": "",
    "deadline_missed": None,
    "missed_on": None,
    "new_deadline": None,
    "consequence_review": "",
    "is_journalised": False,
    "record_number": "",
    "note": "",
    "decided_by": None,
    "decided_at": None,
    "done_at": None,
}


class NotPossible(Exception):
    """The act does not fit the letter's status or the person; the text is a Danish sentence."""


class Stale(Exception):
    """Somebody else saved first. Carries the follow-up as it is now."""

    def __init__(self, followup: FollowUp):
        super().__init__("En anden har gemt en beslutning om brevet, mens du skrev.")
        self.followup = followup


@dataclass(frozen=True)
class Outcome:
    """What a bulk act did: how many letters, and for each one left alone why (letter, sentence)."""

    done: int
    skipped: list[tuple[Letter, str]]


# --- Opening ------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_for(incident: Incident) -> int:
    """One follow-up for each standing letter that has none; returns how many. Run it again after each import."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO followups_followup
                (letter_id, status, remedy, no_dispatch_reason, consequence_review, is_journalised, record_number,
                 note, version, opened_at)
            SELECT letter.id, 'OPEN', '', '', '', false, '', '', 0, now()
            FROM letters_letter letter
            WHERE letter.incident_id = %s AND letter.withdrawn_at IS NULL
            ON CONFLICT (letter_id) DO NOTHING
            """,
            [incident.pk],
        )
        opened = cursor.rowcount
    _note_dates_in_subjects(incident)
    Incident.objects.filter(pk=incident.pk, status=Incident.Status.PREPARING).update(status=Incident.Status.OPEN)
    return opened


def _note_dates_in_subjects(incident: Incident) -> None:
    """A meeting or a time limit named in the subject is the letter's own clock."""
    fresh = FollowUp.objects.of(incident).open().filter(version=0, due_on=None, letter__subject__regex=r"\d")
    dated = []
    for followup in fresh.select_related("letter").iterator(chunk_size=2000):
        letter = followup.letter
        followup.due_on = deadlines.date_in_subject(letter.subject, deadlines.today(letter.sent_at))
        if followup.due_on:
            dated.append(followup)
    FollowUp.objects.bulk_update(dated, ["due_on"], batch_size=1000)


# --- One letter ---------------------------------------------------------------------------------------------------


@transaction.atomic
def decide(letter: Letter, answers: Answers, by: User, version: int) -> FollowUp:
    """Record a decision. ``version`` is the one the form was made from; raises ``Stale`` or ``NotPossible``."""
    followup = _locked_at(letter, version)
    if not duties.may_decide(by, followup.letter):
        raise NotPossible("Kun afsenderen og lederen kan beslutte, hvad der skal ske med brevet.")
    if answers.asks_for_help:
        return _ask_for_help(followup, answers, by)
    now = timezone.now()
    is_done = answers.is_sent or answers.remedy == FollowUp.Remedy.NO_DISPATCH
    _advance(
        followup,
        Kind.DECIDED,
        by,
        answers.as_json(),
        status=Status.DONE if is_done else Status.DECIDED,
        remedy=answers.remedy,
        no_dispatch_reason=answers.no_dispatch_reason,
        deadline_missed=answers.deadline_missed,
        missed_on=answers.missed_on,
        new_deadline=answers.new_deadline,
        consequence_review=answers.consequence_review,
        is_journalised=answers.is_journalised,
        record_number=answers.record_number,
        note=answers.note,
        decided_by=by,
        decided_at=now,
        done_at=now if is_done else None,
    )
    _write_consequences(followup, answers)
    return followup


@transaction.atomic
def undo(letter: Letter, by: User, version: int) -> FollowUp:
    """Back to undecided; the decision stays in the history, and its answers can be fetched from there."""
    followup = _locked_at(letter, version)
    if not duties.may_decide(by, followup.letter):
        raise NotPossible("Kun afsenderen og lederen kan fortryde.")
    _advance(followup, Kind.UNDONE, by, **UNDECIDED)
    followup.consequences.all().delete()
    return followup


@transaction.atomic
def mark_done(letter: Letter, by: User, version: int) -> FollowUp:
    """The letter that was decided on has now been sent."""
    followup = _locked_at(letter, version)
    if not duties.may_decide(by, followup.letter):
        raise NotPossible("Kun afsenderen og lederen kan skrive, at brevet er sendt.")
    _advance(followup, Kind.DONE, by, status=Status.DONE, done_at=timezone.now())
    return followup


@transaction.atomic
def confirm_one(letter: Letter, by: User, version: int) -> FollowUp:
    """The leader confirms the decision she has just read, and no later one."""
    followup = _locked_at(letter, version)
    for _, refusal in confirm([letter], by).skipped:
        raise NotPossible(refusal)
    return followup


# --- Many letters -------------------------------------------------------------------------------------------------


@transaction.atomic
def confirm(letters: Iterable[Letter], by: User) -> Outcome:
    """The leader has seen the decisions and stands by them. What cannot be confirmed is left alone, with the reason."""
    followups = _locked([letter.pk for letter in letters])
    skipped, sound = [], []
    for followup in followups:
        refusal = _why_not_confirm(followup, by)
        if refusal:
            skipped.append((followup.letter, refusal))
        else:
            sound.append(followup)
    _advance_many(sound, Kind.CONFIRMED, by, status=Status.CONFIRMED, confirmed_by=by, confirmed_at=timezone.now())
    return Outcome(done=len(sound), skipped=skipped)


def _why_not_confirm(followup: FollowUp, by: User) -> str:
    if followup.letter.sender_id == by.pk:
        return "Du har selv sendt brevet. En anden leder skal bekræfte det."
    if not duties.may_confirm(by, followup.letter):
        return "Kun lederen kan bekræfte."
    return "" if followup.status in POSSIBLE_FROM[Kind.CONFIRMED] else REFUSALS[Status(followup.status)]


# --- Help ---------------------------------------------------------------------------------------------------------


def _ask_for_help(followup: FollowUp, answers: Answers, by: User) -> FollowUp:
    if followup.escalations.unresolved().exists():
        raise NotPossible("Du har allerede spurgt om det brev. Vent på svaret, eller skriv til supporten.")
    desk = Escalation.Desk.HR if followup.letter.is_personnel_case else Escalation.Desk.DIT
    escalation = Escalation.objects.create(followup=followup, desk=desk, raised_by=by)
    escalation.entries.create(kind=EscalationEntry.Kind.QUESTION, text=answers.question, by=by)
    _advance(followup, Kind.HELP_ASKED, by, {"question": answers.question}, **UNDECIDED)
    followup.consequences.all().delete()
    return followup


@transaction.atomic
def take(escalation: Escalation, by: User) -> Escalation:
    """Somebody at the desk makes it theirs. Two at once: the second is told who was first."""
    escalation = _locked_escalation(escalation)
    if escalation.resolved_at:
        raise NotPossible("Sagen er allerede løst.")
    if escalation.owner_id not in (None, by.pk):
        raise NotPossible(f"{escalation.owner} har allerede taget sagen.")
    escalation.owner, escalation.taken_at = by, escalation.taken_at or timezone.now()
    escalation.save(update_fields=["owner", "taken_at"])
    return escalation


@transaction.atomic
def release(escalation: Escalation, by: User) -> Escalation:
    """Back in the queue, so that somebody else can take it."""
    escalation = _locked_escalation(escalation)
    _must_own(escalation, by)
    escalation.owner = escalation.taken_at = None
    escalation.save(update_fields=["owner", "taken_at"])
    return escalation


@transaction.atomic
def note(escalation: Escalation, text: str, by: User) -> EscalationEntry:
    """For the desk alone."""
    escalation = _locked_escalation(escalation)
    return escalation.entries.create(kind=EscalationEntry.Kind.NOTE, text=text, by=by)


@transaction.atomic
def answer(escalation: Escalation, text: str, by: User, *, resolves: bool = True) -> EscalationEntry:
    """The desk's answer; it stands on the letter, and the ball goes back to the sender when it resolves."""
    escalation = _locked_escalation(escalation)
    _must_own(escalation, by)
    entry = escalation.entries.create(kind=EscalationEntry.Kind.ANSWER, text=text, by=by)
    if resolves:
        escalation.resolved_at = timezone.now()
        escalation.save(update_fields=["resolved_at"])
    followup = _locked([escalation.followup.letter_id])[0]
    _advance(followup, Kind.HELP_ANSWERED, by, {"answer": text})
    return entry


def _must_own(escalation: Escalation, by: User) -> None:
    if escalation.resolved_at:
        raise NotPossible("Sagen er allerede løst.")
    if escalation.owner_id != by.pk:
        raise NotPossible("Tag sagen, før du svarer.")


def _locked_escalation(escalation: Escalation) -> Escalation:
    return Escalation.objects.select_for_update(of=("self",)).select_related("followup", "owner").get(pk=escalation.pk)


# --- How a follow-up moves ----------------------------------------------------------------------------------------


def _locked(letter_ids: list[int]) -> list[FollowUp]:
    """The follow-ups of these letters, locked in order of their ids so that two bulk acts cannot lock each other."""
    return list(
        FollowUp.objects.select_for_update(of=("self",))
        .select_related("letter__unit", "letter__sender", "letter__leader", "decided_by")
        .filter(letter_id__in=letter_ids)
        .order_by("pk")
    )


def _locked_at(letter: Letter, version: int) -> FollowUp:
    followup = _locked([letter.pk])[0]
    if followup.version != version:
        raise Stale(followup)
    return followup


def _advance(followup: FollowUp, kind: str, by: User, answers: dict[str, Any] | None = None, **fields: Any) -> None:
    if followup.status not in POSSIBLE_FROM[kind]:
        raise NotPossible(REFUSALS[Status(followup.status)])
    _advance_many([followup], kind, by, answers, **fields)


def _advance_many(
    followups: list[FollowUp], kind: str, by: User, answers: dict[str, Any] | None = None, **fields: Any
) -> None:
    """Set the fields, count the version up and write the ledger: three statements, however many letters."""
    for followup in followups:
        followup.version += 1
        for name, value in fields.items():
            setattr(followup, name, value)
    FollowUp.objects.bulk_update(followups, ["version", *fields], batch_size=1000)
    Decision.objects.bulk_create(
        Decision(
            followup=followup,
            kind=kind,
            version=followup.version,
            answers=answers or {},
            by=by,
            on_behalf_of=_on_behalf_of(followup.letter, kind, by),
        )
        for followup in followups
    )


def _on_behalf_of(letter: Letter, kind: str, by: User) -> User | None:
    speaks_for_sender = kind in (Kind.DECIDED, Kind.UNDONE, Kind.DONE, Kind.HELP_ASKED)
    return letter.sender if speaks_for_sender and letter.sender_id != by.pk else None


def _write_consequences(followup: FollowUp, answers: Answers) -> None:
    followup.consequences.all().delete()
    if answers.consequence_review == FollowUp.ConsequenceReview.FOUND:
        Consequence.objects.bulk_create(
            Consequence(
                followup=followup,
                party=party,
                severity=answers.severity,
                text=answers.consequence_text,
                amount=answers.amount,
            )
            for party in answers.parties
        )
