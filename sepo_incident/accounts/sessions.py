"""A session ends after 30 idle minutes and, whatever happens, after 8 hours (promises.md, *People and data*)."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

BEGAN, TOUCHED = "began", "touched"
TOUCH_EVERY_SECONDS = 60  # a write per minute and person, not per request


class SessionClockMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            began = request.session.setdefault(BEGAN, now)
            if now - began > settings.SESSION_ABSOLUTE_SECONDS:
                logout(request)
            elif now - request.session.get(TOUCHED, 0) > TOUCH_EVERY_SECONDS:
                request.session[TOUCHED] = now
        return self.get_response(request)
