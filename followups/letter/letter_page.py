"""The page of a letter as one reader sees it: facts, where it stands, whose turn it is, and help."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Max, Subquery
from django.urls import reverse

from followups import ball, deadlines, duties, sending_back, services, urgency
from followups.answers import Answers
from followups.arriving import recording, standing
from followups.drafts import texts as drafts
from followups.letter import classifying, dating, finding, history, original
from followups.letter.on_record import OnRecordForm
from followups.letter.retelling import Row, retold
from followups.letter.sayings import HandledForm, HandToHrForm, QuestionForm, Saying, UpholdForm
from followups.mine import worklist
from followups.models import Decision, Escalation, EscalationEntry, FollowUp
from followups.models.followup import will_owe_record
from letters.models import Letter, LetterChange
from sepo_incident.accounts.models import Membership, User
from sepo_incident.whole import whole

Kind, Status = Decision.Kind, FollowUp.Status


class Back(NamedTuple):
    label: str
    url: str


def may_decide(reader: User, letter: Letter) -> bool:
    """Whose duty it is, and only who may read the letter: nobody decides about a hidden subject."""
    return letter.may_be_read and letter.withdrawn_at is None and duties.may_decide(reader, letter)


def may_decide_now(reader: User, letter: Letter, fetched: Answers | None) -> bool:
    """Is the form shown? For an undecided letter, or to change a decision."""
    followup = followup_of(letter)
    is_asked = followup is not None and (followup.is_open or fetched is not None)
    return is_asked and may_decide(reader, letter)


def context(letter: Letter, reader: User, came_from: str = "") -> dict[str, Any]:
    """What the page shows, but for the form. ``came_from`` is the board's address. A constant number of queries."""
    followup = followup_of(letter)
    letter.arrival = arrival_of(followup) if followup else None  # type: ignore[attr-defined]
    decision = last_decision(followup) if followup and not followup.is_open else None
    escalation = last_escalation(followup) if followup else None
    said = sayings(letter, reader)
    lacks = services.lacks_answer(followup) if followup and letter.may_be_read else ""
    turn = ball.of(letter, escalation)
    decides = may_decide(reader, letter)
    return {
        "letter": letter,
        "followup": followup,
        "is_own": letter.sender_id == reader.pk,
        "ball": turn and turn.said_to(reader),
        "is_passed_on": bool(turn and turn.is_passed_on),
        "arrival": letter.arrival,  # type: ignore[attr-defined]
        "may_say_arrived": decides,
        "is_confirmed": followup is not None and followup.status == Status.CONFIRMED,
        "is_to_send": followup is not None and followup.status == Status.DECIDED,
        "may_decide": decides,
        "who_confirms": duties.who_confirms(letter),
        "waiting": waiting_after(letter, reader) if decision else [],
        "due_origin": urgency.origin(followup, urgency.clock_of(letter)) if followup and letter.may_be_read else None,
        "date_form": dating.form_for(letter, reader),
        "may_confirm": QuestionForm.name in said and not lacks,
        "lacks_answer": lacks if letter.withdrawn_at is None else "",
        "withdrawal": withdrawal_of(letter),
        "may_take_up": Membership.Role.KIT_ADMIN in reader.roles,
        "decision": decision,
        "correction": correction_of(followup, letter, reader) if decision and followup else None,
        "sent_back": sending_back.of(followup) if followup and followup.status != Status.CONFIRMED else None,
        "corrected_at": corrected_since(followup) if followup and decision else None,
        "answers": rows_of(decision, letter) if decision else [],
        "escalation": escalation,
        "is_personnel_desk": letter.is_personnel_case and Membership.Role.HR in reader.roles,
        "is_at_desk": escalation is not None and is_at_desk(reader, escalation),
        "turn": worklist.turn(letter, reader) if followup and decides and not is_guest(reader, letter) else None,
        "classify_form": classifying.form_for(letter, reader),
        "events": history.of(letter, reader),
        "back": back(letter, reader, came_from),
        **said,
        **original.context(followup, may_decide=decides, may_be_read=letter.may_be_read),
        **help_with(letter),
    }


