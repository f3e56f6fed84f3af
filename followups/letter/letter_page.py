"""Read model of the letter page: facts, status, responsible person, history, forms and help texts for one reader."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Max, Subquery

from followups import services
from followups.decision_form import initial_from_answers
from followups.decision_questions import AnswerRow, summarize_decision
from followups.drafts import recipient_texts as drafts
from followups.letter import forms, history, letter_navigation
from followups.models import Decision, Escalation, EscalationEntry, FollowUp, LetterRow
from followups.models.answers import DecisionAnswers, DeletionAnswer
from followups.models.followup import followup_of
from followups.rules import due_dates, letter_state, responsibility, rights
from followups.services.state_machine import TRANSITIONS
from letters.models import Letter, LetterChange
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core import calendar, cpr, danish
from sepo_incident.core.forms import parse_int

Kind, Status = Decision.Kind, FollowUp.Status


def may_decide_now(letter: Letter) -> bool:
    """Return whether the reader may decide about the letter now.

    The letter is fetched by `views.get_letter`, which brings the reader's rights.
    """
    return letter.accepts_changes and rights.rights_from(letter).decide


def letter_page_context(letter: LetterRow, reader: User, came_from: str = "") -> dict[str, Any]:
    """Return the template context of the letter page, except the decision form.

    `came_from` is the address of the board that the reader came from, or "". The number of queries is constant.
    """
    followup = followup_of(letter)
    decision = last_decision(followup) if followup and not followup.is_open else None
    escalation = escalation_about(followup) if followup and letter.has_escalation else None
    responsible = responsibility.responsible_for(letter, escalation)
    missing_answer = services.explain_missing_answer(followup) if followup and letter.reader_may_read else ""
    decides = may_decide_now(letter)
    letter_forms = forms.letter_forms(letter, reader, may_decide=decides)
    may_confirm = forms.SendBackForm.name in letter_forms and not missing_answer
    changed_at = changed_by_list_at(followup) if followup and decision else None
    events = history.letter_events(letter, reader)
    return {
        "letter": letter,
        "followup": followup,
        "is_own": letter.sender_id == reader.pk,
        "has_mail": letter.sender_id == reader.pk and letter.first_sender in (None, reader),
        "awaits_opening": awaits_opening(letter, reader),
        "responsible_label": responsible and responsible.label_for(reader),
        "is_delegated": bool(responsible and responsible.is_delegated),
        "arrival": letter.arrival,
        "may_report_arrival": decides,
        "is_confirmed": followup is not None and followup.status == Status.CONFIRMED,
        "is_to_send": followup is not None and followup.status == Status.DECIDED,
        "may_decide": decides,
        "who_confirms": rights.confirmer_label(letter),
        "due_origin": due_dates.explain_due_date(followup) if followup and letter.reader_may_read else None,
        "may_confirm": may_confirm,
        "lacks_answer": missing_answer if letter.withdrawn_at is None else "",
        "withdrawal": withdrawal_of(letter),
        "may_reinstate": Membership.Role.KIT_ADMIN in reader.roles,
        "decision": decision,
        "correction": last_correction(followup, letter, reader) if decision and followup else None,
        "sent_back": letter_state.leader_question_on(followup)
        if followup and followup.status != Status.CONFIRMED
        else None,
        "changed_by_list_at": changed_at,
        "answers": decision_rows(decision, letter) if decision else [],
        "escalation": escalation,
        "conversation": conversation_about(escalation) if escalation else None,
        "is_personnel_desk": letter.is_personnel_case and Membership.Role.HR in reader.roles,
        "is_at_desk": escalation is not None and is_desk_member(reader, escalation),
        "events": events,
        "opens_history": not (decides or may_confirm) or changed_at or any(event.undoes for event in events),
        "drafts": drafts.drafts_for_letter(letter) if letter.reader_may_read else [],
        **letter_forms,
        **letter_navigation.navigation_context(letter, reader, came_from, may_decide=decides),
        **original_mail_context(letter, may_decide=decides),
    }


def awaits_opening(letter: Letter, reader: User) -> bool:
    """Tell whether Personalejura must open the personnel case before its sender or leader, the reader, may read it."""
    is_owner = reader.viewer is None and reader.pk in (letter.sender_id, letter.leader_id)
    return is_owner and not letter.reader_may_read and letter.accepts_changes


def new_deadline_proposal(letter: Letter) -> due_dates.DeadlineProposal | None:
    """Return a proposed new deadline for a letter whose due date has passed, or None. One query."""
    today = calendar.today()
    passed = due_dates.passed_due_date(letter, today)
    return (
        due_dates.propose_new_deadline(due_dates.deadline_rule_for(letter), letter, passed, today) if passed else None
    )


def last_decision(followup: FollowUp) -> Decision | None:
    decided = followup.decisions.filter(kind=Kind.DECIDED)
    return decided.select_related("by", "on_behalf_of").order_by("-version").first()


def last_correction(followup: FollowUp, letter: Letter, reader: User) -> history.HistoryEvent | None:
    """Return the history line of the last correction while the decision awaits a new confirmation, or None."""
    if followup.status == Status.CONFIRMED:
        return None
    corrected = followup.decisions.filter(kind=Kind.CORRECTED).select_related("by", "on_behalf_of")
    last = corrected.order_by("-version").first()
    return (
        history.HistoryEvent(last.at, history.decision_sentence(last, reader, may_read=letter.reader_may_read))
        if last
        else None
    )


def withdrawal_of(letter: Letter) -> LetterChange | None:
    """Return the change that withdrew the letter, or None for a letter that is not withdrawn."""
    if letter.withdrawn_at is None:
        return None
    return letter.changes.filter(kind=LetterChange.Kind.WITHDRAWN).select_related("by").order_by("pk").last()


def changed_by_list_at(followup: FollowUp) -> datetime | None:
    """Return the time of the last change of the letter by an import batch, or None if the follow-up was changed
    later.
    """
    last = followup.decisions.order_by("-version").values("at")[:1]
    later = followup.letter.changes.filter(kind=LetterChange.Kind.CHANGED, at__gt=Subquery(last))
    return later.aggregate(at=Max("at"))["at"]


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


class SameAgain(NamedTuple):
    """A decision offered again for the next letter: rows of a summary, and fields of the form."""

    rows: list[AnswerRow]
    fields: list[tuple[str, Any]]


def same_again(letter: LetterRow, before: Letter) -> SameAgain | None:
    """Return the decision about the letter saved just before, or None if `letter` needs other answers. One query.

    A personnel case, a passed date and a missing original need other answers. A decision with a date, a reason, a
    number or a consequence is not offered, and neither is the decision about a letter that is open again.
    """
    if not letter.accepts_bulk_decision or not letter.followup.is_open or letter.followup.is_original_gone:
        return None
    decision = None if before.followup.is_open else last_decision(before.followup)
    if decision is None or before.incident_id != letter.incident_id:
        return None
    answers, review = DecisionAnswers.from_json(decision.answers), FollowUp.ConsequenceReview.NONE
    if answers != DecisionAnswers(answers.remedy, answers.is_sent, deadline_missed=False, consequence_review=review):
        return None
    fields = [(name, value) for name, value in initial_from_answers(answers).items() if value]
    return SameAgain(summarize_decision(answers, letter), fields)


def escalation_about(followup: FollowUp) -> Escalation | None:
    return Escalation.objects.select_related("owner", "raised_by").filter(followup=followup).first()


class Conversation(NamedTuple):
    """The last question of an escalation, the entries before it, and the answers. Without the desk's own notes."""

    before: list[EscalationEntry]
    question: EscalationEntry | None
    answers: list[EscalationEntry]


