"""*Personer*: everybody, with a search and three filters, for Koncern IT."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notifications.models import Delivery
from sepo_incident.accounts.models import Absence
from sepo_incident.accounts.models.people import USER_WORDS
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import calendar
from sepo_incident.core.components import Pill
from sepo_incident.core.forms import search_text
from sepo_incident.core.sorting import Column, ColumnSort, danish_order
from sepo_incident.core.word_search import begins_with_words, divide_words
from sepo_incident.web.people.visible_people import people_visible_to

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
