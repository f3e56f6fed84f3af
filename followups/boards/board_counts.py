"""What a board counts of its letters, in one query: by unit, by sender, by category, and the days of the decisions."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from datetime import date
from typing import NamedTuple

from followups.reporting.letter_figures import BOARD_FIGURES, ROW_FIGURES, CountedGroup, Tally, letter_conditions
from followups.rules import rights
from followups.rules.letter_state import DECIDED_ON
from letters.categories.category_rules import NO_SUBJECT_CATEGORY, PERSONNEL_CATEGORY
from letters.models.visibility import letter_condition, readable_by
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core.sql_expression import SqlExpression
from sepo_incident.core.sql_files import read_sql


def _sums(figures: Sequence[str]) -> str:
    return ", ".join(f"count(*) FILTER (WHERE figures[{BOARD_FIGURES.index(name) + 1}])" for name in figures)


BOARD_COUNTS_SQL = read_sql(
    __file__,
    "board_counts.sql",
    figures=", ".join(f"{{{name}}}" for name in BOARD_FIGURES),
    sums=_sums(BOARD_FIGURES),
    row_sums=_sums(ROW_FIGURES),
    decided_on=DECIDED_ON,
)


#: The names of the columns before the counts.
UNIT = ("unit__lineage", "unit__name")
SENDER = ("sender_id", "sender__name", "sender__phone", "sender__unit__name")
CATEGORY = ("shown_category",)


class DayCount(NamedTuple):
    """A number of letters of a unit, or of a sender, whose follow-up opened on a day and was decided on a day."""

    lineage: list[int]
    sender_id: int | None
    came_on: date
    decided_on: date | None
    number: int


class BoardCounts(NamedTuple):
    """The tallies of `BOARD_FIGURES` by unit, and of `ROW_FIGURES` by sender and category.

    `days` tells the senders apart only on a board without units below.
    """

    by_unit: list[CountedGroup]
    by_sender: list[CountedGroup]
    by_category: list[CountedGroup]
    days: list[DayCount]


def count_board(chosen: SqlExpression, unit: Unit, reader: User, today: date, *, only_led: bool) -> BoardCounts:
    """Count the letters of a board. One query.

    `chosen`: the condition of the board's letters. `only_led`: the board has only letters that the reader leads.
    """
    computed = {"letter.may_read": readable_by(reader), "letter.leads": rights.leads(reader)}
    query = letter_condition(
        BOARD_COUNTS_SQL,
        chosen=chosen,
        unit=unit.pk,
        only_led=only_led,
        personnel_category=PERSONNEL_CATEGORY,
        no_subject_category=NO_SUBJECT_CATEGORY,
        may_read=copy(computed["letter.may_read"]),
        leads=copy(computed["letter.leads"]),
        **letter_conditions(reader, today, BOARD_FIGURES),
    )
    [found] = query.fetch(computed)
    units, senders, categories, days = (rows or [] for rows in found)
    return BoardCounts(
        [(dict(zip(UNIT, row, strict=False)), _tally(BOARD_FIGURES, row[-1])) for row in units],
        [(dict(zip(SENDER, row, strict=False)), _tally(ROW_FIGURES, row[-1])) for row in senders],
        [(dict(zip(CATEGORY, row, strict=False)), _tally(ROW_FIGURES, row[-1])) for row in categories],
        [
            DayCount(
                lineage, sender, date.fromisoformat(came), date.fromisoformat(decided) if decided else None, number
            )
            for lineage, sender, came, decided, number in days
        ],
    )


def _tally(figures: Sequence[str], counts: list[int]) -> Tally:
    return Tally(dict(zip(figures, counts, strict=True)))
