"""*Ingen kan svare*: open letters without a responsible person, and the coordinator in charge of finding somebody."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from followups.absence import takeovers
from letters.assigning import unassigned_letters
from letters.models import Incident, Letter
from notifications.models import UnanswerableCheck
from notifications.unanswerable_letters import daily_check, unanswered_reasons
from sepo_incident.accounts.models import Membership, User
from sepo_incident.accounts.roles import SignedInRequest, requires_role
from sepo_incident.core import calendar

PER_PAGE = 50


@require_safe
@requires_role(*unassigned_letters.FINDER_ROLES)
def unanswerable_letters(request: SignedInRequest) -> HttpResponse:
    """Show the unanswerable letters as of now, and the result of the latest daily check."""
    incident, today = Incident.objects.current(), calendar.today()
    if incident is None:
        return render(request, "notifications/unanswerable_letters.html")
    owners = dict(daily_check.unanswerable_followups(incident, today).values_list("letter", "owner"))
    letters = Letter.objects.visible_to(request.user).filter(pk__in=owners).order_by("sent_at", "pk")
    page = Paginator(letters.select_related("sender", "leader", "unit", "followup"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    unanswered_reasons.explain_unanswered_letters(list(page.object_list), owners)
    context = {
        "page_obj": page,
        "proof": UnanswerableCheck.objects.for_incident(incident).first(),
        "led": _senders_led_by(request.user, incident, page.object_list),
    }
    return render(request, "notifications/unanswerable_letters.html", context)


def _senders_led_by(reader: User, incident: Incident, letters: Iterable[Letter]) -> set[int]:
    """Return ids of the senders for whom the coordinator may name a substitute."""
    if Membership.Role.COORDINATOR not in reader.roles:
        return set()
    people = takeovers.senders_led_by(reader, incident).filter(pk__in=[one.sender_id for one in letters])
    return set(people.values_list("pk", flat=True))
