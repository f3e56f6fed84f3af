"""Sign-in, sign-out, session time-outs and the front page of every role.

django-axes counts failed sign-ins per e-mail address and IP address, with `normalized_username` and `client_ip`. A
session ends after 30 idle minutes, and in any case after 8 hours. Requests that a page sends by itself
(`UNATTENDED_HEADER`) do not keep a session alive.
"""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import LoginView, LogoutView
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import escape_leading_slashes
from django.views.decorators.http import require_POST

from sepo_incident.accounts import impersonation
from sepo_incident.accounts.models import Membership
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import logs

MAX_USERNAME_LENGTH = 254


def normalized_username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Return the e-mail address in the spelling under which failed sign-ins are counted.

    Like the database, ignore case. `upper` also unites letters that share a capital letter (ı and i).
    """
    submitted = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(submitted).strip().upper().lower()[:MAX_USERNAME_LENGTH]


def client_ip(request: HttpRequest) -> str:
    """Return the visitor's IP address.

    In production our proxy writes the address last in X-Forwarded-For; the visitor may have forged the rest.
    """
    forwarded_for = request.headers.get("X-Forwarded-For", "") if settings.SECURE else ""
    return forwarded_for.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


STARTED_KEY, LAST_ACTIVITY_KEY = "began", "touched"
UNATTENDED_HEADER = "X-Unattended"  # sent by polling requests, see `hx-headers` in the templates
ACTIVITY_WRITE_SECONDS = 60  # a write per minute and person, not per request


class SessionTimeoutMiddleware:
    """Sign the user out 8 hours after the sign-in, and record activity.

    Recording activity renews the session cookie, so the session expires after 30 idle minutes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and self._has_expired(request):
            logout(request)
        response = self.get_response(request)
        if request.user.is_authenticated:  # also when the current request was the sign-in
            self._record_activity(request)
        return response

    def _has_expired(self, request: HttpRequest) -> bool:
        return time.time() - request.session.get(STARTED_KEY, time.time()) > settings.SESSION_ABSOLUTE_SECONDS

    def _record_activity(self, request: HttpRequest) -> None:
        now = int(time.time())
        request.session.setdefault(STARTED_KEY, now)
        if (
            UNATTENDED_HEADER not in request.headers
            and now - request.session.get(LAST_ACTIVITY_KEY, 0) > ACTIVITY_WRITE_SECONDS
        ):
            request.session[LAST_ACTIVITY_KEY] = now


class NoStoreMiddleware:
    """Forbid browsers to store the pages of a signed-in user.

    On a shared computer, the Back button would show a stored page to the next person.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


NOTHING_SAVED = "Intet er gemt endnu. Se siden igennem, og prøv igen."
UNSAVED_KEY = "ikke-gemt"  # in the address of the sign-in page and in its forms


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Redirect anonymous visitors to the sign-in page.

    A form that was sent after the session had expired leads back to the page of the form; `static/site.js` has kept
    what was typed in the visitor's own tab. An htmx request gets 401 instead of the sign-in page: that page would stand
    in the middle of the other, and its new CSRF cookie would refuse a sign-in that another tab has begun. A page that
    fetches a part of itself is loaded again; one that sends what is being typed stays.
    """

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        refusal = super().process_view(request, view_func, view_args, view_kwargs)
        if refusal is None or "HX-Request" not in request.headers:
            return refusal
        return HttpResponse(status=401, headers={"HX-Refresh": "true"} if request.method == "GET" else {})

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        if request.method in ("GET", "HEAD"):
            return super().handle_no_permission(request, view_func)
        onward = {"next": _page_of_form(request), UNSAVED_KEY: "ja"}
        return HttpResponseRedirect(f"{reverse('sign_in')}?{urlencode(onward)}")


def _page_of_form(request: HttpRequest) -> str:
    """Return the address of the page that sent the form; without a Referer of ours, the address of the form."""
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return request.get_full_path()
    if came_from.netloc != request.get_host():
        return request.get_full_path()
    return escape_leading_slashes(came_from._replace(scheme="", netloc="", fragment="").geturl())


def warn_of_unsaved_form(request: HttpRequest) -> None:
    """Say on the next page that nothing is saved, if the sign-in interrupted a form."""
    if UNSAVED_KEY in request.POST:
        messages.warning(request, NOTHING_SAVED)


Role = Membership.Role

#: The front page of every role; the first role that the user holds wins.
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
        "invalid_login": "E-mail og adgangskode passer ikke sammen. Prøv igen, eller skriv til DIT.",
        "inactive": "Din adgang er lukket. Skriv til DIT, hvis det er en fejl.",
    }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.pop("autofocus")  # a page is read from the top
        self.fields["username"].validators.append(MaxLengthValidator(MAX_USERNAME_LENGTH))


class SignInView(LoginView):
    """Sign-in; the front page of the roof is a sign-in page that says more."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form):
        user = form.get_user()
        type(user).objects.filter(pk=user.pk, claimed_at=None).update(claimed_at=timezone.now())
        logs.log_security_event("signed_in", user.pk)
        warn_of_unsaved_form(self.request)
        return super().form_valid(form)

    def form_invalid(self, form):
        logs.log_security_event(
            "locked_out" if getattr(self.request, "axes_locked_out", False) else "sign_in_refused", None
        )
        return super().form_invalid(form)


@method_decorator(login_not_required, name="dispatch")
class SignOutView(LogoutView):
    """Sign the user out. A user whose session has expired already gets the same page."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        impersonation.end_impersonation(request)
        return super().post(request, *args, **kwargs)


@require_POST
def stop_impersonation(request: SignedInRequest) -> HttpResponse:
    """End the impersonation and redirect to the viewer's own page from before."""
    return redirect(impersonation.end_impersonation(request) or "home")


def redirect_to_front_page(request: SignedInRequest) -> HttpResponse:
    """Redirect to the front page of the user's first role in `FRONT_PAGES`, or to Mine breve."""
    for role, page in FRONT_PAGES:
        if role in request.user.roles:
            return redirect(page)
    return redirect("my_letters")


urlpatterns = [
    path("", redirect_to_front_page, name="home"),
    path("log-af/", SignOutView.as_view(), name="sign_out"),
    path("se-som/stop/", stop_impersonation, name="stop_impersonation"),
]
