"""*Mangler ansvarlig*: the people and units that must be found."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from letters import worklist
from letters.models import Incident
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest

GROUPS_PER_PAGE = LETTERS_PER_PAGE = 50


@require_safe
@requires_role(Role.KIT_ADMIN, Role.COORDINATOR)
def unassigned(request: SignedInRequest) -> HttpResponse:
    """What must be found, those first that most letters wait for."""
    letters = worklist.seen_by(request.user, Incident.objects.current()).without_owner()
    lacks = request.GET.get("mangler", "")
    page = Paginator(worklist.groups(letters, lacks), GROUPS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "groups": [worklist.as_group(row) for row in page],
        "pills": worklist.pills(letters, lacks),
    }
    return render(request, "letters/unassigned.html", context)


@require_safe
@requires_role(Role.KIT_ADMIN, Role.COORDINATOR)
def unassigned_group(request: SignedInRequest, what: str, pk: int) -> HttpResponse:
    """The letters that wait for the same as this one. No name stands in the address."""
    if what not in worklist.NAMED_BY:
        raise Http404
    seen = worklist.seen_by(request.user, Incident.objects.current())
    one = get_object_or_404(seen.select_related("unit__parent", "sender", "leader"), pk=pk)
    letters = worklist.waiting_like(one, what, seen).select_related("sender", "leader")
    page = Paginator(letters, LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    if not page.paginator.count:
        messages.info(request, f"Brevet mangler ikke længere en {what}.")
        return redirect("unassigned")
    context = {"page_obj": page, "missing": worklist.missing_of(one, what), "what": what}
    return render(request, "letters/unassigned_group.html", context)
