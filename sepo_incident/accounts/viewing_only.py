"""Who sees the site as another does nothing: here for every page at once, so that the next one cannot forget it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from sepo_incident import logs
from sepo_incident.accounts import viewing
from sepo_incident.accounts.models import User

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
ENDED = "Visningen er slut. Nu ser du siden som dig selv."


class ViewingMiddleware:
    """Makes the person the request's user, with the viewer behind them (``User.viewer``). Nothing is sent, and no file
    leaves; the ways out are the viewer's own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not viewing.is_asked(request):
            return self.get_response(request)
        if request.path_info in (reverse("stop_viewing"), reverse("sign_out")):
            return self.get_response(request)
        viewer = request.user
        person = viewing.person_seen(request, viewer) if isinstance(viewer, User) else None
        if person is None:
            viewing.end(request)
            if request.method not in SAFE:
                return _refused(request, "has_ended")
            messages.warning(request, ENDED)
            return self.get_response(request)
        logs.viewed_by.set(viewer.pk)
        request.user = person
        if request.method not in SAFE:
            return _refused(request, "is_sent")
        response = self.get_response(request)
        return _refused(request, "is_file") if "Content-Disposition" in response.headers else response

    def process_view(self, request: HttpRequest, view: Callable, *args: Any) -> HttpResponse | None:
        """A file is not even made, for whoever fetches one stands in the security log."""
        is_viewed = getattr(request.user, "viewer", None) is not None
        return _refused(request, "is_file") if is_viewed and hasattr(view, "is_only_for_oneself") else None


def _refused(request: HttpRequest, why: str) -> HttpResponse:
    """403, with the way back."""
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    context = {why: True, "back": came_from if is_ours else reverse("home")}
    return render(request, "accounts/only_viewing.html", context, status=403)
