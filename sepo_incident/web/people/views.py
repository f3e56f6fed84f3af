"""Views of the search, of the page about a person, and of the tab *Om enheden*."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from followups.boards.board import Board
from followups.boards.views import board_page, render_tab
from letters.incidents import incident_of
from letters.models import Incident
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import GIVERS, SignedInRequest, read_only
from sepo_incident.core import cpr
from sepo_incident.core.forms import search_text
from sepo_incident.web.middleware import CPR_SEARCH_REFUSAL
from sepo_incident.web.people.person_history import list_events
from sepo_incident.web.people.person_page import PersonPage
from sepo_incident.web.people.person_rights import list_rights
from sepo_incident.web.people.search import LISTED, SUGGESTED, search_everything
from sepo_incident.web.people.unit_page import UnitPage
from sepo_incident.web.people.visible_people import people_visible_to


@read_only
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: SignedInRequest) -> HttpResponse:
    """Show what is found by the posted text; htmx gets the first hits only. A GET shows the empty field."""
    text = search_text(request.POST.get("ord", ""))
    if cpr.contains_cpr(text):
        context: dict[str, object] = {"refusal": CPR_SEARCH_REFUSAL}
    else:
        shown = SUGGESTED if request.htmx else LISTED
        context = {"words": text, "found": search_everything(text, request.user, shown, incident_of(request))}
    template = "people/search.html#hits" if request.htmx else "people/search.html"
    return render(request, template, context)


@require_safe
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the page about a person."""
    found = get_object_or_404(people_visible_to(request.user).select_related("unit"), pk=pk)
    page = PersonPage(found, incident_of(request), request.user, request.GET)
    context = {
        "page": page,
        "person": found,
        "page_obj": page.page_obj,
        "heads": page.sort.heads,
        "rights": list_rights(page),
        "events": list_events(found) if page.shows_history else [],
        "gives_roles": not request.user.roles.isdisjoint(GIVERS.values()),
    }
    return render(request, "people/person.html", context)


@require_safe
@board_page
def unit_page(request: SignedInRequest, unit: Unit, incident: Incident) -> HttpResponse:
    """Show the tab *Om enheden* of the board, also for a unit without letters."""
    board = Board(unit, incident, request.user)
    facts = UnitPage(board, shows_everybody=request.GET.get("personer") == "alle")
    return render_tab(request, board, "unit_page", {"facts": facts}, "people/unit.html")
