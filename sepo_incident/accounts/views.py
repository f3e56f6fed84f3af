"""Sign-in and the front door."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from sepo_incident import logs
from sepo_incident.accounts import throttling, viewing
from sepo_incident.accounts.models import Membership
from sepo_incident.accounts.requests import SignedInRequest

Role = Membership.Role

#: Where each role begins its day; the first that fits wins.
FRONT_PAGES = [
    (Role.KIT_ADMIN, "incident"),
    (Role.DIT_SUPPORT, "escalations"),
    (Role.COORDINATOR, "boards"),
    (Role.LEADER, "boards"),
    (Role.HR, "escalations"),
    (Role.READER, "boards"),
]


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "E-mail og adgangskode passer ikke sammen. Prøv igen, eller spørg DIT, hvis du har glemt den.",
        "inactive": "Din adgang er lukket. Skriv til DIT, hvis det er en fejl.",
    }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.pop("autofocus")  # one reads a page from its top
        self.fields["username"].validators.append(MaxLengthValidator(throttling.LONGEST))


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form):
        user = form.get_user()
        type(user).objects.filter(pk=user.pk, claimed_at=None).update(claimed_at=timezone.now())
        logs.note("signed_in", user.pk)
        return super().form_valid(form)

    def form_invalid(self, form):
        logs.note("locked_out" if getattr(self.request, "axes_locked_out", False) else "sign_in_refused", None)
        return super().form_invalid(form)


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        viewing.end(request)
        return super().post(request, *args, **kwargs)


@require_POST
def stop_viewing(request: SignedInRequest) -> HttpResponse:
    """The viewer is themselves again, and back where they came from."""
    return redirect(viewing.end(request) or "home")


def home(request: SignedInRequest) -> HttpResponse:
    """Everybody lands where their work is."""
    for role, page in FRONT_PAGES:
        if role in request.user.roles:
            return redirect(page)
    return redirect("my_letters")
