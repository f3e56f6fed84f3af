"""The page *Adgang* of a person: roles and where they come from, sign-in, sessions, and what was changed and why."""

from collections.abc import Callable
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sepo_incident.accounts.access import access_changes
from sepo_incident.accounts.models import AccessChange, EmailChange, Membership, Unit, User
from sepo_incident.accounts.roles import (
    GIVERS,
    SignedInRequest,
    kit_admin_required,
    refuse_while_impersonating,
    role_giver_required,
)
from sepo_incident.accounts.sign_in.own_access import list_places, list_second_factors
from sepo_incident.core import danish
from sepo_incident.core.danish import capitalized
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import FreeText, set_choices

Kind = AccessChange.Kind
TOO_LATE = "Nogen har lige ændret det samme. Der er ikke gemt noget. Se siden igennem, og prøv igen."
CALL_BACK = "Sørg for, at det er {name}, der beder om det: ring tilbage."
HISTORY_LENGTH = 50


class ReasonForm(forms.Form):
    reason = FreeText(
        label="Hvorfor?",
        help_text="Skriv ikke CPR-numre.",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "wide"}),
        error_messages={"required": "Skriv en begrundelse."},
    )


class RoleForm(ReasonForm):
    role = forms.ChoiceField(
        label="Rolle",
        error_messages={"required": "Vælg en rolle."},
    )
    unit = forms.TypedChoiceField(
        label="Enhed",
        coerce=int,
        help_text="Rollen gælder også enhederne under den.",
        error_messages={"required": "Vælg en enhed."},
    )
    field_order = ["role", "unit", "reason"]

    def __init__(self, data: Any = None, *, by: User):
        """`by`: the reader, who chooses among the roles that the reader gives."""
        super().__init__(data, auto_id="giv_%s")
        given = [(one.value, capitalized(one.label)) for one, giver in GIVERS.items() if giver in by.roles]
        set_choices(self, "role", [("", "Vælg en rolle"), *given])
        set_choices(self, "unit", [("", "Vælg en enhed"), *Unit.objects.as_indented_choices()])


@role_giver_required
@refuse_while_impersonating
@require_safe
def person_access(request: SignedInRequest, pk: int) -> HttpResponse:
    return render_access(request, get_person(pk), RoleForm(by=request.user))


def get_person(pk: int) -> User:
    return get_object_or_404(User.objects.select_related("unit"), pk=pk)


def render_access(request: SignedInRequest, person: User, form: RoleForm, status: int = 200) -> HttpResponse:
    corrections = person.email_changes.select_related("by")
    lines: list[AccessChange | EmailChange] = [
        *person.access_changes.select_related("person", "unit", "by")[:HISTORY_LENGTH],
        *corrections[:HISTORY_LENGTH],
    ]
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
        "correction": corrections.filter(user__authenticator__created_at__lt=F("at")).order_by("-at").first(),
        "history": sorted(lines, key=lambda line: line.at, reverse=True)[:HISTORY_LENGTH],
        "refused": person.refused_identities.first(),
    }
    return render(request, "accounts/access/person.html", context, status=status)


@role_giver_required
@require_POST
def give_role(request: SignedInRequest, pk: int) -> HttpResponse:
    person, form = get_person(pk), RoleForm(request.POST, by=request.user)
    if form.is_valid() and submit_role(request, form, person):
        return redirect("person_access", pk)
    return render_access(request, person, form, status=422)


def submit_role(request: SignedInRequest, form: RoleForm, person: User | None = None) -> bool:
    """Give the role of a valid form. Return False, with the refusal in the form, if refused."""
    said = {name: form.cleaned_data.get(name, "") for name in ("role", "group")}
    unit = form.cleaned_data["unit"]
    change = AccessChange(kind=Kind.ROLE_GIVEN, person=person, unit_id=unit, by=request.user, **said)
    try:
        access_changes.change_role(change, form.cleaned_data["reason"])
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return False
    messages.success(request, f"{change.holder}: {change.what}.")
    return True