def conversation_about(escalation: Escalation) -> Conversation:
    shown = [EscalationEntry.Kind.QUESTION, EscalationEntry.Kind.ANSWER]
    entries = list(escalation.entries.filter(kind__in=shown).select_related("by"))
    asked_last = max((n for n, entry in enumerate(entries) if entry.kind == shown[0]), default=0)
    return Conversation(entries[:asked_last], entries[asked_last] if entries else None, entries[asked_last + 1 :])


def is_desk_member(reader: User, escalation: Escalation) -> bool:
    """Return whether the reader holds the role of the desk that the escalation lies with."""
    return Escalation.DESK_ROLES[Escalation.Desk(escalation.desk)] in reader.roles


#: Characters that cannot stand between the quotation marks of a search: any quotation mark ends the text, stars and
#: question marks are wildcards, a backslash hides the next character. A masked CPR number is not in the mail.
UNSEARCHABLE = re.compile(rf'["\u201c-\u201f\u2033\uff02»«*?\\]|{re.escape(cpr.MASK)}')
#: A longer text is no more exact, and a search field has a limit.
MAX_SEARCH_LENGTH = 100


def original_mail_context(letter: Letter, *, may_decide: bool) -> dict[str, Any]:
    """Return the template context about the original mail. One query if the original is missing.

    `search_text` finds the mail in Outlook. `original_gone` is the row of the append-only table that says that the
    original is missing, or None. `may_say_original` is whether the reader may say now that the mail is missing or
    found. Empty if the reader may not read the letter.
    """
    followup = followup_of(letter)
    if not letter.reader_may_read:
        return {}
    if followup is None:
        return {"search_text": outlook_search_text(letter)}
    rows = followup.decisions.filter(kind=Kind.ORIGINAL_GONE).select_related("by").order_by("-version")
    return {
        "search_text": outlook_search_text(letter),
        "original_gone": rows.first() if followup.is_original_gone else None,
        "may_say_original": may_decide and followup.status in TRANSITIONS[Kind.ORIGINAL_GONE],
    }


def outlook_search_text(letter: Letter) -> str:
    """Return a search text for a Danish Outlook: «emne:"Partshøring" sendt:18-12-2019», or only the date.

    Of a subject with characters that a search cannot hold, the longest piece between them is used.
    """
    sent = f"sendt:{danish.local_time(letter.sent_at):%d-%m-%Y}"
    piece = max(map(_searchable_words, UNSEARCHABLE.split(letter.subject)), key=len)
    return f'emne:"{piece}" {sent}' if piece else sent


def _searchable_words(piece: str) -> str:
    """Return the piece on one line, cut between words; "" without letters or digits, which no search finds."""
    line = " ".join(piece.split()).strip(" ,.:;-–")
    if len(line) > MAX_SEARCH_LENGTH:
        line = line[: MAX_SEARCH_LENGTH + 1].rpartition(" ")[0]
    return line if any(map(str.isalnum, line)) else ""
