"""An attacker with the session of a persona: sends any method, header and byte.

With `ATTACK=all` in the environment (`make attack`) the attack tries every combination; otherwise some of each.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlencode

from django.conf import settings
from django.core.signals import got_request_exception, request_started
from django.db import close_old_connections, transaction
from django.http import HttpResponse, HttpResponseBase
from django.test import RequestFactory

from sepo_incident.wsgi import application

IS_WHOLE = os.environ.get("ATTACK") == "all"
FORM = "application/x-www-form-urlencoded"
TOKEN = "a" * 32


def some[Item](items: Sequence[Item], number: int, turn: int) -> Sequence[Item]:
    """Return `number` of the items, spread evenly, others for each turn; all in the whole attack."""
    step = max(len(items) // number, 1)
    return items if IS_WHOLE else [items[(turn + at * step) % len(items)] for at in range(min(number, len(items)))]


@contextmanager
def undone() -> Iterator[None]:
    """Undo what happens in the block."""
    before = transaction.savepoint_create()
    yield
    transaction.savepoint_rollback(before)


class Attacker(RequestFactory):
    """Sends requests to the WSGI application. `crash` is the exception of the newest request, or None.

    `has_token`: whether forms pass the CSRF check.
    """

    def __init__(self, session: str = "", *, has_token: bool = True) -> None:
        super().__init__()
        self.session, self.has_token, self.crash = session, has_token, None

    def request(self, **environ: object) -> HttpResponseBase:
        started: list[tuple[str, list[tuple[str, str]]]] = []
        request_started.disconnect(close_old_connections)  # the connection of the test, as `Client` does
        try:
            answer = application(self._base_environ(**environ), lambda *start: started.append(start))
        finally:
            request_started.connect(close_old_connections)
        if isinstance(answer, HttpResponseBase):
            return answer
        [(status, headers)] = started
        return HttpResponse(b"".join(answer), status=int(status[:3]), headers=dict(headers))

    def send(self, method: str, path: str, body: bytes = b"", kind: str = FORM, **headers: str) -> HttpResponseBase:
        """Return the answer. `headers` are written as in WSGI: `HTTP_ACCEPT`."""
        cookies = f"{settings.SESSION_COOKIE_NAME}={self.session}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        own = {"HTTP_COOKIE": cookies} | ({"HTTP_X_CSRFTOKEN": TOKEN} if self.has_token else {})
        self.crash = None
        got_request_exception.connect(self._remember)
        try:
            return self.generic(method, path, body, kind, **own | headers)
        finally:
            got_request_exception.disconnect(self._remember)

    def post(self, path: str, pairs: list[tuple[str, str]], **headers: str) -> HttpResponseBase:
        return self.send("POST", path, urlencode(pairs, errors="surrogatepass").encode(), **headers)

    def _remember(self, **_: object) -> None:
        self.crash = sys.exc_info()[1]


def body_of(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def is_page(response: HttpResponseBase) -> bool:
    return response.get("Content-Type", "").startswith("text/html")
