"""Middleware of sessions: time-outs, no stored pages, and the way to the sign-in page and back.

A session ends after 30 idle minutes, and in any case after 8 hours. Requests that a page sends by itself
(`UNATTENDED_HEADER`) do not keep a session alive.
"""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.html import format_html
from django.utils.http import escape_leading_slashes

STARTED_KEY, LAST_ACTIVITY_KEY = "began", "touched"
UNATTENDED_HEADER = "X-Unattended"  # sent by polling requests, see `hx-headers` in the templates
ACTIVITY_WRITE_SECONDS = 60  # a write per minute and person, not per request


def end_all_sessions(user_id: int) -> None:
    """End all sessions of the user. A request of the user must also call `logout`, because its own session is gone."""
    get_adapter().end_sessions(list(UserSession.objects.filter(user=user_id)))


class SessionTimeoutMiddleware(MiddlewareMixin):
    """Sign the user out 8 hours after the sign-in, and record activity.

    Recording activity renews the session cookie, so the session expires after 30 idle minutes.
    """

    def process_request(self, request: HttpRequest) -> None:
        began = request.session.get(STARTED_KEY, time.time())
        if request.user.is_authenticated and time.time() - began > settings.SESSION_ABSOLUTE_SECONDS:
            logout(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.user.is_authenticated:  # also when the current request was the sign-in
            now = int(time.time())
            request.session.setdefault(STARTED_KEY, now)
            is_old = now - request.session.get(LAST_ACTIVITY_KEY, 0) > ACTIVITY_WRITE_SECONDS
            if is_old and UNATTENDED_HEADER not in request.headers:
                request.session[LAST_ACTIVITY_KEY] = now
        return response


class NoStoreMiddleware(MiddlewareMixin):
    """Forbid browsers to store the pages of a signed-in user.

    On a shared computer, the Back button would show a stored page to the next person.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


NOTHING_SAVED = "Der er ikke gemt noget endnu. Se siden igennem, og prøv igen."
#: A longer address leads back without its query, because it stands encoded in one more address (proxy/nginx.conf).
MAX_NEXT_LENGTH = 2000
UNSAVED_KEY = "ikke-gemt"  # in the address of the sign-in page, in its forms and in the session

#: What the search in the header shows after the session; no other part of a page shows the body of a 401.
SIGNED_OUT = '<p>Du er logget ud. <a href="{}">Log ind igen</a></p>'


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
        if request.method == "GET":
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        sign_in = f"{reverse('sign_in')}?{urlencode({'next': _page_of_form(request)})}"
        return HttpResponse(format_html(SIGNED_OUT, sign_in), status=401)

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        is_form = request.method not in ("GET", "HEAD")
        page = _page_of_form(request) if is_form else request.get_full_path()
        onward = {"next": page if len(page) <= MAX_NEXT_LENGTH else page.partition("?")[0]}
        onward |= {UNSAVED_KEY: "ja"} if is_form else {}
        return HttpResponseRedirect(f"{reverse('sign_in')}?{urlencode(onward, safe='/')}")


def _page_of_form(request: HttpRequest) -> str:
    """Return the address of the page that sent the form; without a Referer of ours, the address of the form."""
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return request.get_full_path()
    if came_from.netloc != request.get_host():
        return request.get_full_path()
    return escape_leading_slashes(came_from._replace(scheme="", netloc="", fragment="").geturl())


def remember_unsaved_form(request: HttpRequest) -> None:
    """Keep, until the user is signed in, that the sign-in interrupted a form."""
    if UNSAVED_KEY in request.POST:
        request.session[UNSAVED_KEY] = True
