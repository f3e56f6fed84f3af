"""Download of a board as a workbook with charts."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from followups.boards.board import Board
from followups.boards.board_letters import units_with_board_for
from followups.exports.board_workbook import board_sheets
from letters.incidents import incident_or_404
from sepo_incident.accounts.file_limits import limit_workbook_building
from sepo_incident.accounts.list_export import attach, log_export
from sepo_incident.accounts.roles import SignedInRequest, refuse_while_impersonating
from sepo_incident.core import spreadsheets


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
