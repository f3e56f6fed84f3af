"""Downloads of a board: its letters as Excel or CSV, and its figures as a workbook with charts."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from followups.boards.board import Board
from followups.boards.board_letters import board_letters, units_with_board_for, units_with_list_for
from followups.boards.filters import LetterFilter
from followups.exports.board_workbook import board_sheets
from followups.rules.letter_columns import letter_export
from followups.rules.letter_rows import fetch_rows
from letters.incidents import incident_or_404
from sepo_incident.accounts.list_export import attach, log_export, stream_list
from sepo_incident.accounts.roles import SignedInRequest, refuse_while_impersonating
from sepo_incident.core import spreadsheets


@require_safe
@refuse_while_impersonating
def download_letters(request: SignedInRequest, pk: int, file_format: str) -> HttpResponseBase:
    """Stream the letters of the board's filter, in its order, as `file_format`: «xlsx» or «csv»."""
    unit, incident = get_object_or_404(units_with_list_for(request.user), pk=pk), incident_or_404(request)
    chosen = LetterFilter(request.GET, board_letters(unit, incident, request.user), unit, request.user)
    about = [
        ("Hændelse", incident.title),
        ("Enhed", unit.name),
        ("Filter", ", ".join(chip.label for chip in chosen.chips()) or "Alle breve"),
    ]
    ids, load = chosen.letters().values_list("pk", flat=True), partial(fetch_rows, request.user)
    return stream_list(request, letter_export(), ids, file_format, load, about)


@require_safe
@refuse_while_impersonating
def download_board(request: SignedInRequest, pk: int) -> HttpResponse:
    """Download the board's figures, units, days and subjects, and the people whose letters the reader sees."""
    unit, incident = get_object_or_404(units_with_board_for(request.user), pk=pk), incident_or_404(request)
    board = Board(unit, incident, request.user)
    people = Board(unit, incident, request.user, is_list=True).people if board.has_list else []
    content = spreadsheets.build_workbook(board_sheets(board, people))
    log_export(request, "overblik-enhed", board.counts["ALL"], "xlsx")
    return attach(request, HttpResponse(content, content_type=spreadsheets.XLSX), "overblik-enhed", "xlsx")