def confirm(
    request: SignedInRequest, act: Callable[[str], None], *, back: str, title: str, lead: str, button: str, done: str
) -> HttpResponse:
    """Ask why, and call `act` with the reason. The words are those of the page, and of the next one when it is done."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            act(form.cleaned_data["reason"])
        except Conflict:
            form.add_error(None, TOO_LATE)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, done)
            return redirect(back)
    context = {"form": form, "back": back, "title": title, "lead": lead, "button": button}
    return render(request, "accounts/access/confirm.html", context, status=422 if form.errors else 200)


@role_giver_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_role(request: SignedInRequest, pk: int, membership_pk: int) -> HttpResponse:
    person = get_person(pk)
    held = Membership.objects.select_related("unit").filter(user=person, pk=membership_pk, made_by_hand=True).first()
    if held is None:
        messages.info(request, "Rollen er ikke længere givet af en person. Der er ikke ændret noget.")
        return redirect("person_access", pk)
    change = AccessChange(kind=Kind.ROLE_TAKEN, person=person, unit=held.unit, role=held.role, by=request.user)
    others = [source for source in held.sources if source != Membership._meta.get_field("made_by_hand").verbose_name]
    kept = (
        f"{person.name} beholder rollen i {held.unit.name}, for den er også {' og '.join(others)}. Kun det, en person "
        "har givet, bliver fjernet her. Ret resten der, hvor det kommer fra."
    )
    return confirm(
        request,
        lambda why: access_changes.change_role(change, why),
        back=reverse("home") if person == request.user else reverse("person_access", args=[pk]),
        title=f"Fjern rollen {held.get_role_display()}?",
        lead=kept if others else f"{person.name} ser ikke længere det, som rollen i {held.unit.name} viser.",
        button="Fjern rollen",
        done=f"{change.holder}: {change.what}.",
    )


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out_person(request: SignedInRequest, pk: int) -> HttpResponse:
    person = get_person(pk)

    def act(why: str) -> None:
        access_changes.sign_out_everywhere(person, why, request.user)
        if person == request.user:
            logout(request)  # no session is left for the message

    return confirm(
        request,
        act,
        back=reverse("person_access", args=[pk]),
        title=f"Log {person.name} ud alle steder?",
        lead=f"{person.name} bliver logget ud i alle browsere nu, og kan logge ind igen på sædvanlig vis.",
        button="Log ud alle steder",
        done=f"{person.name} er logget ud alle steder.",
    )


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove_keys(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remove the lost keys and the app of a person."""
    person = get_person(pk)
    return confirm(
        request,
        lambda why: access_changes.remove_second_factor(person, why, request.user),
        back=reverse("person_access", args=[pk]),
        title=f"Fjern nøgler og app for {person.name}?",
        lead=f"Brug det, når {person.name} har mistet sin nøgle eller telefon. Nøgler, app og nødkoder virker ikke "
        f"mere, og {person.name} bliver logget ud alle steder. {CALL_BACK.format(name=person.name)}",
        button="Fjern nøgler og app",
        done=f"{person.name} har ingen nøgler og ingen app mere og er logget ud alle steder.",
    )


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def approve_identity(request: SignedInRequest, pk: int, refused_pk: int) -> HttpResponse:
    person = get_person(pk)
    refused = person.refused_identities.filter(pk=refused_pk).first()
    if refused is None:
        messages.info(request, "Det login venter ikke længere. Der er ikke ændret noget.")
        return redirect("person_access", pk)
    return confirm(
        request,
        lambda why: access_changes.rebind_identity(refused, why, request.user),
        back=reverse("person_access", args=[pk]),
        title=f"Godkend det nye login for {person.name}?",
        lead=f"{person.name} har fået et nyt login i kommunen, {refused.short_subject}, som blev afvist "
        f"{danish.moment(refused.at)}. Det gamle virker ikke længere her, og {person.name} bliver logget ud overalt. "
        + CALL_BACK.format(name=person.name),
        button="Godkend nyt login",
        done=f"{person.name} kan nu logge ind med det nye login.",
    )
