"""*Forvaltningens plan*: a coordinator's page for the administration's contact, deadline, texts and committee."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from letters.incident_pages.story_forms import PlanForm
from letters.incident_pages.story_pages import EditPage, edit_row
from letters.incidents import incident_or_404
from letters.story import plans
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest, requires_role
from sepo_incident.core import calendar, danish


@require_safe
@requires_role(*plans.ROLES)
def own_plan(request: SignedInRequest) -> HttpResponse:
    """Redirect a coordinator to the plan of the administration, or Koncern IT to the list of plans."""
    units = list(plans.editable_units(request.user)[:2])
    if not units:
        raise Http404
    if len(units) == 1:
        return redirect("administration_plan", units[0].pk)
    return redirect(f"{reverse('incident')}#planer")


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(*plans.ROLES)
def administration_plan(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show and save the plan of an administration. Another administration's coordinator gets 403."""
    incident = incident_or_404(request)
    unit = get_object_or_404(Unit, pk=pk, kind=Unit.Kind.ADMINISTRATION)
    if not plans.may_edit_plan(request.user, unit):
        raise PermissionDenied
    plan = plans.find_or_begin_plan(incident, unit, request.user)
    lead = danish.deadline_sentence(incident.deadline, calendar.today())
    if plan.pk and plan.is_written:
        lead = f"Modtaget {danish.moment(plan.received_at)} fra {plan.received_by.name}. {lead}"
    page = EditPage(f"Plan for {unit.name}", f"{reverse('incident')}#planer", lead=lead)
    saved = "Gemt. Koncern IT kan se det nu."
    return edit_row(request, plan, PlanForm, page, saved, save=plans.save_plan)
