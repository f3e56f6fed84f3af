"""A letter's whole case as text that proves it: facts, decision, whether it arrived, files, and what happened.

The same for everybody who may read the letter, and the same bytes as long as nothing happens: no «Du», and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from followups.arriving import page, standing
from followups.letter import history, letter_page
from followups.letter.retelling import Row
from followups.models import Arrival
from letters.models import Letter
from sepo_incident import danish


class Dossier(NamedTuple):
    """``events`` are (moment, sentence), oldest first; ``files`` every file that was given, and not withdrawn or
    erased since."""

    letter: Letter
    facts: list[Row]
    decision: list[Row]
    events: list[tuple[datetime, str]]
    files: list[Arrival]


def of(letter: Letter) -> Dossier:
    """Of a letter that was fetched for a reader who may read it (``may_be_read``), with follow-up, unit, sender,
    leader, incident and batch. So many queries for each letter as its page has for its history, and two more."""
    followup = letter_page.followup_of(letter)
    decision = letter_page.last_decision(followup) if followup and not followup.is_open else None
    said = page.said_of(followup) if followup else []
    events = [(event.at, event.text) for event in reversed(history.of(letter, None))]
    return Dossier(
        letter,
        _facts(letter, said),
        letter_page.rows_of(decision, letter) if decision else [],
        events,
        [one for one in reversed(said) if page.has_file(one)],
    )


def _facts(letter: Letter, said: list[Arrival]) -> list[Row]:
    followup = letter_page.followup_of(letter)
    newest = next((one for one in said if page.counts(one)), None)
    # of what a state is called, the clock changes nothing
    arrival = standing.of(followup, newest, danish.day(letter.sent_at)) if followup else None
    return [
        Row("Brev-id", letter.source_ref),
        Row("Emne", letter.title),
        Row("Sendt", danish.capitalized(danish.moment(letter.sent_at))),
        Row("Modtager", letter.recipient_label),
        Row("Afsender", letter.sender.name if letter.sender else letter.sender_name or "Ikke fundet"),
        Row("Leder", letter.leader.name if letter.leader else letter.leader_name or "Ikke fundet"),
        Row("Enhed", letter.unit.name if letter.unit else "Ikke fundet"),
        Row("Hændelse", letter.incident.title),
        Row("Status", followup.LOOKS[followup.Status(followup.status)].label if followup else "Ikke åbnet"),
        Row("Kommet frem", _said_of(arrival)),
        *(
            [Row("Trukket tilbage", danish.capitalized(danish.moment(letter.withdrawn_at)))]
            if letter.withdrawn_at
            else []
        ),
    ]


def _said_of(arrival: standing.Standing | None) -> str:
    if arrival is None:
        return "Ikke sendt igen"
    if arrival.state == standing.State.ARRIVED and arrival.on:
        return f"Ja, den {danish.date(arrival.on)}"
    return arrival.look.label


def as_text(dossier: Dossier, parts: Iterable[tuple[str, str]]) -> str:
    """The dossier as a text file. ``parts`` are the other files of the pack that belong to it: (path, what it is)."""
    lines = [f"Bevispakke for brev {dossier.letter.source_ref}", ""]
    lines += [f"{row.question}: {row.answer}" for row in dossier.facts]
    lines += ["", "Beslutningen", *(f"{row.question}: {row.answer}" for row in dossier.decision)]
    if not dossier.decision:
        lines.append("Der er ikke besluttet noget.")
    lines += ["", "Det er der sket med brevet"]
    lines += [f"{danish.capitalized(danish.moment(at))}: {text}" for at, text in dossier.events]
    lines += ["", "Filer", *(f"{path}: {what}" for path, what in parts)]
    return "\n".join(lines) + "\n"
