"""Downloads of a board: its letters as Excel or CSV, and its figures as a workbook with charts."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from followups.boards.board import Board
from followups.boards.board_letters import board_letters, units_with_board_for, units_with_list_for
from followups.boards.filters import LetterFilter
from followups.exports.board_workbook import board_sheets
from followups.exports.letter_table import letter_rows
from followups.rules.letter_columns import COLUMNS
from letters.incidents import incident_or_404
from letters.models import Incident
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest, refuse_while_impersonating
from sepo_incident.core import danish, logs, spreadsheets
from sepo_incident.core.spreadsheets import Sheet
from sepo_incident.core.streamed_workbook import MAX_ROWS, stream_workbook

TOO_LONG_FOR_EXCEL = "Listen er for lang til Excel. Hent den som CSV, eller vælg et filter."
CSV = "text/csv; charset=utf-8"


@require_safe
@refuse_while_impersonating
def download_letters(request: SignedInRequest, pk: int, form: str) -> HttpResponseBase:
    """Stream the letters of the board's filter, in its order, as `form`: «xlsx» or «csv»."""
    if form not in ("xlsx", "csv"):
        raise Http404
    unit, incident = get_object_or_404(units_with_list_for(request.user), pk=pk), incident_or_404(request)
    chosen = LetterFilter(request.GET, board_letters(unit, incident, request.user), unit, request.user)
    letters, count = chosen.letters(), chosen.qs.count()
    if form == "xlsx" and count > MAX_ROWS:
        messages.warning(request, TOO_LONG_FOR_EXCEL)
        return redirect("board", pk)
    _log_export(request, "letters_exported", unit, count, form=form, filter=_filter_text(chosen))
    headers, rows = [column.header for column in COLUMNS], letter_rows(letters, request.user)
    if form == "csv":
        return _attachment(StreamingHttpResponse(spreadsheets.stream_csv(headers, rows), content_type=CSV), unit, form)
    sheet = Sheet("Breve", headers, rows, [column.width for column in COLUMNS], has_filter=True)
    about = _about_sheet(request, unit, incident, count, chosen)
    return _attachment(
        StreamingHttpResponse(stream_workbook(sheet, [about]), content_type=spreadsheets.XLSX), unit, form
    )


@require_safe
@refuse_while_impersonating
def download_board(request: SignedInRequest, pk: int) -> HttpResponse:
    """Download the board's figures, units, days and subjects, and the people whose letters the reader sees."""
    unit, incident = get_object_or_404(units_with_board_for(request.user), pk=pk), incident_or_404(request)
    board = Board(unit, incident, request.user)
    people = [] if board.only_counts else Board(unit, incident, request.user, is_list=True).people
    content = spreadsheets.build_workbook(board_sheets(board, people))
    _log_export(request, "board_exported", unit, board.counts["ALL"])
    return _attachment(HttpResponse(content, content_type=spreadsheets.XLSX), unit, "xlsx", "overblik")


def _attachment[R: HttpResponseBase](response: R, unit: Unit, form: str, what: str = "breve") -> R:
    response["Content-Disposition"] = f'attachment; filename="{what}-enhed-{unit.pk}.{form}"'
    return response


def _filter_text(chosen: LetterFilter) -> str:
    """Return the filter for the log. The words of a search may be a name, so the log only says that there are some."""
    return "&".join(f"{name}={'…' if name == 'words' else value}" for name, value in chosen.chosen.items())


def _about_sheet(request: SignedInRequest, unit: Unit, incident: Incident, count: int, chosen: LetterFilter) -> Sheet:
    """Return the sheet that says what the list is: unit, incident, filter, number, time and reader."""
    now = timezone.now()
    rows = [
        ["Hændelse", incident.title],
        ["Enhed", unit.name],
        ["Filter", ", ".join(chip.label for chip in chosen.chips()) or "Alle breve"],
        ["Breve", danish.number(count)],
        ["Hentet", f"{danish.weekday_date(now)} {danish.clock(now)}"],
        ["Hentet af", request.user.name],
    ]
    return Sheet("Om listen", ["Listen", ""], rows, [16, 70])


def _log_export(request: SignedInRequest, event: str, unit: Unit, count: int, **more: str) -> None:
    logs.log_security_event(event, request.user.pk, unit_id=unit.pk, count=count, **more)
