"""*Min enhed*: a unit's progress towards the deadline, the letter list, and the letters that wait for the reader."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page
from django.db.models import Count
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from followups.boards.board import (
    board_letters,
    build_board,
    led_units,
    overview_rows,
    own_units,
    sees_only_as_hr,
    units_with_board_for,
)
from followups.boards.filters import STATUS_MINE, STATUS_THEIRS, LetterFilter
from followups.boards.tables import BAR_LEGEND, UNIT_ORDERS
from followups.models import LetterRow
from followups.navigation import origin_query
from followups.rules import rights
from followups.rules.letter_rows import paginate_rows
from letters.models import Incident
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import calendar

PER_PAGE = 25  # A letter is about 150 px high on a phone, so a longer page is too much scrolling.
PEOPLE_SHOWN = 10
#: Query parameters of the tables. All other parameters filter the letter list.
VIEW_CHOICES = ("people", "units")


@require_safe
def boards(request: SignedInRequest) -> HttpResponse:
    """Show the reader's own units and the units with letters that the reader leads. Redirect if there is a single
    unit.
    """
    user, incident = request.user, Incident.objects.current()
    units, led = own_units(user), led_units(user)
    if len(units + led) == 1:
        return redirect("board", (units + led)[0].pk)
    rows = overview_rows(units, incident, user) + overview_rows(led, incident, user, only_led=True) if incident else []
    only_hrs = any(sees_only_as_hr(unit, user) for unit in units)
    context = {"units": units + led, "rows": rows, "legend": BAR_LEGEND, "only_hrs": only_hrs}
    return render(request, "followups/boards.html", context)


@require_safe
def board(request: SignedInRequest, pk: int) -> HttpResponse:
    unit = get_object_or_404(units_with_board_for(request.user), pk=pk)
    incident = Incident.objects.current()
    context: dict[str, Any] = {"unit": unit, "incident": incident, "above": units_above(unit, request)}
    context["only_hrs"] = sees_only_as_hr(unit, request.user)
    if incident is None:
        return render(request, "followups/board.html", context)
    everybody, order = request.GET.get("people") == "alle", request.GET.get("units", "")
    numbers = build_board(unit, incident, request.user, None if everybody else PEOPLE_SHOWN, order)
    letters = board_letters(unit, incident, request.user)
    chosen = LetterFilter(request.GET, letters, unit, request.user)
    chosen.offer([row.name for row in numbers.categories], numbers.senders, numbers.may_confirm)
    page = paginate_rows(chosen.letters(), PER_PAGE, request.GET.get("page"), request.user)
    context |= {"board": numbers, "page_obj": page, "people_shown": PEOPLE_SHOWN, "everybody": everybody}
    context |= filter_context(request, chosen, order) | selection_context(request, letters, chosen, page)
    return render(request, "followups/board.html", context)


def filter_context(request: SignedInRequest, chosen: LetterFilter, order: str) -> dict[str, object]:
    """Return the template context of the filters, with the values that forms and links carry on."""
    return {
        "filter": chosen,
        "chips": chosen.chips(),
        "origin": origin_query(request),
        "orders": unit_order_links(request.GET, order),
        "view_choices": [(name, request.GET[name]) for name in VIEW_CHOICES if name in request.GET],
        "all_choices": list(request.GET.items()),
    }


def unit_order_links(choices: QueryDict, chosen: str) -> list[dict[str, object]]:
    """Return the links that sort the sub-units. The filters of the letter list are kept."""
    orders = []
    for value, (label, _) in UNIT_ORDERS.items():
        data = choices.copy()
        data["units"] = value
        orders.append({"label": label, "url": f"?{data.urlencode()}#enheder", "is_chosen": value == chosen})
    return orders


def units_above(unit: Unit, request: SignedInRequest) -> list[Unit]:
    """Return the units above the unit that the reader may see, topmost first."""
    above = Unit.objects.visible_to(request.user).filter(pk__in=unit.lineage[:-1])
    return sorted(above, key=lambda other: len(other.lineage))


def selection_context(
    request: SignedInRequest, letters: LetterQuerySet, chosen: LetterFilter, shown: Page[LetterRow]
) -> dict[str, object]:
    """Return the template context of selecting letters in the list.

    The letters of the page that the reader may confirm or decide about, and two counts over the whole filter: letters
    for a bulk decision (`takes_together`) and letters to confirm (`confirmable`). The letters to confirm await the
    reader, or a nearer leader if the filter is THEIRS. `has_confirmed` is whether the reader has confirmed letters
    before, if the filter is about confirmation and the list is empty.
    """
    nothing_waits = not shown and chosen.is_about_confirmation()
    by_reader = letters.filter(followup__confirmed_by=request.user)
    all_of = rights.confirmable_by if chosen.is_about_other_leaders() else rights.awaits_confirmation_by
    confirmed = {letter.pk for letter in shown if letter.reader_may_confirm}
    decided = {letter.pk for letter in shown if letter.reader_may_bulk_decide}
    in_the_filter = chosen.qs.order_by().aggregate(
        confirmable=Count("pk", filter=all_of(request.user)),
        takes_together=Count("pk", filter=rights.bulk_decidable_by(request.user, calendar.today())),
    )
    return in_the_filter | {
        "pickable": confirmed | decided,
        "picks_to_confirm": bool(confirmed),
        "picks_to_decide": bool(decided),
        "is_whose_turn": chosen.chosen.get("status") in (STATUS_MINE, STATUS_THEIRS),
        "nothing_waits": nothing_waits,
        "has_confirmed": nothing_waits and by_reader.exists(),
    }
