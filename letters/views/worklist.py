"""*Mangler ansvarlig*: the people and units that must be found, and what was found lately."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from letters import worklist
from letters.models import Assignment, Incident
from sepo_incident.accounts.permissions import requires_role
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.whole import whole

GROUPS_PER_PAGE = 50
LATELY = 10


@require_safe
@requires_role(*worklist.FINDERS)
def unassigned(request: SignedInRequest) -> HttpResponse:
    """What must be found, those first that most letters wait for."""
    incident = Incident.objects.current()
    letters = worklist.seen_by(request.user, incident).without_owner()
    lacks = request.GET.get("mangler", "")
    page = Paginator(worklist.groups(letters, lacks), GROUPS_PER_PAGE).get_page(request.GET.get("page"))
    given = Assignment.objects.visible_to(request.user).filter(incident=incident).counted()
    given = given.select_related("user", "unit", "by", "undone_by")
    context = {
        "page_obj": page,
        "groups": [worklist.as_group(row) for row in page],
        "pills": worklist.pills(letters, lacks),
        "lately": given[:LATELY],
        "just_given": given.filter(pk=whole(request.GET.get("tildelt", "")) or 0, by=request.user).first(),
    }
    return render(request, "letters/unassigned.html", context)