def arrival_of(followup: FollowUp) -> standing.Standing | None:
    """How it stands with the arrival. One query, and none for an undecided letter."""
    if followup.is_open:
        return None
    return standing.of(followup, recording.newest_of(followup), deadlines.today())


def sayings(letter: Letter, reader: User) -> dict[str, Saying | OnRecordForm]:
    """The forms for what the reader may say now about the decision, by their names."""
    followup = followup_of(letter)
    if followup is None or letter.withdrawn_at:
        return {}
    confirms, decides = duties.may_confirm(reader, letter), may_decide(reader, letter)
    asked: dict[type[Saying | OnRecordForm], bool] = {
        QuestionForm: confirms and followup.status == Status.DONE,
        UpholdForm: decides and followup.is_sent_back,
        HandToHrForm: may_hand_to_hr_now(reader, letter),
        OnRecordForm: decides and followup.status in OnRecordForm.ASKED_OF and will_owe_record(followup),
        HandledForm: decides and followup.is_review_open and followup.status != Status.CONFIRMED,
    }
    return {form.name: form(followup) for form, is_asked in asked.items() if is_asked}


def may_hand_to_hr_now(reader: User, letter: Letter) -> bool:
    """A personnel case that nobody has decided about, and that is not Personalejura's already. One query for those."""
    followup = followup_of(letter)
    if followup is None or not followup.is_open or not letter.may_be_read:
        return False
    return duties.may_hand_to_hr(reader, letter) and not followup.escalations.handed_over().exists()


def is_guest(reader: User, letter: Letter) -> bool:
    """Does this reader decide about the letter alone, and not about the sender's others?"""
    return not duties.leads(reader, letter) and duties.is_handed_to(reader, letter)


def waiting_after(letter: Letter, reader: User) -> list[int]:
    """For who confirms this letter: the others that wait for their confirmation, the longest waiting first."""
    if not duties.may_confirm(reader, letter):
        return []
    return list(duties.waiting_for(reader, letter.incident).exclude(pk=letter.pk).values_list("pk", flat=True))


def followup_of(letter: Letter) -> FollowUp | None:
    return getattr(letter, "followup", None)


def passed_on(letter: Letter) -> date | None:
    """The date in the letter itself, when it has passed."""
    followup = followup_of(letter)
    due_on = followup.due_on if followup else None
    return due_on if due_on and deadlines.is_overdue(due_on, deadlines.today()) else None


def proposal(letter: Letter) -> urgency.Proposal | None:
    """A new deadline for a letter whose date has passed; ``None`` for others. One query."""
    passed = passed_on(letter)
    return urgency.proposed(urgency.clock_of(letter), letter, passed, deadlines.today()) if passed else None


def last_decision(followup: FollowUp) -> Decision | None:
    decided = followup.decisions.filter(kind=Kind.DECIDED)
    return decided.select_related("by", "on_behalf_of").order_by("-version").first()


def correction_of(followup: FollowUp, letter: Letter, reader: User) -> history.Event | None:
    """Why a decision that was confirmed waits to be confirmed again; ``None`` where none waits, or none was."""
    if followup.status == Status.CONFIRMED:
        return None
    corrected = followup.decisions.filter(kind=Kind.CORRECTED).select_related("by", "on_behalf_of")
    last = corrected.order_by("-version").first()
    return history.Event(last.at, history.sentence(last, reader, may_read=letter.may_be_read)) if last else None


def withdrawal_of(letter: Letter) -> LetterChange | None:
    """Who withdrew the letter, and why; ``None`` for one that stands."""
    if letter.withdrawn_at is None:
        return None
    return letter.changes.filter(kind=LetterChange.Kind.WITHDRAWN).select_related("by").order_by("pk").last()


def corrected_since(followup: FollowUp) -> datetime | None:
    """When a list last corrected the letter, if nobody has decided, sent or confirmed anything since."""
    last = followup.decisions.order_by("-version").values("at")[:1]
    later = followup.letter.changes.filter(kind=LetterChange.Kind.CHANGED, at__gt=Subquery(last))
    return later.aggregate(at=Max("at"))["at"]


