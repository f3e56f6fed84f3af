"""Guards of demo mode, and the marker for demo data that is not complete yet.

The demo signs everybody in, so it must run on loopback addresses with a local database. Until the data is complete,
the sign-in page asks for patience; data left incomplete by an interrupted start is deleted at the next start.
"""

import os
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.management.base import CommandError
from django.db import ProgrammingError
from django.http import Http404, HttpRequest, HttpResponse
from psycopg2.errors import UndefinedTable

from sepo_incident import embedded
from sepo_incident.accounts.models import User


def refuse_outside_demo() -> None:
    """Raise CommandError if the settings are not those of a demo on this machine."""
    if not settings.DEMO:
        raise CommandError("Prøvedata hører kun til i prøveudgaven (make demo), ikke blandt rigtige breve.")
    if problems := check_demo_stays_here(None):
        raise CommandError("\n".join(str(problem.msg) for problem in problems))


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let the view answer 404 outside the demo, even if a URL is routed to the view."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@register
def check_demo_stays_here(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report an error if the demo accepts a host or a database beyond this machine (demo.E001, demo.E002)."""
    if not settings.DEMO:
        return []
    problems: list[CheckMessage] = []
    if not set(settings.ALLOWED_HOSTS) <= set(settings.LOOPBACK):
        problems.append(Error("DEMO=1 lukker alle ind og kører derfor kun på loopback-adresser.", id="demo.E001"))
    host = unquote(urlsplit(os.environ.get("DATABASE_URL", "")).hostname or "")
    if not (host == "" or host.startswith("/") or host in settings.LOOPBACK or host == "::1"):
        problems.append(
            Error(
                "DEMO=1 bruger kun en database på denne maskine. Fjern DATABASE_URL, eller sluk DEMO.", id="demo.E002"
            )
        )
    return problems


def unfinished_marker() -> Path:
    """Return the path of a file that exists in the data folder while demo data is being created."""
    return embedded.data_folder() / "half-filled"


def is_getting_ready() -> bool:
    return unfinished_marker().exists()


def is_database_empty() -> bool:
    """Return whether there are no users, or no tables."""
    try:
        return not User.objects.exists()
    except ProgrammingError as problem:
        if isinstance(problem.__cause__, UndefinedTable):
            return True
        raise
