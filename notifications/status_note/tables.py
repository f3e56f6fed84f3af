"""The tables, the chart and the annexed mail of the status note, which nobody edits."""

from collections.abc import Sequence
from datetime import date

from followups.reporting.figure_definitions import (
    ADMINISTRATION,
    ADMINISTRATION_FIGURES,
    CATEGORY,
    LETTER_FIGURES,
    NO_SUBJECT,
    OTHER,
    OWN_UNIT_FIGURES,
    UNIT,
    keys_of,
    letter_key,
    part_key,
)
from notifications.status_note.facts import NoteFacts
from notifications.status_note.text import BEFORE, CHANGE, Block
from sepo_incident.core import danish

#: Figures of the status table; in bold: the two that a committee asks for. After all letters come those that are
#: followed up, and what is missing by whose turn it is, which together are all. The rest counts apart.
STATUS_ROWS = (
    ("letters", False),
    ("letters.followed_up", True),
    ("letters.lacks_decision", False),
    ("letters.decided", False),
    ("letters.to_answer", False),
    ("letters.done", False),
    ("letters.arrived", True),
    ("letters.arriving", False),
    ("letters.no_dispatch", False),
    ("letters.gone", False),
)
#: The figures whose columns stand in the tables of administrations and units also with nothing.
ALWAYS = ("ALL", "FOLLOWED_UP", "ARRIVED")
MAX_BARS = 8


def status_table(facts: NoteFacts) -> list[Block]:
    """Return the table of the administrations for the whole municipality, else the figures of the unit."""
    administrations = keys_of(ADMINISTRATION, facts.figures)
    if facts.unit.is_root and administrations:
        names = [name for name in ADMINISTRATION_FIGURES if name in ALWAYS or facts.value(letter_key(name))]
        return [_parts_table(facts, "Forvaltning", administrations, names, has_total=True)]
    rows = [(key, is_bold) for key, is_bold in STATUS_ROWS if facts.value(key) or is_bold or key == "letters"]
    labels = {"letters": "Breve i alt"}
    is_changed = any(facts.has_changed(key) for key, _ in rows)
    head = ["Breve", _day(facts.taken_at)]
    if facts.dated_before and is_changed:
        head += [_day(facts.dated_before), "Ændring"]
    return [
        {
            "type": "table",
            "head": head,
            "rows": [
                {
                    "label": labels.get(key) or danish.capitalized(facts.figures[key].label),
                    "is_total": is_bold,
                    "figures": [key, *([key + BEFORE, key + CHANGE] if is_changed else [])],
                }
                for key, is_bold in rows
            ],
        }
    ]


def _day(day: date) -> str:
    return danish.day_month(day).replace(" ", "\u00a0")


def _parts_table(
    facts: NoteFacts, title: str, parts: list[str], names: Sequence[str], *, has_total: bool = False
) -> Block:
    """Return a table with a row for each part and a column for each figure, and for the change where there is one.

    `parts`: keys of the letters of administrations or of units. `has_total`: a last row with the whole.
    """
    rows = [(facts.figures[part].label, False, [part_key(part, name) for name in names]) for part in parts]
    if has_total:
        rows.append(("I alt", True, [letter_key(name) for name in names]))
    head = [title, *("Breve" if name == "ALL" else LETTER_FIGURES[name].head for name in names)]
    changing = names.index("FOLLOWED_UP")
    if facts.dated_before and any(facts.has_changed(keys[changing]) for _, _, keys in rows):
        head.append("Ændring")
        rows = [(label, is_total, [*keys, keys[changing] + CHANGE]) for label, is_total, keys in rows]
    return {
        "type": "table",
        "head": head,
        "rows": [{"label": label, "is_total": is_total, "figures": keys} for label, is_total, keys in rows],
    }


def largest_categories(facts: NoteFacts) -> list[str]:
    """Return the keys of the categories with letters, the largest first, without the two that say nothing."""
    keys = [key for key in keys_of(CATEGORY, facts.figures) if facts.value(key) and key not in (NO_SUBJECT, OTHER)]
    return sorted(keys, key=lambda key: -facts.value(key))


def subject_bars(facts: NoteFacts) -> list[Block]:
    if not facts.tells_subjects:
        return []
    keys = largest_categories(facts)[:MAX_BARS]
    keys += [key for key in (NO_SUBJECT, OTHER) if facts.value(key)]
    if not keys:
        return []
    most = max(facts.value(key) for key in keys)
    rows = [
        {"label": facts.figures[key].label, "figure": key, "share": max(1, round(100 * facts.value(key) / most))}
        for key in keys
    ]
    return [{"type": "bars", "caption": "Breve efter emne", "rows": rows}]


def measures_table(facts: NoteFacts) -> list[Block]:
    if not facts.story.measures:
        return []
    return [{"type": "cells", "head": ["Tiltag", "Ansvarlig", "Frist", "Status"], "rows": facts.story.measures}]


def annex_table(facts: NoteFacts) -> list[Block]:
    units = keys_of(UNIT, facts.figures)
    return [_parts_table(facts, "Enhed", units, OWN_UNIT_FIGURES)] if units else []


def mail_blocks(facts: NoteFacts) -> list[Block]:
    """Return the first notice as it was sent, a paragraph for each. Nothing before it was sent."""
    return [{"type": "paragraph", "pieces": [paragraph]} for paragraph in facts.first_notice]
