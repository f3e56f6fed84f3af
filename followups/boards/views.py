"""*Min enhed*: a unit's progress towards the deadline, the letter list, and the letters that wait for the reader."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.paginator import Page
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from followups.boards.board import Board
from followups.boards.board_letters import has_letter_list, led_units, own_units, units_with_board_for
from followups.boards.call_suggestions import suggest_calls
from followups.boards.figure_list import NO_CATEGORIES, redirect_to_figures
from followups.boards.filters import STATUS_MINE, STATUS_THEIRS, LetterFilter, filter_query
from followups.boards.saved_views import PILLS_SHOWN, shown_views
from followups.boards.tables import BAR_LEGEND, TALLY_COLUMNS, overview_rows
from followups.boards.turn import build_turn, waiting_ids
from followups.letter_files import download_letters
from followups.models import LetterRow
from followups.navigation import PRINT, PRINTED_ROWS, origin_query
from followups.rules.letter_rows import fetch_rows, paginate_ids, sort_letters
from letters.incidents import incident_of
from letters.models import Incident
from letters.story import plans
from sepo_incident.accounts.list_export import wants_file
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core.components import Pill
from sepo_incident.core.sorting import ColumnSort

PER_PAGE = 25  # A letter is about 150 px high on a phone, so a longer page is too much scrolling.
PEOPLE_SHOWN = 10
#: The tabs of a board: name of the address -> Danish label.
TABS = {
    "board": "Breve",
    "board_figures": "Tal",
    "board_people": "Personer",
    "board_categories": "Emner",
    "board_consequences": "Konsekvenser",
    "board_mails": "Mails",
    "unit_page": "Om enheden",
}
#: Tabs that are not offered to who only counts, and the tab that is not offered to them on a small board.
LETTER_TABS, CATEGORY_TABS = ("board", "board_people"), ("board_categories",)


type BoardView = Callable[[SignedInRequest, Unit, Incident], HttpResponseBase]


def board_page(view: BoardView) -> Callable[[SignedInRequest, int], HttpResponseBase]:
    """Hand the view the unit and the incident; without an incident, show the page that says so.

    Raise Http404 for a unit whose board the reader may not open.
    """

    @wraps(view)
    def answer(request: SignedInRequest, pk: int) -> HttpResponseBase:
        unit, incident = get_object_or_404(units_with_board_for(request.user), pk=pk), incident_of(request)
        if incident:
            return view(request, unit, incident)
        only_hrs = request.user.sees_only_personnel_cases(unit.lineage)
        context = {"unit": unit, "above": units_above(unit, request), "only_hrs": only_hrs, "lies_under": "boards"}
        return render(request, "followups/board_base.html", context)

    return answer


@require_safe
def boards(request: SignedInRequest) -> HttpResponse:
    """Show the reader's own units and the units with letters that the reader leads. Redirect if there is a single
    unit: to its figures if the reader only counts.
    """
    user, incident = request.user, incident_of(request)
    units, led = own_units(user), led_units(user)
    if len(units + led) == 1:
        [unit] = units + led
        return redirect("board" if has_letter_list(unit, user) else "board_figures", unit.pk)
    rows = overview_rows(units, incident, user) + overview_rows(led, incident, user, only_led=True) if incident else []
    only_hrs = any(user.sees_only_personnel_cases(unit.lineage) for unit in units)
    context = {"units": units + led, "rows": rows, "legend": BAR_LEGEND, "only_hrs": only_hrs}
    return render(request, "followups/boards.html", context)


@require_safe
@board_page
def board(request: SignedInRequest, unit: Unit, incident: Incident) -> HttpResponseBase:
    """Show the reader's turn and the letters of the unit: the undecided ones unless the address has filters."""
    shown = Board(unit, incident, request.user, is_list=True)
    if not shown.has_list:
        return redirect_to_figures(request, unit.pk)
    chosen, is_print = filter_of(request, shown), PRINT in request.GET
    if wants_file(request) and (file := stream_letters(request, shown, chosen)):
        return file
    per_page = PRINTED_ROWS if is_print else PER_PAGE
    number, count = chosen.data.get("page"), shown.counts.get(chosen.only_figure)
    listed, waiting = paginate_ids(chosen.letters(), per_page, number, count), waiting_ids(shown)
    rows = {letter.pk: letter for letter in fetch_rows(request.user, {*listed, *waiting})}
    page = Page([rows[pk] for pk in listed if pk in rows], listed.number, listed.paginator)
    turn = build_turn(shown, [rows[pk] for pk in waiting if pk in rows])
    views = shown_views(shown, chosen)
    context: dict[str, Any] = {"turn": turn, "calls": suggest_calls(shown), "page_obj": page}
    context |= {"views": views, "is_print": is_print}
    context["pills"] = [
        Pill(one.view.name, one.url, one.letters, is_current=one.is_current) for one in views[:PILLS_SHOWN]
    ]
    context |= filter_context(request, chosen) | selection_context(request, shown, chosen, page)
    return render_tab(request, shown, "board", context)


@require_safe
@board_page
def board_figures(request: SignedInRequest, unit: Unit, incident: Incident) -> HttpResponse:
    """Show the unit's figures, the curve and the units below."""
    sort = ColumnSort(request.GET, TALLY_COLUMNS, default="-missing", anchor="enheder")
    shown = Board(unit, incident, request.user, sort=sort)
    return render_tab(request, shown, "board_figures", {"heads": sort.heads})


