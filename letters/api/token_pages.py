"""The page *Systemer*: make and end tokens, and see the messages of Beskedfordeler that are not counted."""

from datetime import datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from letters.api import tokens
from letters.models.api import ApiToken, PushedMessage
from sepo_incident.accounts.access.access_page import confirm
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import calendar
from sepo_incident.core.danish import COPENHAGEN
from sepo_incident.core.forms import DanishDateField, FreeText, set_date_bounds

LONGEST = timedelta(days=2 * 366)
MESSAGES_SHOWN = 50


class TokenForm(forms.Form):
    system = FreeText(
        label="System",
        help_text="Det navn, I kender systemet under.",
        max_length=80,
        error_messages={"required": "Skriv, hvad systemet hedder."},
    )
    scopes = forms.MultipleChoiceField(
        label="Hvad må systemet sende?",
        choices=ApiToken.Scope,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Vælg, hvad systemet må sende."},
    )
    last_day = DanishDateField(
        label="Sidste dag", help_text="Højst to år frem. Derefter skal systemet have et nyt token."
    )

    def __init__(self, data: object = None):
        super().__init__(data)  # type: ignore[arg-type]
        today = calendar.today()
        set_date_bounds(self, (today, today + LONGEST), "last_day")


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def list_tokens(request: SignedInRequest) -> HttpResponse:
    """List the tokens, and make one. The page that answers the form is the only one that shows the new token."""
    form, made = TokenForm(request.POST if request.method == "POST" else None), {}
    if form.is_valid():
        told = form.cleaned_data
        expires_at = datetime.combine(told["last_day"] + timedelta(days=1), time.min, COPENHAGEN)
        try:
            token = tokens.create_token(told["system"], told["scopes"], expires_at, request.user)
            form, made = TokenForm(), {"token": token, "system": told["system"]}
        except ValidationError as refusal:
            form.add_error(None, refusal)
    context = {
        "form": form,
        "made": made,
        "tokens": ApiToken.objects.select_related("use", "created_by"),
        "now": timezone.now(),
        "messages_to_look_at": PushedMessage.objects.filter(Q(is_conflict=True) | ~Q(problem=""))[:MESSAGES_SHOWN],
    }
    return render(request, "letters/api_tokens.html", context, status=422 if form.errors else 200)


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_token(request: SignedInRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk)
    return confirm(
        request,
        lambda why: tokens.end_token(token, why, request.user),
        back=reverse("api_tokens"),
        title=f"Afslut tokenet til {token.system}?",
        lead=f"{token.system} kan ikke sende noget med det token mere. Det kan ikke fortrydes.",
        button="Afslut tokenet",
        done=f"Tokenet til {token.system} er afsluttet.",
    )
