"""The demo opens the door to everybody, so it never leaves the machine it runs on, nor touches another database."""

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.management.base import CommandError
from django.http import Http404, HttpRequest, HttpResponse


def refuse_outside_demo() -> None:
    if not settings.DEMO:
        raise CommandError("Prøvedata laves kun i prøveudgaven (make demo). Her ville de blande sig med rigtige breve.")
    if problems := check_demo_stays_here(None):
        raise CommandError("\n".join(str(problem.msg) for problem in problems))


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """404 outside the demo, even if somebody routes to it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@register
def check_demo_stays_here(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if not settings.DEMO:
        return []
    problems: list[CheckMessage] = []
    if not set(settings.ALLOWED_HOSTS) <= set(settings.LOOPBACK):
        problems.append(Error("DEMO=1 lukker alle ind og kører derfor kun på loopback-adresser.", id="demo.E001"))
    if not _is_here(os.environ.get("DATABASE_URL", "")):
        problems.append(
            Error(
                "DEMO=1 bruger kun en database på denne maskine. Fjern DATABASE_URL, eller sluk DEMO.", id="demo.E002"
            )
        )
    return problems


def _is_here(database_url: str) -> bool:
    host = unquote(urlsplit(database_url).hostname or "")
    return host == "" or host.startswith("/") or host in settings.LOOPBACK or host == "::1"
