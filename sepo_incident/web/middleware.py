"""Middleware of every page: refuse other methods than the pages use and large bodies from strangers, keep CPR numbers
out of URLs, and lead from the address of a button to its page.

CPR numbers in URLs would end in the browser's history, in links and in logs. The middleware covers every page, so that
a new search field needs no check of its own.
"""

from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import Resolver404, get_script_prefix, resolve
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import escape_leading_slashes

from letters.api.errors import API_ROOT, MAX_BODY
from sepo_incident.accounts.sign_in.sessions import NOTHING_SAVED
from sepo_incident.core import cpr
from sepo_incident.core.forms import parse_int

METHODS = ("GET", "HEAD", "POST")


class RefuseOtherMethodsMiddleware(MiddlewareMixin):
    """Refuse every method that no page uses, such as PUT, OPTIONS and TRACE, before anybody looks at the request."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        return None if request.method in METHODS else HttpResponseNotAllowed(METHODS)


#: The largest body, in bytes, that is read from somebody who is not signed in.
MAX_BYTES_BEFORE_SIGN_IN = 64 * 1024
DROPPED_AT_ONCE = 64 * 1024


class LargeBodyRefusal(HttpResponse):
    """The answer to a body that nobody reads. After the answer is sent, the rest of the body is received and dropped.

    A connection that closes before is reset, and the proxy, which is still sending, loses the answer.
    """

    def __init__(self, request: HttpRequest) -> None:
        page = render_to_string("413.html", request=request)
        super().__init__(page, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self.request = request

    def close(self) -> None:
        super().close()
        with suppress(OSError):  # the proxy has the answer, and has stopped sending
            while self.request.read(DROPPED_AT_ONCE):
                pass


class RefuseLargeBodyMiddleware(MiddlewareMixin):
    """Refuse large bodies, and bodies of unknown length, of visitors without a session, before the body is read.
    Requests of the API have a limit of their own.

    Must stand before `CsrfViewMiddleware`, because its `process_view` reads the form.
    """

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        length = parse_int(request.headers.get("Content-Length") or "0")
        is_api = request.path_info.startswith(API_ROOT)
        limit = MAX_BODY if is_api else MAX_BYTES_BEFORE_SIGN_IN
        is_large = "Transfer-Encoding" in request.headers or length is None or length > limit
        return LargeBodyRefusal(request) if is_large and (is_api or not request.user.is_authenticated) else None


CPR_SEARCH_REFUSAL = "Søg ikke på CPR-numre. Søg på et navn eller på ord i emnet."


class RemoveCprFromUrlMiddleware(MiddlewareMixin):
    """Redirect to the URL without the query parameters that contain a CPR number.

    A POST is processed as if the parameters were absent.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        parameters_with_cpr = [name for name, values in request.GET.lists() if any(map(_contains_cpr, [name, *values]))]
        if not parameters_with_cpr:
            return None
        left = request.GET.copy()
        for name in parameters_with_cpr:
            del left[name]
        request.GET = left  # type: ignore[assignment]
        request.META["QUERY_STRING"] = left.urlencode()
        if request.method not in ("GET", "HEAD"):
            return None
        messages.warning(request, CPR_SEARCH_REFUSAL)
        return redirect(escape_leading_slashes(request.get_full_path()))


def _contains_cpr(text: str) -> bool:
    """Return whether the text contains a CPR number, also inside a URL in the URL: `?fra=/enhed/12/?words=…`."""
    return cpr.contains_cpr(text) or cpr.contains_cpr(unquote_plus(text))


class PageOfButtonMiddleware(MiddlewareMixin):
    """Redirect a GET of an address that only takes a POST to the page of the button, which lies above it.

    `/brev/7/bekraeft/`, reloaded or from the browser's history, leads to `/brev/7/`.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_page = request.method in ("GET", "HEAD") and not request.path_info.startswith(API_ROOT)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or not is_page:
            return response
        waiting = messages.get_messages(request)
        if NOTHING_SAVED not in map(str, waiting):  # the sign-in may have said so already
            messages.warning(request, NOTHING_SAVED)
        waiting.used = False  # type: ignore[union-attr]
        return redirect(get_script_prefix().rstrip("/") + _page_above(request.path_info))


def _page_above(path: str) -> str:
    """Return the nearest address above that exists: «/alarmer/» for «/alarmer/1/tag/»."""
    above = path.rstrip("/")
    while above := above.rpartition("/")[0]:
        try:
            resolve(f"{above}/")
        except Resolver404:
            continue
        return f"{above}/"
    return "/"
