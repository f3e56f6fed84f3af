"""The tables and the chart of the note, as blocks that nobody edits."""

from __future__ import annotations

from followups.reporting.figure_definitions import ADMINISTRATION, CATEGORY, NO_SUBJECT, OTHER, UNIT, keys_of
from notifications.status_note.facts import NoteFacts
from notifications.status_note.text import BEFORE, CHANGE, Block
from sepo_incident.core import danish

#: Figures of the status table; in bold: the three that a committee asks for.
STATUS_ROWS = (
    ("letters", False),
    ("letters.has_decision", True),
    ("letters.resend", False),
    ("letters.new_letter", False),
    ("letters.resend_and_new", False),
    ("letters.no_dispatch", False),
    ("letters.open", True),
    ("letters.confirmed", False),
    ("letters.arriving", False),
    ("letters.arrived", True),
    ("letters.gone", False),
)
MAX_BARS = 8
_ALWAYS = ("letters.has_decision", "letters.open", "letters.arrived")


def status_table(facts: NoteFacts) -> list[Block]:
    """Return the table of figures now, in the version before, and the change; and one by administration for all."""
    rows = [(key, is_total) for key, is_total in STATUS_ROWS if facts.value(key) or key in ("letters", *_ALWAYS)]
    labels = {"letters": "Breve i alt" if facts.unit.is_root else f"Breve fra {facts.unit.short_name}"}
    blocks = [_compared(facts, "Breve", [(key, labels.get(key, ""), is_total) for key, is_total in rows])]
    administrations = keys_of(ADMINISTRATION, facts.figures)
    if facts.unit.is_root and administrations:
        blocks.append(_compared(facts, "Forvaltning", [(key, "", False) for key in administrations]))
    return blocks


def _compared(facts: NoteFacts, title: str, rows: list[tuple[str, str, bool]]) -> Block:
    days = [facts.taken_at, *([facts.dated_before] if facts.dated_before else [])]
    head = [title, *(danish.day_month(day).replace(" ", "\u00a0") for day in days)]
    if facts.dated_before:
        head.append("Ændring")
    return {
        "type": "table",
        "head": head,
        "rows": [
            {
                "label": label or danish.capitalized(facts.figures[key].label),
                "is_total": is_total,
                "figures": [key, *([key + BEFORE, key + CHANGE] if facts.dated_before else [])],
            }
            for key, label, is_total in rows
        ],
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


def annex_table(facts: NoteFacts) -> list[Block]:
    keys = keys_of(UNIT, facts.figures)
    return [_compared(facts, "Enhed", [(key, "", False) for key in keys])] if keys else []
