"""The pages behind the figures of a board: all figures, the units with letters, and the consequences."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from followups.boards import consequence_list, figure_list
from followups.boards.board import Board
from followups.boards.consequence_list import (
    CONSEQUENCE_COLUMNS,
    CONSEQUENCE_EXPORT,
    ConsequenceFilter,
    ConsequenceTotals,
)
from followups.boards.figure_list import split_figure
from followups.boards.filters import filter_query
from followups.boards.tables import TALLY_COLUMNS, unit_list
from followups.boards.views import board_page, render_tab
from followups.navigation import PRINT, PRINTED_ROWS
from followups.reporting import consequences
from followups.reporting.letter_figures import UNIT_TOTALS
from letters.models import Incident
from sepo_incident.accounts.list_export import download_list
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core.components import Pill
from sepo_incident.core.sorting import ColumnSort

PER_PAGE = 25


@require_safe
@board_page
def all_figures(request: SignedInRequest, unit: Unit, incident: Incident) -> HttpResponseBase:
    """Show every figure of the unit with its sentence, linked to what it counts; the figure `tal` by unit."""
    shown = Board(unit, incident, request.user)
    groups = figure_list.list_figures(shown)
    split = split_figure(shown, request.GET.get("tal", ""), is_own="egne" in request.GET)
    context = {"groups": groups, "split": split}
    return render_tab(request, shown, "board_figures", context, "followups/board_all_figures.html")


@require_safe
@board_page
def units(request: SignedInRequest, unit: Unit, incident: Incident) -> HttpResponseBase:
    """Show the units with letters of their own: all, or those that have begun or are finished."""
    shown = Board(unit, incident, request.user)
    asked = request.GET.get("vis", "all")
    choice = asked if asked in UNIT_TOTALS else "all"
    sort = ColumnSort(request.GET, TALLY_COLUMNS, default="name", anchor="enheder")
    rows = unit_list(shown.unit, shown.units_with(choice), sort)
    page = _paginate(request, rows)
    url = reverse("board_units", args=[unit.pk])
    pills = [
        Pill(label.capitalize(), f"{url}?vis={name}#enheder", len(shown.units_with(name)), is_current=name == choice)
        for name, (_, label, _) in UNIT_TOTALS.items()
    ]
    context = page | {"heads": sort.heads, "pills": pills, "sentence": UNIT_TOTALS[choice][2]}
    return render_tab(request, shown, "board_figures", context, "followups/board_units.html")


@require_safe
@board_page
def board_consequences(request: SignedInRequest, unit: Unit, incident: Incident) -> HttpResponseBase:
    """Show the totals of the consequences, and those of the letters that the reader may read."""
    shown = Board(unit, incident, request.user)
    rows = consequence_list.consequence_rows(shown)
    chosen = ConsequenceFilter(request.GET, rows)
    sort = ColumnSort(request.GET, CONSEQUENCE_COLUMNS, default="-severity", anchor="konsekvenser")
    listed = sort.order(consequence_list.listed_rows(shown, chosen.qs), "followup__letter__sent_at", "pk")
    if file := download_list(request, CONSEQUENCE_EXPORT, listed, about=shown.about):
        return file
    context = _paginate(request, listed) | {"filter": chosen, "totals": ConsequenceTotals(shown, rows)}
    if chosen.is_chosen:
        harms = consequences.list_harms(chosen.qs)
        context |= {"chosen": len(harms), "kroner": consequence_list.kroner_of(harms)}
    context |= {"heads": sort.heads, "choices": filter_query(request.GET)}
    return render_tab(request, shown, "board_consequences", context)


def _paginate(request: SignedInRequest, rows: Any) -> dict[str, Any]:
    """Return the context of a page of the rows, or of a long page for printing."""
    is_print = PRINT in request.GET
    page = Paginator(rows, PRINTED_ROWS if is_print else PER_PAGE).get_page(request.GET.get("page"))
    return {"page_obj": page, "is_print": is_print}
