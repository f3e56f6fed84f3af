"""The verdict on a document that people have edited, as one Danish sentence before the findings."""

from __future__ import annotations

from followups.reporting.note.verify import Report
from sepo_incident.core import danish


def verdict_of(report: Report) -> str:
    """Return «To tal er rettet, ét er slettet.» or «Ingen tal er rettet. To er forældede.»."""
    wrong = [
        f"{_number(len(found))} {{}}er {what}"
        for found, what in (
            (report.changed, "rettet"),
            (report.removed, "slettet"),
            (report.untagged, "skrevet i hånden"),
        )
        if found
    ]
    stale = len(report.stale)
    outdated = [f"{_number(stale)} {{}}er {'forældet' if stale == 1 else 'forældede'}"] if stale else []
    if not wrong:
        return " ".join(["Ingen tal er rettet.", *(f"{danish.capitalized(one.format(''))}." for one in outdated)])
    first, *others = [*wrong, *outdated]
    return f"{danish.capitalized(', '.join([first.format('tal '), *(one.format('') for one in others)]))}."


def _number(value: int) -> str:
    return "ét" if value == 1 else danish.number_word(value)
