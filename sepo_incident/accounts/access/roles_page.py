"""The page *Roller*: requests that wait for a second person, and who holds the roles above LEADER."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sepo_incident.accounts.access import role_requests
from sepo_incident.accounts.access.access_page import has_second_administrator, submit_request
from sepo_incident.accounts.access.forms import GroupRoleForm, ReasonForm
from sepo_incident.accounts.access.history import lines_of_requests
from sepo_incident.accounts.models import GroupRole, Membership, RoleRequest
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required, refuse_while_impersonating
from sepo_incident.core.database import Conflict

REQUESTS_PER_PAGE = 50
#: Answer -> what the next page says; {} is the request.
ANSWERED = {
    RoleRequest.Outcome.APPROVED: "Godkendt: {}. Rollen er ændret.",
    RoleRequest.Outcome.REFUSED: "Afvist: {}. Rollen er ikke ændret.",
    RoleRequest.Outcome.WITHDRAWN: "Trukket tilbage: {}.",
}


@kit_admin_required
@refuse_while_impersonating
@require_safe
def role_requests_page(request: SignedInRequest) -> HttpResponse:
    """List the waiting requests, the holders of the roles above LEADER, and the answered requests."""
    requests = RoleRequest.objects.select_related("person", "unit", "by", "answered_by")
    answered = requests.exclude(outcome="").order_by("-answered_at", "-pk")
    holders = Membership.objects.exclude(role=Membership.Role.LEADER).select_related("user", "unit")
    page = Paginator(answered, REQUESTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "waiting": requests.waiting(),
        "is_alone": not has_second_administrator(request.user),
        "holders": holders.order_by("role", "unit__sort_key", "user__name"),
        "page_obj": page,
        "history": lines_of_requests(page),
    }
    return render(request, "accounts/access/roles.html", context)


@kit_admin_required
@require_POST
def answer_role_request(request: SignedInRequest, pk: int) -> HttpResponse:
    """Approve, refuse or withdraw a request: `svar` of the button."""
    asked = get_object_or_404(RoleRequest, pk=pk)
    outcome = request.POST.get("svar", "")
    if outcome not in RoleRequest.Outcome:
        messages.warning(request, "Vælg, om du godkender eller afviser.")
        return redirect("role_requests")
    try:
        role_requests.answer_role_request(asked, outcome, request.user)
        messages.success(request, ANSWERED[RoleRequest.Outcome(outcome)].format(asked.sentence))
    except Conflict:
        messages.info(request, "Anmodningen er allerede besvaret. Intet er ændret.")
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect("role_requests")


@kit_admin_required
@refuse_while_impersonating
@require_http_methods(["GET", "HEAD", "POST"])
def group_roles(request: SignedInRequest) -> HttpResponse:
    """List the groups at the municipality's sign-in that give roles, and add a group."""
    form = GroupRoleForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and submit_request(request, form, form.to_request(group=form.cleaned_data["group"])):
        return redirect("group_roles")
    removals = RoleRequest.objects.waiting_removals(group=OuterRef("group"))
    context = {
        "form": form,
        "groups": GroupRole.objects.select_related("unit").annotate(is_being_removed=Exists(removals)),
        "has_provider": bool(settings.OIDC["issuer"]),
        "waiting": RoleRequest.objects.waiting().filter(person=None).select_related("unit", "by"),
        "is_alone": not has_second_administrator(request.user),
    }
    return render(request, "accounts/access/groups.html", context, status=422 if form.errors else 200)


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_group_role(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask why, and remove the role from the group or request it."""
    given = GroupRole.objects.select_related("unit").filter(pk=pk).first()
    if given is None:
        messages.info(request, "Gruppen giver ikke længere rollen. Intet er ændret.")
        return redirect("group_roles")
    act = RoleRequest.Act.TAKE
    asked = RoleRequest(group=given.group, unit=given.unit, role=given.role, act=act, by=request.user)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and submit_request(request, form, asked):
        return redirect("group_roles")
    context = {"given": given, "form": form, "asked": asked}
    return render(request, "accounts/access/take_group_role.html", context, status=422 if form.errors else 200)
