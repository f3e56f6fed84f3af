"""The history of a letter as Danish sentences, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from followups.arrival import arrival_page
from followups.decision_questions import QUESTIONS, REMEDIES
from followups.models import Decision, Escalation, EscalationEntry, FollowUp
from followups.models.decision import DecisionWithOthers
from followups.models.followup import followup_of
from letters import change_sentences
from letters.models import Letter, LetterChange
from sepo_incident.accounts.models import EmailChange, Impersonation, User
from sepo_incident.core import danish
from sepo_incident.core.forms import DanishDateField

DecisionKind = Decision.Kind


def _sent_day(answers: dict[str, Any]) -> str:
    """Return « den 10. januar 2020» for a letter sent on an earlier day than it was marked as sent, else ""."""
    return f" den {danish.date(date.fromisoformat(answers['sent_on']))}" if answers.get("sent_on") else ""


def _answer_clause(answers: dict[str, str], conjunction: str) -> str:
    """Return for example «, at ændringen er journaliseret (2020-0000000)» about a row of the history.

    `conjunction` is the beginning, for example «, at». "" if no question with such a clause was answered.
    """
    for question in QUESTIONS:
        if question.history and (answer := answers.get(question.name)):
            is_date = isinstance(question.field, DanishDateField)
            said = danish.date(date.fromisoformat(answer)) if is_date else answer
            return f"{conjunction} {question.history.format(said)}"
    return ""


SENTENCES_BY_KIND: dict[str, Callable[[Decision], str]] = {
    DecisionKind.DECIDED: lambda d: f"besluttede{REMEDIES[d.answers['remedy']].history}.",
    DecisionKind.UNDONE: lambda d: "fortrød beslutningen.",
    DecisionKind.DONE: lambda d: (
        f"skrev, at brevet er sendt{_sent_day(d.answers)}{_answer_clause(d.answers, ', og at')}."
    ),
    DecisionKind.RECORDED: lambda d: f"skrev{_answer_clause(d.answers, ', at')}.",
    DecisionKind.DELETION: lambda d: f"skrev{_answer_clause(d.answers, ', at')}.",
    DecisionKind.HANDLED: lambda d: f"skrev om konsekvenserne: »{d.answers['handled_text']}«",
    DecisionKind.SENT_BACK: lambda d: f"sendte brevet tilbage: »{d.answers['question']}«",
    DecisionKind.UPHELD: lambda d: f"fastholdt beslutningen: »{d.answers['answer']}«",
    DecisionKind.CONFIRMED: lambda d: "bekræftede beslutningen.",
    DecisionKind.UNCONFIRMED: lambda d: "fortrød bekræftelsen.",
    DecisionKind.CORRECTED: lambda d: f"rettede en bekræftet beslutning: »{d.answers['reason']}«",
    DecisionKind.DATE_SET: lambda d: _due_date_clause(was=d.before.get("due_on", d.answers["due_on"]), **d.answers),
    DecisionKind.ORIGINAL_GONE: lambda d: "skrev, at originalen ikke findes.",
    DecisionKind.ORIGINAL_FOUND: lambda d: "skrev, at originalen er fundet.",
    DecisionKind.NOT_ARRIVED: lambda d: "åbnede brevet igen, så det kan sendes en gang til.",
    DecisionKind.HANDED_TO_HR: lambda d: f"overdrog brevet til Personalejura og Forhandling: »{d.answers['question']}«",
    DecisionKind.HELP_ASKED: lambda d: (
        f"{'svarede' if d.answers.get('is_reply') else 'bad om hjælp'}: »{d.answers['question']}«"
    ),
    DecisionKind.HELP_ANSWERED: lambda d: (
        f"{'spurgte' if d.answers.get('asks_back') else 'svarede'}: »{d.answers['answer']}«"
    ),
}

#: SENTENCES_BY_KIND without typed text, for readers who may not read the letter
SENTENCES_WITHOUT_TEXT: dict[str, str] = {
    DecisionKind.DONE: "skrev, at brevet er sendt.",
    DecisionKind.RECORDED: "skrev mere om beslutningen.",
    DecisionKind.DELETION: "skrev mere om beslutningen.",
    DecisionKind.HANDLED: "skrev mere om beslutningen.",
    DecisionKind.SENT_BACK: "sendte brevet tilbage.",
    DecisionKind.UPHELD: "fastholdt beslutningen.",
    DecisionKind.CORRECTED: "rettede en bekræftet beslutning.",
    DecisionKind.HANDED_TO_HR: "overdrog brevet til Personalejura og Forhandling.",
    DecisionKind.HELP_ASKED: "bad om hjælp.",
    DecisionKind.HELP_ANSWERED: "skrev om spørgsmålet.",
    DecisionKind.DATE_SET: "rettede en dato.",
    DecisionKind.ORIGINAL_GONE: "skrev mere om brevet.",
    DecisionKind.ORIGINAL_FOUND: "skrev mere om brevet.",
}


@dataclass(frozen=True)
class HistoryEvent:
    """A line of the history. `undoes`: version of the undone decision, whose answers can be fetched again."""

    at: datetime
    text: str
    undoes: int | None = None


def letter_events(letter: Letter, reader: User | None) -> list[HistoryEvent]:
    """Return the history of the letter, newest first.

    The history holds the sending, the import, changes by later lists, every decision, acts at a desk, impersonations,
    arrivals, and the corrected addresses of the people. `reader` is called «Du»; None if no particular person reads
    the history.

    At most seven queries; two more if a desk was asked, one more if a decision was made, or a handover.
    """
    followup = followup_of(letter)
    prefetch_related_objects([letter], Prefetch("changes", LetterChange.objects.select_related("by")))
    sender = _actor_name(letter.first_sender, letter.sender_name, reader)
    events = [HistoryEvent(letter.sent_at, f"{sender} sendte brevet. Det {letter.incident.fault.short}.")]
    if letter.batch.committed_at:
        row = f" ({letter.batch.where(letter.batch_sheet, letter.batch_row)})" if letter.batch_row else ""
        events.append(HistoryEvent(letter.batch.committed_at, f"Koncern IT indlæste brevet fra listen{row}."))
    changes = list(letter.changes.all())
    for change, sentence in change_sentences.describe_changes(changes, letter) if changes else []:
        events.append(HistoryEvent(change.at, f"{_changer_name(change, reader)} {sentence}"))
    events += _address_events(letter, followup, reader)
    if letter.is_personnel_case:
        events += _opening_events(letter, reader)
    if followup and followup.version:
        decisions = followup.acts
        events += _decision_events(decisions, reader, may_read=letter.reader_may_read)
        if any(decision.kind in (DecisionKind.HELP_ASKED, DecisionKind.HANDED_TO_HR) for decision in decisions):
            events += _escalation_events(followup, reader)
            events += _viewing_events(followup, reader)
        if any(decision.kind == DecisionKind.DECIDED for decision in decisions):
            events += _arrival_events(followup, reader, may_read=letter.reader_may_read)
    return sorted(events, key=lambda event: event.at, reverse=True)


def _address_events(letter: Letter, followup: FollowUp | None, reader: User | None) -> list[HistoryEvent]:
    """Return the corrected addresses of the sender, the leader and whoever decided, since the list came."""
    owners = [one for one in (letter.sender, letter.leader) if one]
    kept = {one.pk for one in owners if one.address_since and one.address_since <= letter.listed_at}
    people = {*(one.pk for one in owners), followup.decided_by_id if followup else None} - kept - {None}
    if not people:
        return []
    changes = EmailChange.objects.filter(user__in=people, at__gte=letter.listed_at).select_related("by", "user")
    return [
        HistoryEvent(one.at, f"{_actor_name(one.by, '', reader)} rettede mailadressen på {one.user.name}.")
        for one in changes
    ]


def _opening_events(letter: Letter, reader: User | None) -> list[HistoryEvent]:
    return [
        HistoryEvent(one.at, f"{_actor_name(one.by, '', reader)} åbnede personalesagen for {one.user.name}.")
        for one in letter.openings.select_related("by", "user")
    ]


def _decision_events(
    decisions: Iterable[DecisionWithOthers], reader: User | None, *, may_read: bool
) -> list[HistoryEvent]:
    events, last = [], None
    for decision in decisions:
        last = decision.version if decision.kind == DecisionKind.DECIDED else last
        undoes = last if decision.kind == DecisionKind.UNDONE else None
        sentence = decision_sentence(decision, reader, may_read=may_read, others=decision.others)
        events.append(HistoryEvent(decision.at, sentence, undoes))
    return events


def _escalation_events(followup: FollowUp, reader: User | None) -> list[HistoryEvent]:
    """Return who had the escalation, and when. Questions and answers are among the decisions."""
    acts = EscalationEntry.objects.filter(escalation__followup=followup, kind__in=EscalationEntry.ACT_SENTENCES)
    acts = acts.select_related("by", "given_to")
    return [HistoryEvent(act.at, f"{_actor_name(act.by, 'Systemet', reader)} {act.act}") for act in acts]


def _viewing_events(followup: FollowUp, reader: User | None) -> list[HistoryEvent]:
    events = []
    escalation = Escalation.objects.filter(followup=followup)
    viewings = Impersonation.objects.filter(question__in=escalation.values("pk"))
    for viewing in viewings.select_related("viewer", "person"):
        name = "du" if reader and viewing.person_id == reader.pk else viewing.person.name
        act = f"fra {viewing.get_role_display()} så siden, som {name} ser den, for at hjælpe."
        events.append(HistoryEvent(viewing.at, f"{_actor_name(viewing.viewer, '', reader)} {act}"))
    return events


def _arrival_events(followup: FollowUp, reader: User | None, *, may_read: bool) -> list[HistoryEvent]:
    events = []
    for arrival in followup.arrivals.select_related("by", "on_behalf_of", "takes_back", "taken_back"):
        who = _actor_with_principal(arrival.by, arrival.on_behalf_of, reader)
        sentence = arrival_page.arrival_sentence(arrival, may_read=may_read)
        events.append(HistoryEvent(arrival.at, f"{who} {sentence}"))
    return events


def decision_sentence(
    decision: Decision, reader: User | None, *, may_read: bool = True, others: int | None = None
) -> str:
    """Return the act as a sentence: «Du besluttede at sende det samme brev igen.», with «(på vegne af …)».

    Without `may_read` (a personnel case) the sentence leaves out every text that a person typed. With `others` it says
    «, sammen med 37 andre breve».
    """
    hides_text = not may_read and decision.kind in SENTENCES_WITHOUT_TEXT
    act = SENTENCES_WITHOUT_TEXT[decision.kind] if hides_text else SENTENCES_BY_KIND[decision.kind](decision)
    if others and decision.kind in (DecisionKind.DECIDED, DecisionKind.UNDONE):
        act = f"{act.removesuffix('.')}, sammen med {danish.count(others, 'andet brev', 'andre breve')}."
    return f"{_actor_with_principal(decision.by, decision.on_behalf_of, reader)} {act}"


def _due_date_clause(due_on: str | None, was: str | None, *, is_set: bool) -> str:
    """Return the clause about a changed due date. Both dates are ISO texts from the append-only table, or None."""
    now, before = (danish.date(date.fromisoformat(day)) if day else "ingen" for day in (due_on, was))
    if is_set:
        return f"satte brevets dato til {now}. Før: {before}."
    return f"valgte den automatiske dato igen: {now}. Før: {before}."


def _changer_name(change: LetterChange, reader: User | None) -> str:
    """Return who changed the letter: Koncern IT for a list, the person for a change or withdrawal by hand."""
    if change.is_by_rules:
        return "Reglerne"
    is_by_list = change.batch_id and change.kind != LetterChange.Kind.WITHDRAWN
    return (
        "Koncern IT" if is_by_list else _actor_name(change.by, "Koncern IT" if change.batch_id else "Systemet", reader)
    )


def _actor_with_principal(person: User | None, other: User | None, reader: User | None) -> str:
    who = _actor_name(person, "Systemet", reader)
    return f"{who} (på vegne af {other.name})" if other else who


def _actor_name(person: User | None, name: str, reader: User | None) -> str:
    if person is None:
        return name or "Afsenderen"
    return "Du" if reader and person.pk == reader.pk else person.name
