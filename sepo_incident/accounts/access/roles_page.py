"""The page *Roller*: who holds the roles above LEADER, and which groups at the municipality's sign-in give roles."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from sepo_incident.accounts.access import access_changes, access_page
from sepo_incident.accounts.access.access_page import RoleForm, confirm, submit_role
from sepo_incident.accounts.models import AccessChange, GroupRole, Membership
from sepo_incident.accounts.roles import SignedInRequest, refuse_while_impersonating, role_giver_required
from sepo_incident.core.forms import FreeText

CHANGES_PER_PAGE = 50


class GroupRoleForm(RoleForm):
    """Asks for a group at the municipality's sign-in, and the role that the group gives."""

    group = FreeText(
        label="Gruppe",
        help_text="Præcis som kommunens login skriver den: et navn eller et id.",
        max_length=200,
        error_messages={"required": "Skriv, hvad gruppen hedder i kommunens login."},
    )
    field_order = ["group", "role", "unit", "reason"]


@role_giver_required
@refuse_while_impersonating
@require_safe
def roles(request: SignedInRequest) -> HttpResponse:
    """List the holders of the roles above LEADER, and the roles that were given and removed."""
    holders = Membership.objects.exclude(role=Membership.Role.LEADER).select_related("user", "unit")
    changes = AccessChange.objects.exclude(role="").select_related("person", "unit", "by")
    context = {
        "holders": holders.order_by("role", "unit__sort_key", "user__name"),
        "page_obj": Paginator(changes, CHANGES_PER_PAGE).get_page(request.GET.get("page")),
        "is_kit": Membership.Role.KIT_ADMIN in request.user.roles,
    }
    return render(request, "accounts/access/roles.html", context)


@role_giver_required
@refuse_while_impersonating
@require_http_methods(["GET", "HEAD", "POST"])
def group_roles(request: SignedInRequest) -> HttpResponse:
    """List the groups at the municipality's sign-in that give roles, and add a group."""
    form = GroupRoleForm(request.POST if request.method == "POST" else None, by=request.user)
    if form.is_valid() and submit_role(request, form):
        return redirect("group_roles")
    context = {
        "form": form,
        "groups": GroupRole.objects.select_related("unit"),
        "has_provider": bool(settings.OIDC["issuer"]),
        "is_kit": Membership.Role.KIT_ADMIN in request.user.roles,
    }
    return render(request, "accounts/access/groups.html", context, status=422 if form.errors else 200)


@role_giver_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_group_role(request: SignedInRequest, pk: int) -> HttpResponse:
    given = GroupRole.objects.select_related("unit").filter(pk=pk).first()
    if given is None:
        messages.info(request, "Gruppen giver ikke længere rollen. Der er ikke ændret noget.")
        return redirect("group_roles")
    role = {"group": given.group, "unit": given.unit, "role": given.role}
    change = AccessChange(kind=AccessChange.Kind.ROLE_TAKEN, by=request.user, **role)
    return confirm(
        request,
        lambda why: access_changes.change_role(change, why),
        back=reverse("group_roles"),
        title=f"Fjern rollen {given.get_role_display()} fra gruppen?",
        lead=f"{change.holder.capitalize()} giver ikke længere rollen i {given.unit.name}. De, der kun har rollen fra "
        "gruppen, mister den.",
        button="Fjern gruppens rolle",
        done=f"{change.holder}: {change.what}.",
    )


urlpatterns = [
    path("person/<int:pk>/adgang/", access_page.person_access, name="person_access"),
    path("person/<int:pk>/adgang/giv/", access_page.give_role, name="give_role"),
    path("person/<int:pk>/adgang/rolle/<int:membership_pk>/fjern/", access_page.take_role, name="take_role"),
    path("person/<int:pk>/adgang/nyt-login/<int:refused_pk>/", access_page.approve_identity, name="approve_identity"),
    path("person/<int:pk>/adgang/log-ud/", access_page.sign_out_person, name="sign_out_person"),
    path("person/<int:pk>/adgang/fjern-noegler/", access_page.remove_keys, name="remove_keys"),
    path("roller/", roles, name="roles"),
    path("roller/grupper/", group_roles, name="group_roles"),
    path("roller/grupper/<int:pk>/fjern/", take_group_role, name="take_group_role"),
]
