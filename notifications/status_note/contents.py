"""The text of a version: the system's own or what people wrote, the tables, the margin, and what is not final."""

from __future__ import annotations

from datetime import date
from typing import Any

from followups.models import NoteProse
from notifications.status_note.facts import NoteFacts, hedges_of
from notifications.status_note.sections import SECTIONS
from notifications.status_note.story import read_committee
from notifications.status_note.text import Chips, parse_prose
from sepo_incident.accounts.models import User


def chips_for(facts: NoteFacts) -> Chips:
    return Chips({key: figure.label for key, figure in facts.figures.items()})


def build_content(facts: NoteFacts, by: User | None, dated: date, number: int) -> dict[str, Any]:
    """Return the text of a version: headings, blocks, and the rule for »op mod«."""
    hedges, reasons = hedges_of(facts)
    chips = chips_for(facts)
    written = NoteProse.objects.in_force(facts.incident, facts.unit)
    sections = []
    for section in SECTIONS:
        text = written[section.key].text if section.key in written else section.prose(facts)
        prose = parse_prose(_known_chips(text, chips), chips, hedges)
        tables = section.tables(facts)
        blocks = [*prose, *tables]
        if section.explains_tables:
            blocks = [*tables, *(block | {"type": "small"} for block in prose)]
        heading = section.heading.format(enhed=facts.unit.short_name)
        sections.append({"key": section.key, "heading": heading, "blocks": blocks})
    return {
        "sections": sections,
        "hedges": reasons,
        "margin": read_margin(facts, by, number),
        "dated": dated.isoformat(),
    }


def _known_chips(text: str, chips: Chips) -> str:
    """Return the text with «[tallet findes ikke]» for figures that are gone since somebody wrote the text."""
    for chip in chips.unknown(text):
        text = text.replace(chip, "[tallet findes ikke]")
    return text


def read_margin(facts: NoteFacts, by: User | None, number: int) -> dict[str, str]:
    """Return what stands in the margin of the document, and to whom the note goes."""
    committee, case_number, document_number = read_committee(facts.incident, facts.unit, number)
    return {
        "kind": f"Notat til {committee}",
        "title": f"{facts.incident.title}: status",
        "case_number": case_number,
        "document_number": document_number,
        "case_worker": by.name if by else "Koncern IT",
        "office": facts.unit.name,
    }
