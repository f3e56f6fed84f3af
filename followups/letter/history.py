"""What happened to a letter, as Danish sentences, newest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from followups.arriving import retelling as arriving
from followups.models import Decision, EscalationEntry, FollowUp
from letters import retelling
from letters.models import Letter, LetterChange
from sepo_incident import danish
from sepo_incident.accounts.models import User, Viewing

Kind = Decision.Kind

REMEDY_WORDS = {
    FollowUp.Remedy.RESEND: " at sende det samme brev igen",
    FollowUp.Remedy.NEW_LETTER: " at skrive et nyt brev",
    FollowUp.Remedy.NO_DISPATCH: ", at brevet ikke skal sendes igen",
}
SENTENCES: dict[str, Callable[[Decision], str]] = {
    Kind.DECIDED: lambda d: f"besluttede{REMEDY_WORDS[d.answers['remedy']]}{_with_others(d)}.",
    Kind.UNDONE: lambda d: f"fortrød beslutningen{_with_others(d)}.",
    Kind.DONE: lambda d: f"skrev, at brevet er sendt{_on_record(d.answers, ', og at')}.",
    Kind.RECORDED: lambda d: f"skrev{_on_record(d.answers, ', at')}.",
    Kind.HANDLED: lambda d: f"skrev om følgerne: »{d.answers['handled_text']}«",
    Kind.SENT_BACK: lambda d: f"sendte brevet tilbage: »{d.answers['question']}«",
    Kind.UPHELD: lambda d: f"fastholdt beslutningen: »{d.answers['answer']}«",
    Kind.CONFIRMED: lambda d: "bekræftede beslutningen.",
    Kind.CORRECTED: lambda d: f"rettede en bekræftet beslutning: »{d.answers['reason']}«",
    Kind.DATE_SET: lambda d: _date_set(was=d.before.get("due_on", d.answers["due_on"]), **d.answers),
    Kind.ORIGINAL_GONE: lambda d: "skrev, at originalen ikke findes.",
    Kind.ORIGINAL_FOUND: lambda d: "skrev, at originalen er fundet.",
    Kind.NOT_ARRIVED: lambda d: "åbnede brevet igen, for det skal sendes en gang til.",
    Kind.HANDED_TO_HR: lambda d: f"overdrog brevet til Personalejura og Forhandling: »{d.answers['question']}«",
    Kind.HELP_ASKED: lambda d: (
        f"{'svarede' if d.answers.get('is_reply') else 'bad om hjælp'}: »{d.answers['question']}«"
    ),
    Kind.HELP_ANSWERED: lambda d: f"{'spurgte' if d.answers.get('asks_back') else 'svarede'}: »{d.answers['answer']}«",
}

#: the same without what was typed, for those who may not read the letter
WITHOUT_WORDS: dict[str, str] = {
    Kind.DONE: "skrev, at brevet er sendt.",
    Kind.RECORDED: "skrev mere om beslutningen.",
    Kind.HANDLED: "skrev mere om beslutningen.",
    Kind.SENT_BACK: "sendte brevet tilbage.",
    Kind.UPHELD: "fastholdt beslutningen.",
    Kind.CORRECTED: "rettede en bekræftet beslutning.",
    Kind.HANDED_TO_HR: "overdrog brevet til Personalejura og Forhandling.",
    Kind.HELP_ASKED: "bad om hjælp.",
    Kind.HELP_ANSWERED: "skrev om spørgsmålet.",
    Kind.DATE_SET: "rettede en dato.",
    Kind.ORIGINAL_GONE: "skrev mere om brevet.",
    Kind.ORIGINAL_FOUND: "skrev mere om brevet.",
}


@dataclass(frozen=True)
class Event:
    """One line of the history. ``undoes`` is the version of the decision that it took back, so it can be fetched."""

    at: datetime
    text: str
    undoes: int | None = None


def of(letter: Letter, reader: User | None) -> list[Event]:
    """The letter's life: sent, taken in from the list, what later lists made of it, every decision, and who at a desk
    has had its question. ``reader`` is «Du»; None where it is read by nobody in particular.

    At most five queries, two more where a desk was asked, and one where somebody has decided.
    """
    followup = getattr(letter, "followup", None)
    events = [
        Event(letter.sent_at, f"{_who(letter.sender, letter.sender_name, reader)} sendte brevet. Det kom aldrig frem.")
    ]
    if letter.batch.committed_at:
        row = f" ({letter.batch.where(letter.batch_sheet, letter.batch_row)})" if letter.batch_row else ""
        events.append(Event(letter.batch.committed_at, f"Koncern IT indlæste brevet fra listen{row}."))
    changes = list(letter.changes.select_related("by"))
    for change, said in retelling.retold(changes, letter):
        events.append(Event(change.at, f"{_who_changed(change, reader)} {said}"))
    if followup:
        decisions = list(followup.decisions.select_related("by", "on_behalf_of").with_others().order_by("version"))
        events += _decided(decisions, reader, may_read=letter.may_be_read)
        if any(decision.kind in (Kind.HELP_ASKED, Kind.HANDED_TO_HR) for decision in decisions):
            events += _asked(followup, reader)
            events += _viewed(followup, reader)
        if any(decision.kind == Kind.DECIDED for decision in decisions):
            events += _arrived(followup, reader, may_read=letter.may_be_read)
    return sorted(events, key=lambda event: event.at, reverse=True)


def _decided(decisions: list[Decision], reader: User | None, *, may_read: bool) -> list[Event]:
    events, last = [], None
    for decision in decisions:
        last = decision.version if decision.kind == Kind.DECIDED else last
        undoes = last if decision.kind == Kind.UNDONE else None
        events.append(Event(decision.at, sentence(decision, reader, may_read=may_read), undoes))
    return events


def _asked(followup: FollowUp, reader: User | None) -> list[Event]:
    """Whose the question was, and when; what was written stands among the decisions, and notes stay at the desk."""
    acts = EscalationEntry.objects.filter(escalation__followup=followup, kind__in=EscalationEntry.ACTS)
    return [
        Event(entry.at, f"{_who(entry.by, 'Systemet', reader)} {entry.act}")
        for entry in acts.select_related("by", "given_to")
    ]


def _viewed(followup: FollowUp, reader: User | None) -> list[Event]:
    """Who has seen the site as whoever asked did, to answer them."""
    seen = Viewing.objects.filter(question__in=followup.escalations.values("pk")).select_related("viewer", "person")
    return [Event(one.at, f"{_who(one.viewer, '', reader)} {_saw(one, reader)}") for one in seen]


def _saw(one: Viewing, reader: User | None) -> str:
    """«fra DIT så siden, som du ser den.»"""
    whose = "du" if reader and one.person_id == reader.pk else one.person.name
    return f"fra {one.get_role_display()} så siden, som {whose} ser den, for at kunne hjælpe."


def _arrived(followup: FollowUp, reader: User | None, *, may_read: bool) -> list[Event]:
    """What was said of whether it arrived."""
    said = followup.arrivals.select_related("by", "on_behalf_of", "takes_back", "taken_back")
    return [
        Event(one.at, f"{_who_for(one.by, one.on_behalf_of, reader)} {arriving.retold(one, may_read=may_read)}")
        for one in said
    ]


def sentence(decision: Decision, reader: User | None, *, may_read: bool = True) -> str:
    """«Du besluttede at sende det samme brev igen.»; on somebody's behalf it says whose.

    Without ``may_read`` (a personnel case) nothing is said that somebody typed.
    """
    who = _who_for(decision.by, decision.on_behalf_of, reader)
    kind = Kind(decision.kind)
    said = SENTENCES[kind](decision) if may_read or kind not in WITHOUT_WORDS else WITHOUT_WORDS[kind]
    return f"{who} {said}"


def _with_others(decision: Decision) -> str:
    """«, sammen med 37 andre breve», where it was done to many at once (``with_others``)."""
    others = getattr(decision, "others", None)
    return f", i samme omgang som {danish.count(others, 'andet brev', 'andre breve')}" if others else ""


def _on_record(answers: dict[str, str], that: str) -> str:
    """«, at ændringen er skrevet på sagen (2020-0000000)»; "" where nothing is said of it."""
    if number := answers.get("record_number"):
        return f"{that} ændringen er skrevet på sagen ({number})"
    if why := answers.get("no_record_reason"):
        return f"{that} ændringen ikke behøver at stå på sagen: »{why}«"
    return ""


def _date_set(due_on: str | None, was: str | None, *, is_set: bool) -> str:
    """Both dates as the ledger has them."""
    now, before = (danish.date(date.fromisoformat(day)) if day else "ingen" for day in (due_on, was))
    if is_set:
        return f"satte brevets frist til {now}. Før: {before}."
    return f"lod brevets frist følge emnet og reglerne igen: {now}. Før: {before}."


def _who_changed(change: LetterChange, reader: User | None) -> str:
    """A list is Koncern IT's word; what one person chose to do has that person's name."""
    if change.is_by_rules:
        return "Reglerne"
    is_a_lists_word = change.batch_id and change.kind != LetterChange.Kind.WITHDRAWN
    return "Koncern IT" if is_a_lists_word else _who(change.by, "Koncern IT", reader)


def _who_for(person: User, other: User | None, reader: User | None) -> str:
    who = _who(person, "", reader)
    return f"{who} (på vegne af {other.name})" if other else who


def _who(person: User | None, name: str, reader: User | None) -> str:
    if person is None:
        return name or "Afsenderen"
    return "Du" if reader and person.pk == reader.pk else person.name
