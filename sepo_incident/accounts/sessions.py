"""A session ends after 30 idle minutes and, whatever happens, after 8 hours (promises.md, *People and data*).

Idle is who presses nothing and types nothing: what a page fetches by itself (``UNATTENDED``) keeps no session alive.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

BEGAN, TOUCHED = "began", "touched"
UNATTENDED = "X-Unattended"  # the header of what a page asks for again and again; see ``hx-headers`` in the templates
TOUCH_EVERY_SECONDS = 60  # a write per minute and person, not per request


class SessionClockMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and self._is_over(request):
            logout(request)
        response = self.get_response(request)
        if request.user.is_authenticated:  # also when this very request was the sign-in
            self._wind(request)
        return response

    def _is_over(self, request: HttpRequest) -> bool:
        return time.time() - request.session.get(BEGAN, time.time()) > settings.SESSION_ABSOLUTE_SECONDS

    def _wind(self, request: HttpRequest) -> None:
        now = int(time.time())
        request.session.setdefault(BEGAN, now)
        if UNATTENDED not in request.headers and now - request.session.get(TOUCHED, 0) > TOUCH_EVERY_SECONDS:
            request.session[TOUCHED] = now


class NotOnDiskMiddleware:
    """What somebody sees signed in is kept by no browser: on a shared machine Back would show it to the next person."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
