"""The page *Adgang* of a person: roles and where they come from, sign-in, sessions, and what was changed and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sepo_incident.accounts.access import access_changes
from sepo_incident.accounts.access.forms import ReasonForm, RoleForm
from sepo_incident.accounts.models import AccessChange, EmailChange, Membership, User
from sepo_incident.accounts.roles import (
    SignedInRequest,
    kit_admin_required,
    refuse_while_impersonating,
    role_giver_required,
)
from sepo_incident.accounts.sign_in.own_access import list_places, list_second_factors
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import parse_int

TOO_LATE = "Nogen har lige ændret det samme. Intet er gemt. Se siden igennem, og prøv igen."
HISTORY_LENGTH = 50


@role_giver_required
@refuse_while_impersonating
@require_safe
def person_access(request: SignedInRequest, pk: int) -> HttpResponse:
    return render_access(request, get_person(pk), RoleForm(by=request.user))


def get_person(pk: int) -> User:
    return get_object_or_404(User.objects.select_related("unit"), pk=pk)


def render_access(request: SignedInRequest, person: User, form: RoleForm, status: int = 200) -> HttpResponse:
    corrections = person.email_changes.filter(user__authenticator__created_at__lt=F("at"))
    context = {
        "person": person,
        "form": form,
        "memberships": person.memberships.select_related("unit").order_by("role", "unit__sort_key"),
        "is_kit": Membership.Role.KIT_ADMIN in request.user.roles,
        "identity": SocialAccount.objects.filter(user=person).first(),
        "provider_name": settings.OIDC["name"],
        "has_provider": bool(settings.OIDC["issuer"]),
        "places": list_places(person),
        "factors": list_second_factors(person),
        # a key or an app that is older than the correction may belong to the former mailbox
        "correction": corrections.order_by("-at").first(),
        "history": list_history(person),
        "refused": person.refused_identities.first(),
    }
    return render(request, "accounts/access/person.html", context, status=status)


def list_history(person: User) -> list[AccessChange | EmailChange]:
    """Return the newest changes of the person's roles, access and address."""
    changes = person.access_changes.select_related("person", "unit", "by")[:HISTORY_LENGTH]
    addresses = person.email_changes.select_related("by")[:HISTORY_LENGTH]
    lines: list[AccessChange | EmailChange] = [*changes, *addresses]
    return sorted(lines, key=lambda one: one.at, reverse=True)[:HISTORY_LENGTH]


@role_giver_required
@require_POST
def give_role(request: SignedInRequest, pk: int) -> HttpResponse:
    person, form = get_person(pk), RoleForm(request.POST, by=request.user)
    if form.is_valid() and submit_change(request, form, form.to_change(person)):
        return redirect("person_access", pk)
    return render_access(request, person, form, status=422)


def submit_change(request: SignedInRequest, form: ReasonForm, change: AccessChange) -> bool:
    """Give or take the role. Return False, with the refusal in the form, if refused."""
    try:
        access_changes.change_role(change)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return False
    messages.success(request, f"{change.holder}: {change.what}.")
    return True


@role_giver_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_role(request: SignedInRequest, pk: int, membership_pk: int) -> HttpResponse:
    """Say what happens when the role is removed, ask why, and remove the role."""
    person = get_person(pk)
    held = Membership.objects.select_related("unit").filter(user=person, pk=membership_pk, made_by_hand=True).first()
    if held is None:
        messages.info(request, "Rollen er ikke længere givet af en person. Intet er ændret.")
        return redirect("person_access", pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        why, kind = form.cleaned_data["reason"], AccessChange.Kind.ROLE_TAKEN
        change = AccessChange(kind=kind, person=person, unit=held.unit, role=held.role, reason=why, by=request.user)
        if submit_change(request, form, change):
            return redirect("home") if person == request.user else redirect("person_access", pk)
    by_hand = Membership._meta.get_field("made_by_hand").verbose_name
    others = [source for source in held.sources if source != by_hand]
    context = {"person": person, "held": held, "form": form, "others": others}
    return render(request, "accounts/access/take_role.html", context, status=422 if form.errors else 200)


class EndingAct(NamedTuple):
    """An act on a person's access that ends the sessions: the service, and the words of the page."""

    service: Callable[[User, str, User], None]
    title: str
    lead: str
    button: str
    done: str


ENDING_ACTS = {
    "log-ud": EndingAct(
        access_changes.sign_out_everywhere,
        "Log {name} ud alle steder?",
        "{name} bliver logget ud i alle browsere nu, og kan logge ind igen på sædvanlig vis.",
        "Log ud alle steder",
        "{name} er logget ud alle steder.",
    ),
    "fjern-noegler": EndingAct(
        access_changes.remove_second_factor,
        "Fjern nøgler og app for {name}?",
        "Brug det, når {name} har mistet sin nøgle eller telefon. Nøgler, app og nødkoder virker ikke mere, og {name} "
        "bliver logget ud alle steder. Sørg for, at det er {name}, der beder om det: ring tilbage.",
        "Fjern nøgler og app",
        "{name} har ingen nøgler og ingen app mere og er logget ud alle steder.",
    ),
}


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_access(request: SignedInRequest, pk: int, act: str) -> HttpResponse:
    """Ask why, and carry out one of `ENDING_ACTS`."""
    if act not in ENDING_ACTS:
        raise Http404
    person, ending = get_person(pk), ENDING_ACTS[act]
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            ending.service(person, form.cleaned_data["reason"], request.user)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return _page_after_ending(request, person, ending.done.format(name=person.name))
    words = {name: getattr(ending, name).format(name=person.name) for name in ("title", "lead", "button")}
    context = {"person": person, "form": form, "act": words}
    return render(request, "accounts/access/end_access.html", context, status=422 if form.errors else 200)


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def approve_identity(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask why, and bind the person to the refused identity that the form names."""
    person = get_person(pk)
    named = person.refused_identities.filter(pk=parse_int(request.POST.get("login", "")) or 0).first()
    shown = named or person.refused_identities.first()
    if shown is None:
        messages.info(request, "Der venter ikke et nyt login. Intet er ændret.")
        return redirect("person_access", pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            if named is None:
                raise Conflict
            access_changes.rebind_identity(named, form.cleaned_data["reason"], request.user)
        except Conflict:
            form.add_error(None, TOO_LATE)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return _page_after_ending(request, person, f"{person.name} kan nu logge ind med det nye login.")
    context = {"person": person, "form": form, "refused": shown}
    return render(request, "accounts/access/approve_identity.html", context, status=422 if form.errors else 200)


def _page_after_ending(request: SignedInRequest, person: User, done: str) -> HttpResponse:
    """Redirect after the person's sessions ended. If the person is the reader, no session is left for a message."""
    if person == request.user:
        logout(request)
        return redirect("sign_in")
    messages.success(request, done)
    return redirect("person_access", person.pk)
