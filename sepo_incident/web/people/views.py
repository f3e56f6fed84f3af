"""The search, the list of people, the page about a person, and the tab *Om enheden*."""

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from followups.boards.board import Board
from followups.boards.board_letters import units_with_board_for
from followups.boards.views import board_page, render_tab
from letters.incidents import incident_of
from letters.models import Incident
from letters.story.plans import may_extend_deadline
from notifications.models import Delivery
from sepo_incident.accounts.models import Absence, Membership, Unit
from sepo_incident.accounts.models.people import USER_WORDS
from sepo_incident.accounts.roles import GIVERS, SignedInRequest, kit_admin_required, read_only
from sepo_incident.core import calendar, cpr, danish
from sepo_incident.core.components import Pill
from sepo_incident.core.forms import search_text
from sepo_incident.core.sorting import Column, ColumnSort, danish_order
from sepo_incident.core.word_search import begins_with_words, divide_words
from sepo_incident.web.middleware import CPR_SEARCH_REFUSAL
from sepo_incident.web.people.person_history import list_events
from sepo_incident.web.people.person_page import PersonPage, list_contacts
from sepo_incident.web.people.person_rights import list_rights
from sepo_incident.web.people.search import LISTED, SUGGESTED, search_everything
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
    template = "people/_search_hits.html" if request.htmx else "people/search.html"
    return render(request, template, context)


@require_safe
def person(request: SignedInRequest, pk: int) -> HttpResponse:
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


PER_PAGE = 25
COLUMNS = {"name": Column(danish_order("name")), "unit": Column(danish_order("unit__name"))}
#: Filter in the address -> (label, tone, condition)
FILTERS = {
    "alle": ("Alle", "", Q()),
    "fratraadt": ("Fratrådt", "is-soon", Q(left_on__isnull=False)),
    "vaek": ("Væk i dag", "is-info", Q(is_away=True)),
    "ikke-naaet": ("Ikke nået", "is-late", Q(is_unreached=True)),
}


@require_safe
@kit_admin_required
def people_list(request: SignedInRequest) -> HttpResponse:
    """List the people whom search (`q`) and filter (`vis`) leave, 25 a page."""
    words = search_text(request.GET.get("q", ""))
    chosen = request.GET.get("vis", "") if request.GET.get("vis") in FILTERS else "alle"
    absent = Absence.objects.in_force(calendar.today()).filter(person=OuterRef("pk"))
    failed = Delivery.objects.awaiting_resolution().filter(recipient=OuterRef("pk"))
    found = people_visible_to(request.user).annotate(is_away=Exists(absent), is_unreached=Exists(failed))
    if words:
        found = found.alias(words=USER_WORDS).filter(begins_with_words("words", divide_words(words)))
    counts = found.aggregate(**{slug: Count("pk", filter=condition) for slug, (_, _, condition) in FILTERS.items()})
    sort = ColumnSort(request.GET, COLUMNS, default="name")
    listed = sort.order(found.filter(FILTERS[chosen][2]).select_related("unit"), "pk")
    context = {
        "page_obj": Paginator(listed, PER_PAGE).get_page(request.GET.get("page")),
        "heads": sort.heads,
        "words": words,
        "chosen": chosen,
        "pills": list_pills(request, counts, chosen),
    }
    return render(request, "people/people.html", context)


def list_pills(request: SignedInRequest, counts: dict[str, int], chosen: str) -> list[Pill]:
    """Return a link for each filter, with the number of people whom the search leaves."""

    def url(slug: str) -> str:
        asked = request.GET.copy()
        asked.pop("page", None)
        asked["vis"] = slug
        return f"?{asked.urlencode()}"

    return [Pill(label, url(slug), counts[slug], tone, slug == chosen) for slug, (label, tone, _) in FILTERS.items()]


PEOPLE_SHOWN = 30


@require_safe
@board_page
def unit_page(request: SignedInRequest, unit: Unit, incident: Incident) -> HttpResponse:
    """Show the tab *Om enheden* of the board, also for a unit without letters.

    A reader who only counts gets no names of leaders (decision 46).
    """
    board, reader = Board(unit, incident, request.user), request.user
    held = Membership.objects.opening_letters_of(unit) if board.has_list else []
    here = [one for one in held if one.unit_id == unit.pk and one.role == Membership.Role.LEADER]
    found = people_visible_to(reader).filter(unit=unit, left_on=None)
    everybody = sorted(found, key=lambda one: (danish.sort_key(one.name), one.pk))
    facts = {
        "leaders": list_contacts(here, reader),
        "who_sees": list_contacts(held, reader),
        "everybody": everybody,
        "people": everybody if request.GET.get("personer") == "alle" else everybody[:PEOPLE_SHOWN],
        "units_below": units_with_board_for(reader).filter(parent=unit).in_order(),
    }
    is_open = not incident.is_closed and not unit.is_root
    context = {"facts": facts, "may_extend": is_open and may_extend_deadline(reader, unit)}
    return render_tab(request, board, "unit_page", context, "people/unit.html")


urlpatterns = [
    path("personer/", people_list, name="people"),
    path("soeg/", search, name="search"),
    path("person/<int:pk>/", person, name="person"),
    path("enhed/<int:pk>/om/", unit_page, name="unit_page"),
]
