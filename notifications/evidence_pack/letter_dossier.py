"""The full record of a letter as evidence: facts, decision, arrival, files and history.

The text is the same for every reader and does not change unless the letter changes: no «Du», and no current time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from followups.arrival import arrival_page
from followups.decision_questions import AnswerRow
from followups.letter import history, letter_page
from followups.models import Arrival, LetterRow
from followups.models.arrival import ArrivalStatus
from followups.models.followup import followup_of
from followups.models.letter_row import STATUS_BADGES
from sepo_incident.core import danish


class LetterDossier(NamedTuple):
    """The record of a letter.

    ``events``: [(moment, sentence)], oldest first. ``files``: uploaded files that are not withdrawn or erased.
    """

    letter: LetterRow
    facts: list[AnswerRow]
    decision: list[AnswerRow]
    events: list[tuple[datetime, str]]
    files: list[Arrival]


def build_dossier(letter: LetterRow) -> LetterDossier:
    """Build the dossier of a letter that the reader may read.

    Fetch the letter with incident and batch. Two queries more than the letter's
    history.
    """
    followup = followup_of(letter)
    decision = letter_page.last_decision(followup) if followup and not followup.is_open else None
    arrivals = arrival_page.arrivals_of(followup) if followup else []
    events = [(event.at, event.text) for event in reversed(history.letter_events(letter, None))]
    return LetterDossier(
        letter,
        _facts(letter),
        letter_page.decision_rows(decision, letter) if decision else [],
        events,
        [one for one in reversed(arrivals) if arrival_page.has_shown_file(one)],
    )


def _facts(letter: LetterRow) -> list[AnswerRow]:
    followup = followup_of(letter)
    return [
        AnswerRow("Brev-id", letter.source_ref),
        AnswerRow("Emne", letter.title),
        AnswerRow("Sendt", danish.capitalized(danish.moment(letter.sent_at))),
        AnswerRow("Modtager", letter.recipient_label),
        AnswerRow("Afsender", letter.sender.name if letter.sender else letter.sender_name or "Ikke fundet"),
        AnswerRow("Leder", letter.leader.name if letter.leader else letter.leader_name or "Ikke fundet"),
        AnswerRow("Enhed", letter.unit.name if letter.unit else "Ikke fundet"),
        AnswerRow("Hændelse", letter.incident.title),
        AnswerRow("Status", STATUS_BADGES[followup.Status(followup.status)].label if followup else "Ikke åbnet"),
        AnswerRow("Kommet frem", _arrival_answer(letter.arrival)),
        *(
            [AnswerRow("Trukket tilbage", danish.capitalized(danish.moment(letter.withdrawn_at)))]
            if letter.withdrawn_at
            else []
        ),
    ]


def _arrival_answer(arrival: ArrivalStatus | None) -> str:
    if arrival is None:
        return "Ikke sendt igen"
    if arrival.has_arrived and arrival.on:
        return f"Ja, den {danish.date(arrival.on)}"
    return arrival.badge.label


def render_dossier(dossier: LetterDossier, parts: Iterable[tuple[str, str]]) -> str:
    """Return the dossier as a text file. ``parts``: (path, description) of the letter's files in the pack."""
    lines = [f"Bevispakke for brev {dossier.letter.source_ref}", ""]
    lines += [f"{row.question}: {row.answer}" for row in dossier.facts]
    lines += ["", "Beslutningen", *(f"{row.question}: {row.answer}" for row in dossier.decision)]
    if not dossier.decision:
        lines.append("Der er ikke besluttet noget.")
    lines += ["", "Det er der sket med brevet"]
    lines += [f"{danish.capitalized(danish.moment(at))}: {text}" for at, text in dossier.events]
    lines += ["", "Filer", *(f"{path}: {what}" for path, what in parts)]
    return "\n".join(lines) + "\n"
