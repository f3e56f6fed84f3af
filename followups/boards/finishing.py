"""«Enheden er færdig»: when the last of a unit's letters was confirmed, and by whom. It is so only where all of them
are proven to have arrived.

Nobody says it and nothing stores it: it follows from the confirmations, so a new letter undoes it by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from followups.boards.figures import Group, Tally, fold
from letters.models.letter import LetterQuerySet
from sepo_incident import danish


class Finished(NamedTuple):
    """The last confirmation at or below a unit, and how many letters there were sent again without proof of arrival."""

    at: datetime
    by: str
    unproven: int = 0

    @property
    def when(self) -> str:
        return f"{danish.weekday_date_short(self.at)} {danish.clock(self.at)}"


def is_finished(counted: Tally) -> bool:
    return 0 < counted["ALL"] == counted["CONFIRMED"]


def read(letters: LetterQuerySet, by_unit: list[Group]) -> dict[int, Finished]:
    """Unit id → its last confirmation, for each that has nothing left at or below it.

    ``by_unit`` is the tally of ``letters`` by ``unit__lineage``, with ARRIVING. One query, and none where no
    unit is finished.
    """
    folded = fold(by_unit)
    units = {pk for pk, counted in folded.items() if is_finished(counted)}
    if not units:
        return {}
    newest = letters.filter(unit__in=units).order_by("unit_id", "-followup__confirmed_at").distinct("unit_id")
    found: dict[int, Finished] = {}
    rows = newest.values_list("unit__lineage", "followup__confirmed_at", "followup__confirmed_by__name")
    for lineage, at, by in rows:
        if at is None:  # a letter that came between the two queries
            continue
        for pk in units.intersection(lineage):
            last = Finished(at, by, folded[pk]["ARRIVING"])
            found[pk] = max(last, found.get(pk, last))
    return found
