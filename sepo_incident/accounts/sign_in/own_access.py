"""The page *Min adgang*: the user's ways to sign in, and the places where the user is signed in."""

import re
from typing import Any, NamedTuple

from allauth.account.views import PasswordChangeView as ChangePasswordBaseView
from allauth.mfa.models import Authenticator
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest, refuse_while_impersonating
from sepo_incident.accounts.sign_in.forms import ChangePasswordForm
from sepo_incident.accounts.sign_in.second_factor import lacks_second_factor
from sepo_incident.core import logs

#: What a browser and a system call themselves, the most specific first, because each also names its forerunners.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Windows": "Windows",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


class Place(NamedTuple):
    """A browser where the user is signed in."""

    browser: str
    session: UserSession
    is_here: bool


def list_places(user: User) -> list[Place]:
    """Return the browsers where the user is signed in: the browser of the request, then the latest first."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    sessions = UserSession.objects.filter(user=user, session_key__in=alive).order_by("-created_at")
    places = [Place(browser_name(one.user_agent), one, one.is_current()) for one in sessions]
    return sorted(places, key=lambda place: not place.is_here)


def list_second_factors(user: User) -> dict[str, Any]:
    """Return the keys of the user, the app or None, and whether the user has emergency codes."""
    authenticators = list(Authenticator.objects.filter(user=user).order_by("pk"))
    return {
        "keys": [one.wrap() for one in authenticators if one.type == Authenticator.Type.WEBAUTHN],
        "app": next((one for one in authenticators if one.type == Authenticator.Type.TOTP), None),
        "has_emergency_codes": any(one.type == Authenticator.Type.RECOVERY_CODES for one in authenticators),
    }


@require_safe
@refuse_while_impersonating
def my_access(request: SignedInRequest) -> HttpResponse:
    """Show the user's ways to sign in and the places where the user is signed in."""
    context = list_second_factors(request.user) | {
        "must_add": lacks_second_factor(request, request.user),
        "places": list_places(request.user),
    }
    return render(request, "accounts/my_access.html", context)


@require_POST
def sign_out_elsewhere(request: SignedInRequest) -> HttpResponse:
    """End the user's sessions in all other browsers."""
    end_other_sessions(request, request.user)
    logs.log_security_event("signed_out_elsewhere", request.user.pk)
    messages.success(request, "Du er logget ud alle andre steder.")
    return redirect("my_access")


class PasswordChangeView(ChangePasswordBaseView):
    """Changes the password of a user who has one, and ends the user's sessions in other browsers."""

    template_name = "accounts/change_password.html"
    success_url = reverse_lazy("my_access")

    def dispatch(self, request: SignedInRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_usable_password():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: ChangePasswordForm) -> HttpResponse:
        answer = super().form_valid(form)
        messages.success(self.request, "Din adgangskode er ændret.")
        return answer


def browser_name(user_agent: str) -> str:
    """Return «Edge på Windows», or «Ukendt browser»."""
    names = (name for word, name in BROWSERS.items() if re.search(rf"{word}\w*/", user_agent))
    browser = next(names, "Ukendt browser")
    system = next((name for word, name in SYSTEMS.items() if word in user_agent), "")
    return f"{browser} på {system}" if system else browser
