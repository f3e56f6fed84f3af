"""What a board counts of its letters, in one query: by unit, by sender, by category, and the days of the decisions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date
from functools import cache, cached_property
from typing import Any, NamedTuple

from followups.boards.filters import MANY_SENDERS
from followups.reporting.letter_figures import BOARD_FIGURES, CountedGroup, Tally, letter_conditions
from followups.rules import rights
from letters.categories.category_rules import NO_SUBJECT_CATEGORY, PERSONNEL_CATEGORY
from letters.models.visibility import letter_condition, readable_by
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core.sql_expression import SqlExpression
from sepo_incident.core.sql_files import read_sql

#: So many senders are named where they are not counted: more than a filter lists.
SENDERS_NAMED = MANY_SENDERS + 1
#: A group of letters has the bits of the figures that count it: a number is hashed faster than a list of names.
BITS = {name: 1 << place for place, name in enumerate(BOARD_FIGURES)}
BOARD_COUNTS_SQL = read_sql(
    __file__,
    "board_counts.sql",
    figures=" | ".join(f"CASE WHEN {{{name}}} THEN {bit} ELSE 0 END" for name, bit in BITS.items()),
)


class DayCount(NamedTuple):
    """A number of letters of a unit, or of a sender, by the days of opening, of the decision and of confirming."""

    lineage: list[int]
    sender_id: int | None
    came_on: date
    decided_on: date | None
    followed_up_on: date | None
    number: int


class FoldedTallies(Mapping[int, Tally]):
    """{unit id: tally of the letters at or below the unit}. A tally is summed when it is asked for.

    A board of a municipality has thousands of units below, and shows the right below ones.
    """

    def __init__(self, rows: Iterable[tuple[list[int], str, int, int]]) -> None:
        """Take rows of (lineage, name of the unit, the `BITS` of these letters, number of letters)."""
        self._numbers: dict[int, Counter[int]] = defaultdict(Counter)
        self._tallies: dict[int, Tally] = {}
        for lineage, _, figures, number in rows:
            for pk in lineage:
                self._numbers[pk][figures] += number

    def __getitem__(self, unit: int) -> Tally:
        if unit not in self._tallies:
            if unit not in self._numbers:
                raise KeyError(unit)
            self._tallies[unit] = Tally()
            for figures, number in self._numbers[unit].items():
                _add(self._tallies[unit], figures, number)
        return self._tallies[unit]

    def __contains__(self, unit: object) -> bool:
        return unit in self._numbers

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class BoardCounts:
    """The tallies of `BOARD_FIGURES`, by unit, sender and category, and the letters by day.

    Where the senders are not counted, `by_sender` is an error and `senders` has at most `SENDERS_NAMED`.
    """

    def __init__(self, *parts: Any) -> None:
        """Take the columns of `board_counts.sql`. `confirmed_at`: the time of the reader's last confirmation."""
        *lists, self.confirmed_at, self.counts_senders = parts
        self._units, self._senders, self._categories, self._days = (rows or [] for rows in lists)

    @cached_property
    def folded(self) -> FoldedTallies:
        return FoldedTallies(self._units)

    @property
    def lineages(self) -> Iterator[list[int]]:
        """The lineage of each unit with letters of its own, at least once."""
        return (lineage for lineage, *_ in self._units)

    def of_units(self, figure: str) -> Counter[tuple[int, str]]:
        """Return {(id, name): number} of a figure, of the units' own letters, without the units that have none."""
        numbers: Counter[tuple[int, str]] = Counter()
        for lineage, name, figures, number in self._units:
            if figures & BITS[figure]:
                numbers[lineage[-1], name] += number
        return numbers

    @cached_property
    def by_unit(self) -> list[CountedGroup]:
        return _tallies(("unit__lineage", "unit__name"), self._units)

    @cached_property
    def by_sender(self) -> list[CountedGroup]:
        if not self.counts_senders:
            raise TypeError("This board names its senders, and does not count them.")
        return _tallies(("sender_id", "sender__name", "sender__phone", "sender__unit__name"), self._senders)

    @cached_property
    def by_category(self) -> list[CountedGroup]:
        return _tallies(("shown_category",), self._categories)

    @property
    def senders(self) -> list[dict[str, Any]]:
        """The senders of the letters: id and name."""
        names = {pk: name for pk, name, *_ in self._senders}
        return [{"sender_id": pk, "sender__name": name} for pk, name in names.items()]

    @property
    def categories(self) -> set[str]:
        """The categories of the letters, as the reader sees them."""
        return {name for name, *_ in self._categories}

    @property
    def days(self) -> list[DayCount]:
        return [
            DayCount(unit, sender, date.fromisoformat(came), _day(decided), _day(followed_up), number)
            for unit, sender, came, decided, followed_up, number in self._days
        ]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _tallies(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[CountedGroup]:
    """Sum rows of (the values of `names`, the `BITS` of these letters, number of letters) by the values."""
    tallies: dict[str, CountedGroup] = {}
    for *values, figures, number in rows:
        _, tally = tallies.setdefault(str(values), (dict(zip(names, values, strict=True)), Tally()))
        _add(tally, figures, number)
    return list(tallies.values())


def _add(tally: Tally, figures: int, number: int) -> None:
    """Add letters with the `BITS` of their figures to a tally."""
    for name in _names_of(figures):
        tally[name] += number


@cache
def _names_of(figures: int) -> list[str]:
    return [name for name, bit in BITS.items() if figures & bit]


def count_board(chosen: SqlExpression, unit: Unit, reader: User, today: date, *, by_sender: bool) -> BoardCounts:
    """Count the letters of a board. One query.

    `chosen`: the condition of the letters. `by_sender`: count the senders, as a board without units below always does.
    """
    computed = {"letter.may_read": readable_by(reader), "letter.leads": rights.leads(reader)}
    query = letter_condition(
        BOARD_COUNTS_SQL,
        chosen=chosen,
        unit=unit.pk,
        reader=reader.pk,
        by_sender=by_sender,
        senders_named=SENDERS_NAMED,
        personnel_category=PERSONNEL_CATEGORY,
        no_subject_category=NO_SUBJECT_CATEGORY,
        may_read=copy(computed["letter.may_read"]),
        leads=copy(computed["letter.leads"]),
        **letter_conditions(reader, today, BOARD_FIGURES),
    )
    [found] = query.fetch(computed)
    return BoardCounts(*found)