def answers_to_fetch(letter: Letter, version: str) -> Answers | None:
    """The answers of an earlier decision about this letter; ``None`` when there is no such."""
    followup = followup_of(letter)
    number = whole(version)
    if followup is None or number is None:
        return None
    found = list(followup.decisions.filter(kind=Kind.DECIDED, version__gte=number).order_by("version")[:2])
    if not found or found[0].version != number:
        return None
    stands = not followup.is_open and len(found) == 1
    return as_it_stands(found[0], followup) if stands else Answers.from_json(found[0].answers)


def as_it_stands(decision: Decision, followup: FollowUp) -> Answers:
    """The answers of the decision that counts now, with what was done since: it was sent, put on record, harm was seen
    to."""
    answers = Answers.from_json(decision.answers)
    return replace(
        answers,
        is_sent=followup.done_at is not None and answers.remedy != FollowUp.Remedy.NO_DISPATCH,
        is_handled=followup.handled_at is not None,
        handled_text=followup.handled_text,
        is_journalised=followup.is_journalised,
        record_number=followup.record_number,
        no_record_reason=followup.no_record_reason,
    )


def newest(followup: FollowUp) -> Decision | None:
    """The last that happened, whatever it was: what the second of two deciders is shown."""
    return followup.decisions.select_related("by", "on_behalf_of").order_by("-version").first()


def is_repeat(followup: FollowUp, answers: Answers, by: User) -> bool:
    """Has this person just saved exactly this? A double click is no conflict."""
    last = newest(followup)
    if last is None:
        return False
    if last.by_id != by.pk:
        return False
    if answers.asks_for_help:
        return last.kind == Kind.HELP_ASKED and last.answers["question"] == answers.question
    return last.kind == Kind.DECIDED and last.answers == answers.as_json()


def has_just(followup: FollowUp, kind: str, by: User, seen: int) -> bool:
    """Is that act, by this person and on what they had before them, the last that happened? Again a double click."""
    last = newest(followup)
    return last is not None and (last.kind, last.by_id, last.version) == (kind, by.pk, seen + 1)


def rows_of(decision: Decision, letter: Letter) -> list[Row]:
    """What was answered; nothing for an act that answers nothing."""
    if decision.kind != Kind.DECIDED:
        return []
    followup = followup_of(letter)
    if followup and not followup.is_open:
        return retold(as_it_stands(decision, followup), letter)
    return retold(Answers.from_json(decision.answers), letter)


def last_escalation(followup: FollowUp) -> Escalation | None:
    """The last question about the letter: what was asked last (``question``), the ``answers`` since, and what stood
    ``before``; never the desk's own notes."""
    escalation = followup.escalations.select_related("owner", "raised_by").order_by("-pk").first()
    if escalation:
        shown = [EscalationEntry.Kind.QUESTION, EscalationEntry.Kind.ANSWER]
        entries = list(escalation.entries.filter(kind__in=shown).select_related("by"))
        asked_last = max((n for n, entry in enumerate(entries) if entry.kind == shown[0]), default=0)
        escalation.before = entries[:asked_last]  # type: ignore[attr-defined]
        escalation.question = entries[asked_last] if entries else None  # type: ignore[attr-defined]
        escalation.answers = entries[asked_last + 1 :]  # type: ignore[attr-defined]
    return escalation


def is_at_desk(reader: User, escalation: Escalation) -> bool:
    """Is the reader one of those who are asked?"""
    return Escalation.DESK_ROLES[Escalation.Desk(escalation.desk)] in reader.roles


def back(letter: Letter, reader: User, came_from: str = "") -> Back:
    """Where the reader came from, or most likely did: their own letters, or the board of the letter's unit."""
    if came_from:
        return Back("Tilbage til listen", f"{came_from}#breve")
    if letter.sender_id == reader.pk:
        return Back("Mine breve", reverse("my_letters"))
    if letter.unit and not set(letter.unit.lineage).isdisjoint(reader.membership_unit_ids):
        return Back(letter.unit.name, reverse("board", args=[letter.unit.pk]))
    return Back("Forsiden", reverse("home"))


def help_with(letter: Letter) -> dict[str, Any]:
    """Texts to copy; nothing that a reader may not read. One query."""
    if not letter.may_be_read:
        return {}
    return {"search_text": finding.search_text(letter), "drafts": drafts.of_letter(letter)}