@require_safe
@board_page
def board_people(request: SignedInRequest, unit: Unit, incident: Incident) -> HttpResponse:
    """Show the people with unfinished letters, and the reminders."""
    everybody = request.GET.get("people") == "alle"
    people_shown = None if everybody else PEOPLE_SHOWN
    sort = ColumnSort(request.GET, TALLY_COLUMNS, default="-missing", anchor="folk")
    shown = Board(unit, incident, request.user, people_shown, sort, is_list=True, counts_people=True)
    if not shown.has_list:
        return redirect_to_figures(request, unit.pk)
    context = {"everybody": everybody, "people_shown": PEOPLE_SHOWN, "heads": sort.heads}
    return render_tab(request, shown, "board_people", context)


@require_safe
@board_page
def board_categories(request: SignedInRequest, unit: Unit, incident: Incident) -> HttpResponse:
    """Show the categories of the unit's letters, in the order of the rules unless a column is chosen."""
    sort = ColumnSort(request.GET, TALLY_COLUMNS, anchor="emner")
    shown = Board(unit, incident, request.user, sort=sort)
    if not shown.tells_personnel_cases:
        messages.info(request, NO_CATEGORIES)
        return redirect("board_figures", unit.pk)
    return render_tab(request, shown, "board_categories", {"heads": sort.heads})


# --- What the tabs share ------------------------------------------------------------------------------------------


def render_tab(
    request: SignedInRequest, shown: Board, tab: str, context: dict[str, Any], template: str = ""
) -> HttpResponse:
    """Show a tab of the board. `template`: of a page inside the tab; without it the tab's own."""
    left_out = {*(() if shown.has_list else LETTER_TABS), *(() if shown.tells_personnel_cases else CATEGORY_TABS)}
    offered = {name: label for name, label in TABS.items() if name not in left_out}
    tabs = [(name, label, reverse(name, args=[shown.unit.pk])) for name, label in offered.items()]
    context |= {"board": shown, "unit": shown.unit, "incident": shown.incident, "tab": tab, "tabs": tabs}
    context["tab_label"] = TABS[tab]
    context |= {"above": units_above(shown.unit, request), "only_hrs": shown.only_hrs, "lies_under": "boards"}
    context["may_plan"] = plans.may_edit_plan(request.user, shown.unit)
    return render(request, template or f"followups/{tab}.html", context)


def filter_of(request: SignedInRequest, shown: Board) -> LetterFilter:
    """Return the filter of the address; without one the letters that lack a decision, or all if there are none."""
    data = request.GET.copy()
    data.pop(PRINT, None)  # no link of the page leads to a list for printing
    if not set(data) & set(LetterFilter.base_filters):
        data["status"] = "LACKS_DECISION" if shown.counts["LACKS_DECISION"] else "ALL"
    chosen = LetterFilter(data, shown.letters, shown.unit, request.user)
    chosen.offer(shown.category_names, shown.senders, shown.may_confirm)
    return chosen


def stream_letters(request: SignedInRequest, shown: Board, chosen: LetterFilter) -> HttpResponseBase | None:
    """Stream the letters of the filter, with the filter in words."""
    about = [*shown.about, ("Filter", ", ".join(chip.label for chip in chosen.chips()) or "Alle breve")]
    return download_letters(request, chosen.letters(), "breve-enhed", about)


def filter_context(request: SignedInRequest, chosen: LetterFilter) -> dict[str, object]:
    """Return the template context of the filters, with the values that forms and links carry on."""
    return {
        "filter": chosen,
        "chips": chosen.chips(),
        "heads": sort_letters(chosen.data, anchor="breve").heads,
        "origin": origin_query(request),
        "choices": filter_query(chosen.data, without=("page",)),
        "all_choices": [(name, value) for name, value in chosen.data.items() if name != "page"],
    }


def units_above(unit: Unit, request: SignedInRequest) -> list[Unit]:
    """Return the units above the unit that the reader may see, topmost first. No query if a role begins here."""
    if not set(unit.lineage[:-1]) & set(request.user.membership_unit_ids):
        return []
    above = Unit.objects.visible_to(request.user).filter(pk__in=unit.lineage[:-1])
    return sorted(above, key=lambda other: len(other.lineage))


def selection_context(
    request: SignedInRequest, board: Board, chosen: LetterFilter, shown: Page[LetterRow]
) -> dict[str, object]:
    """Return the template context of selecting letters in the list.

    The letters of the page that the reader may confirm or decide about, and two counts over the whole filter: letters
    for a bulk decision (`takes_together`) and letters to confirm (`confirmable`), each 0 where the page offers no such
    act. `has_confirmed` is whether the reader has confirmed letters before, if the filter is about confirmation and the
    list is empty.
    """
    status = chosen.chosen.get("status")
    is_whose_turn = status in (STATUS_MINE, STATUS_THEIRS)
    nothing_waits = not shown and (is_whose_turn or status == "DONE")
    confirmed = {letter.pk for letter in shown if letter.reader_may_confirm}
    decided = {letter.pk for letter in shown if letter.reader_may_bulk_decide}
    takes_together = sum(bool(letter.accepts_bulk_decision) for letter in shown)
    if decided and shown.has_other_pages():
        is_counted = chosen.only_figure in ("ALL", "LACKS_DECISION", "OPEN")  # each has all undecided letters
        takes_together = board.counts["TOGETHER"] if is_counted else chosen.takes_together()
    return {
        "confirmable": shown.paginator.count if is_whose_turn else 0,
        "takes_together": takes_together,
        "pickable": confirmed | decided,
        "picks_to_confirm": bool(confirmed),
        "picks_to_decide": bool(decided),
        "nothing_waits": nothing_waits,
        "has_confirmed": nothing_waits and board.letters.filter(followup__confirmed_by=request.user).exists(),
    }
