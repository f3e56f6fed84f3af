"""*Åbn personalesager*: the people whose personnel cases wait for Personalejura, and the button that opens them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from letters import personnel_openings
from sepo_incident.accounts.models import Membership
from sepo_incident.accounts.roles import SignedInRequest, requires_role
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import parse_int

requires_hr = requires_role(Membership.Role.HR)


@require_safe
@requires_hr
def waiting_personnel_cases(request: SignedInRequest) -> HttpResponse:
    waiting = personnel_openings.list_waiting_people(request.user)
    return render(request, "followups/personnel_openings.html", {"waiting": waiting})


@require_POST
@requires_hr
def open_personnel_cases(request: SignedInRequest, pk: int) -> HttpResponse:
    """Open all letters that wait for the person. Without such letters, answer 404."""
    person = get_object_or_404(personnel_openings.people_who_wait(request.user), pk=pk)
    address, number = request.POST.get("adresse", ""), parse_int(request.POST.get("antal", "")) or 0
    try:
        opened = personnel_openings.open_letters(request.user, person, address=address, number=number)
    except Conflict:
        messages.error(request, f"Noget er ændret for {person.name} imens. Se listen igennem, og åbn igen.")
    else:
        messages.success(request, f"{danish.count(opened, 'brev', 'breve')} er åbnet for {person.name}.")
    return redirect("personnel_openings")
