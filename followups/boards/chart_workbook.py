"""Download of a board as a workbook: its figures, units, days, subjects and people, with native charts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from followups.boards import progress
from followups.boards.board import Board
from followups.boards.board_letters import units_with_board_for
from followups.boards.tables import FIGURE_HEADERS, BoardRow
from followups.reporting.letter_figures import BOARD_FIGURES, CONFIRMER_FIGURES, FIGURE_LABELS, REMEDY_LABELS
from letters.incidents import incident_or_404
from sepo_incident.accounts.file_limits import limit_workbook_building
from sepo_incident.accounts.list_export import attach, log_export
from sepo_incident.accounts.roles import SignedInRequest, refuse_while_impersonating
from sepo_incident.core import danish, spreadsheets
from sepo_incident.core.sheet import Chart, Sheet

#: Columns of a table of units or subjects: figure -> header.
TABLE_FIGURES = {"ALL": "Breve"} | FIGURE_HEADERS | {"DECIDED": "Besluttet, ikke sendt"}
PEOPLE_FIGURES = {
    "ALL": "Breve",
    "OPEN": "Mangler beslutning",
    "PASSED": "– dato passeret",
    "DECIDED": "Besluttet, ikke sendt",
    "SENT_BACK": "Sendt tilbage",
}
#: The colours of the board's bars: undecided, then the decisions.
BAR_COLORS = {
    "OPEN": "FDB933",
    "RESEND": "2D6F3D",
    "NEW_LETTER": "8CCB98",
    "RESEND_AND_NEW": "5AA469",
    "NO_DISPATCH": "C2C8D0",
}
#: The columns that the chart draws come before the others.
TABLE_ORDER = [*BAR_COLORS, *(figure for figure in TABLE_FIGURES if figure not in BAR_COLORS)]
NAME_WIDTH, NUMBER_WIDTH = 44, 14


@require_safe
@refuse_while_impersonating
@limit_workbook_building
def download_board(request: SignedInRequest, pk: int) -> HttpResponse:
    """Download the board's figures, units, days and subjects, and the people whose letters the reader sees."""
    unit, incident = get_object_or_404(units_with_board_for(request.user), pk=pk), incident_or_404(request)
    board = Board(unit, incident, request.user)
    people = Board(unit, incident, request.user, is_list=True).people if board.has_list else []
    content = spreadsheets.build_workbook(board_sheets(board, people))
    log_export(request, "overblik-enhed", board.counts["ALL"], "xlsx")
    return attach(request, HttpResponse(content, content_type=spreadsheets.XLSX), "overblik-enhed", "xlsx")


def board_sheets(board: Board, people: Sequence[BoardRow]) -> list[Sheet]:
    """Return the sheets of the board for its reader. A part that the board does not have is left out."""
    sheets = [_figures_sheet(board)]
    if board.units:
        sheets.append(_table_sheet("Enheder", "Enhed", board.units, "Breve efter enhed"))
    if days := _days_sheet(board):
        sheets.append(days)
    if board.tells_personnel_cases:
        sheets.append(_table_sheet("Emner", "Emne", board.categories, "Breve efter emne"))
    if people:
        header = ["Medarbejder", "Enhed", *PEOPLE_FIGURES.values()]
        rows = [[row.name, row.sub, *_numbers(row, PEOPLE_FIGURES)] for row in people]
        widths = [NAME_WIDTH, NAME_WIDTH, *[NUMBER_WIDTH] * len(PEOPLE_FIGURES)]
        sheets.append(Sheet("Personer", header, rows, widths, has_filter=True))
    return sheets


def _figures_sheet(board: Board) -> Sheet:
    counts = board.counts
    rows: list[list[Any]] = [["breve i alt", counts["ALL"]]]
    rows += [
        [label, counts[figure]]
        for figure, label in FIGURE_LABELS.items()
        if figure in BOARD_FIGURES and (board.may_confirm or figure not in CONFIRMER_FIGURES)
    ]
    rows += [[label.lower(), counts[remedy]] for remedy, label in REMEDY_LABELS.items()]
    return Sheet("Tal", ["Breve, der", danish.date(board.today)], rows, [NAME_WIDTH, NUMBER_WIDTH + 4], has_filter=True)


def _table_sheet(name: str, first: str, rows: Sequence[BoardRow], title: str) -> Sheet:
    header = [first, *(TABLE_FIGURES[figure] for figure in TABLE_ORDER)]
    cells = [[row.name, *_numbers(row, TABLE_ORDER)] for row in rows]
    chart = Chart(title, 2, 1 + len(BAR_COLORS), list(BAR_COLORS.values()))
    return Sheet(name, header, cells, [NAME_WIDTH, *[NUMBER_WIDTH] * len(TABLE_ORDER)], has_filter=True, chart=chart)


def _days_sheet(board: Board) -> Sheet | None:
    """Return the undecided letters of each day beside the plan, or None until the follow-up is opened."""
    timeline = board.timeline
    if timeline is None:
        return None
    total, deadline = board.counts["ALL"], board.incident.deadline
    remaining = dict(progress.undecided_by_day(timeline, timeline.overall, total, timeline.later))
    planned = dict(progress.planned_by_day(timeline, deadline, total))
    rows = [[day, remaining.get(day), planned.get(day)] for day in sorted(remaining | planned)]
    chart = Chart("Breve uden beslutning", 2, 3, ["0059B3", "8A8F98"], is_lines=True)
    return Sheet("Dag for dag", ["Dag", "Mangler beslutning", "Plan"], rows, [14, 20, 14], has_filter=True, chart=chart)


def _numbers(row: BoardRow, figures: Iterable[str]) -> list[int]:
    return [row.numbers[figure].value for figure in figures]
