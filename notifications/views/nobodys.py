"""*Ingen kan svare*: open letters that nobody who is here and can be reached answers for, each with who must act."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from followups import deadlines
from followups.away import handing_over
from letters import worklist
from letters.models import Incident, Letter
from notifications import proving
from notifications.models import Proof
from notifications.showing import unanswered
from sepo_incident.accounts.models import Membership, User
from sepo_incident.accounts.permissions import requires_role
from sepo_incident.accounts.requests import SignedInRequest

PER_PAGE = 50


@require_safe
@requires_role(*worklist.FINDERS)
def nobodys(request: SignedInRequest) -> HttpResponse:
    """As it is now, and what the last proof said of all letters."""
    incident, today = Incident.objects.current(), deadlines.today()
    if incident is None:
        return render(request, "notifications/nobodys.html")
    owners = dict(proving.nobodys(incident, today).values_list("letter", "owner"))
    letters = Letter.objects.visible_to(request.user).filter(pk__in=owners).order_by("sent_at", "pk")
    page = Paginator(letters.select_related("sender", "leader", "unit", "followup"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    unanswered.tell(list(page.object_list), owners)
    context = {
        "page_obj": page,
        "proof": Proof.objects.of(incident).first(),
        "led": _led(request.user, incident, page.object_list),
    }
    return render(request, "notifications/nobodys.html", context)


def _led(reader: User, incident: Incident, letters: Iterable[Letter]) -> set[int]:
    """The senders for whom a coordinator may name a substitute."""
    if Membership.Role.COORDINATOR not in reader.roles:
        return set()
    people = handing_over.people_led(reader, incident).filter(pk__in=[one.sender_id for one in letters])
    return set(people.values_list("pk", flat=True))
