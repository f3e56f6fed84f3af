"""The figures of two to five units below a board side by side. No persons are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from followups.boards.board import Board
from followups.boards.counted_figures import may_divide_personnel_cases
from followups.boards.tables import BoardRow, LinkedNumber, board_link, unit_row
from followups.reporting.figure_definitions import LETTER_FIGURES
from followups.reporting.letter_figures import DIVIDING_FIGURES, CountedGroup, Tally, count_letters, sum_by_unit
from sepo_incident.accounts.list_export import TableColumn, TableExport
from sepo_incident.accounts.models import Unit
from sepo_incident.core import charts, danish
from sepo_incident.core.forms import parse_int

MIN_UNITS, MAX_UNITS = 2, 5
NOT_BELOW = "Vælg enheder, der hører under {unit} og har breve."
WRONG_NUMBER = "Vælg to til fem enheder."


class ComparedNumber(NamedTuple):
    """A number of a unit, and its share of the unit's letters as «34 %», "" for the letters themselves."""

    unit: str
    number: LinkedNumber
    share: str


class UnitShare(NamedTuple):
    """A row for a unit, whose bar shows the decisions as shares of its width, and the letters without a decision."""

    row: BoardRow
    missing: ComparedNumber


class ComparedFigure(NamedTuple):
    group: str
    label: str
    sentence: str
    numbers: list[ComparedNumber]


class UnitChoice(NamedTuple):
    """A unit that may be compared, with the letters at or below it, and the units further down."""

    unit: Unit
    letters: int
    is_chosen: bool
    below: list[UnitChoice]

    @property
    def has_chosen_below(self) -> bool:
        return any(one.is_chosen for one in self.below)


class UnitComparison:
    """The comparison of the units that the address chooses, otherwise of the units right below the board's unit.

    `asked`: the ids in the address. `refusal`: why they are not compared, "" if they are. One query counts the letters
    of all units.
    """

    def __init__(self, board: Board, asked: Sequence[str]) -> None:
        self.board = board
        self.tallies = sum_by_unit(self._count_by_unit())
        self.below, self.is_chosen = self._units_below(), bool(asked)
        self.children = [unit for unit in self.below if unit.parent_id == board.unit.pk]
        self.refusal, self.units = "", self._default_units()
        if asked:
            chosen = [unit for unit in self.below if unit.pk in {parse_int(one) for one in asked}]
            self.refusal = self._refuse(asked, chosen)
            self.units = self.units if self.refusal else chosen

    @property
    def has_more_children(self) -> bool:
        """Whether units right below are left out, because the default compares at most `MAX_UNITS`."""
        return bool(self.refusal or not self.is_chosen) and len(self.children) > MAX_UNITS

    @property
    def is_possible(self) -> bool:
        return len(self.units) >= MIN_UNITS

    def _count_by_unit(self) -> list[CountedGroup]:
        board = self.board
        return count_letters(
            board.letters, "unit__lineage", reader=board.reader, today=board.today, figures=LETTER_FIGURES
        )

    def _units_below(self) -> list[Unit]:
        """Return the units below with letters, in the order of the tree. None if their boards may be closed."""
        if self.board.is_alone:
            return []
        below = Unit.objects.at_or_below([self.board.unit.pk]).exclude(pk=self.board.unit.pk)
        return [unit for unit in below.in_order() if self.tallies.get(unit.pk, Tally())["ALL"]]

    def _default_units(self) -> list[Unit]:
        """Return the units right below, or all if there are too few; of many those with most letters."""
        among = self.children if len(self.children) >= MIN_UNITS else self.below
        largest = sorted(among, key=lambda unit: -self.tallies[unit.pk]["ALL"])[:MAX_UNITS]
        return [unit for unit in among if unit in largest]

    def _refuse(self, asked: Sequence[str], chosen: Sequence[Unit]) -> str:
        if not {parse_int(one) for one in asked} <= {unit.pk for unit in chosen}:
            return NOT_BELOW.format(unit=self.board.unit.name)
        return "" if MIN_UNITS <= len(chosen) <= MAX_UNITS else WRONG_NUMBER

    @property
    def choices(self) -> list[UnitChoice]:
        """The units right below, each with the units further down, as choices."""
        at = len(self.board.unit.lineage)
        chosen = {unit.pk for unit in self.units}

        def choice(unit: Unit, below: list[UnitChoice]) -> UnitChoice:
            return UnitChoice(unit, self.tallies[unit.pk]["ALL"], unit.pk in chosen, below)

        return [
            choice(
                unit,
                [choice(one, []) for one in self.below if one.pk != unit.pk and one.lineage[at : at + 1] == [unit.pk]],
            )
            for unit in self.children
        ]

    @property
    def shares(self) -> list[UnitShare]:
        return [UnitShare(self._share_row(unit), self._number(unit, "OPEN")) for unit in self.units]

    def _share_row(self, unit: Unit) -> BoardRow:
        counts = self.tallies[unit.pk]
        return unit_row(unit, counts, counts["ALL"], None)

    @property
    def groups(self) -> dict[str, list[ComparedFigure]]:
        """{name of the group: its figures}, as in *Alle tal*."""
        groups: dict[str, list[ComparedFigure]] = {}
        divides = may_divide_personnel_cases(self.board, self.units)
        for name, figure in LETTER_FIGURES.items():
            if name in DIVIDING_FIGURES and not divides:
                continue
            numbers = [self._number(unit, name) for unit in self.units]
            row = ComparedFigure(figure.group, figure.label, figure.sentence, numbers)
            groups.setdefault(figure.group, []).append(row)
        return groups

    def _number(self, unit: Unit, name: str) -> ComparedNumber:
        counts = self.tallies[unit.pk]
        number = LinkedNumber(counts[name], board_link(unit.pk, **{LETTER_FIGURES[name].filter: name}))
        percent = f"{charts.rounded_percent(counts[name], counts['ALL'])} %" if name != "ALL" and counts[name] else ""
        return ComparedNumber(unit.name, number, percent)

    @property
    def export(self) -> TableExport[ComparedFigure]:
        """The figures as a file, with a column for each unit."""
        return TableExport(
            "sammenligning-enhed",
            "Sammenligning",
            [
                TableColumn("Gruppe", lambda row: row.group),
                TableColumn("Hvad tæller tallet?", lambda row: danish.capitalized(row.label), 50),
                TableColumn("Forklaring", lambda row: row.sentence, 70),
                *(
                    TableColumn(unit.name, lambda row, place=place: row.numbers[place].number.value, 18)  # type: ignore[misc]
                    for place, unit in enumerate(self.units)
                ),
            ],
        )
