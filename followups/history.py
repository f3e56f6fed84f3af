"""What happened to a letter, as Danish sentences, newest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from followups.models import Decision, FollowUp
from letters.models import Letter
from sepo_incident.accounts.models import User

Kind = Decision.Kind

REMEDY_WORDS = {
    FollowUp.Remedy.RESEND: "at sende det samme brev igen",
    FollowUp.Remedy.NEW_LETTER: "at skrive et nyt brev",
    FollowUp.Remedy.NO_DISPATCH: "at brevet ikke skal sendes igen",
}
SENTENCES: dict[str, Callable[[Decision], str]] = {
    Kind.DECIDED: lambda d: f"besluttede {REMEDY_WORDS[d.answers['remedy']]}.",
    Kind.UNDONE: lambda d: "fortrød beslutningen.",
    Kind.DONE: lambda d: "skrev, at brevet er sendt.",
    Kind.CONFIRMED: lambda d: "bekræftede beslutningen.",
    Kind.HELP_ASKED: lambda d: f"bad om hjælp: »{d.answers['question']}«",
    Kind.HELP_ANSWERED: lambda d: f"svarede: »{d.answers['answer']}«",
}


@dataclass(frozen=True)
class Event:
    """One line of the history. ``tone`` "note" marks what only the desk sees."""

    at: datetime
    text: str
    tone: str = ""


def of(letter: Letter, reader: User) -> list[Event]:
    """The letter's life: sent, taken in from the list, opened, and every decision. Three queries."""
    followup = getattr(letter, "followup", None)
    events = [
        Event(letter.sent_at, f"{_who(letter.sender, letter.sender_name, reader)} sendte brevet. Det kom aldrig frem.")
    ]
    if letter.batch.committed_at:
        events.append(Event(letter.batch.committed_at, f"Koncern IT indlæste brevet fra listen{_row(letter)}."))
    if followup:
        events += [
            Event(decision.at, sentence(decision, reader))
            for decision in followup.decisions.select_related("by", "on_behalf_of")
        ]
    return sorted(events, key=lambda event: event.at, reverse=True)


def sentence(decision: Decision, reader: User) -> str:
    """«Du besluttede at sende det samme brev igen.»; on somebody's behalf it says whose."""
    who = _who(decision.by, "", reader)
    if decision.on_behalf_of:
        who = f"{who} (på vegne af {decision.on_behalf_of.name})"
    return f"{who} {SENTENCES[Kind(decision.kind)](decision)}"


def _who(person: User | None, name: str, reader: User) -> str:
    if person is None:
        return name or "Afsenderen"
    return "Du" if person.pk == reader.pk else person.name


def _row(letter: Letter) -> str:
    row = letter.rows.filter(batch=letter.batch).values_list("row", flat=True).first()
    return f" (række {row})" if row else ""
