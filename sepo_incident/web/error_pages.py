"""Error pages in Danish with a reference number, so that DIT can find the request of a caller in the log.

400 and 500 use nothing that may be broken: no session, no database, no manifest of static files.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def request_reference(request: HttpRequest) -> str:
    return getattr(request, "request_id", "")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return HttpResponse(render_to_string("400.html", {"reference": request_reference(request)}), status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", {"reference": request_reference(request)}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    return render(request, "403_csrf.html", {"reference": request_reference(request)}, status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", {"reference": request_reference(request)}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse(render_to_string("500.html", {"reference": request_reference(request)}), status=500)
