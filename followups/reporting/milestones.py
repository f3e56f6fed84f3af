"""Milestones of the timeline: when 50, 90 and 100 per cent of the letters were decided, followed up, and arrived.

Derived from the decisions that hold today: a decision that is undone moves the milestone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from letters.models import Incident
from letters.story.timeline import Event, event_at
from sepo_incident.core.sql_files import read_sql

SHARES = (0.5, 0.9, 1.0)
#: Danish sentence of each column of the query, with the slot {letters}.
SENTENCES = (
    "{letters} har en beslutning.",
    "{letters} er fulgt op.",
    "{letters}, der sendes igen, er kommet frem.",
)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_MILESTONES_SQL = read_sql(__file__, "milestones.sql")


def milestones(incident: Incident) -> Iterator[Event]:
    """Yield the milestones that are reached. One query. Of milestones reached at once, only the highest is told."""
    values: dict[str, Any] = {"incident": incident.pk, "never": NEVER, "shares": list(SHARES)}
    with connection.cursor() as cursor:
        cursor.execute(_MILESTONES_SQL, values)
        columns = cursor.fetchone()
    for sentence, moments in zip(SENTENCES, columns, strict=True):
        reached = {at: share for share, at in zip(SHARES, moments or (), strict=False) if at and at < NEVER}
        for at, share in reached.items():
            letters = "Alle breve" if share == 1 else f"{share:.0%} af brevene".replace("%", " %")
            yield event_at(at, sentence.format(letters=letters))
