"""A limit on views that read an uploaded file or build a workbook: both take much memory within a request.

Two run at a time for the whole site, and one for a person. Whoever comes when they are taken gets 503, and reloads the
page to send the same form again. The places are session-level advisory locks, so PostgreSQL frees the place of a
process that dies. Small files, streams, short workbooks and lists that a worker reads need none.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any

from django.db import Error
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from sepo_incident.accounts.roles import ViewFunction
from sepo_incident.core import database

RETRY_AFTER_SECONDS = 5
#: Own letters as a workbook have 50 kB, a picture as proof some hundred. A workbook takes 26 times its size in memory.
BYTES_WITHOUT_PLACE = 1024 * 1024

#: Namespaces of advisory locks.
_SPACES = {"places": 20191221, "persons": 20191222}
#: One query each way. CASE keeps the order: nobody without the lock of the person tries a place.
_TAKE = """
WITH person AS MATERIALIZED (SELECT pg_try_advisory_lock(%(persons)s, %(user)s) AS is_only_one)
SELECT is_only_one, CASE WHEN NOT is_only_one THEN NULL
    WHEN pg_try_advisory_lock(%(places)s, 1) THEN 1 WHEN pg_try_advisory_lock(%(places)s, 2) THEN 2 END FROM person
"""
_FREE = "SELECT pg_advisory_unlock(%(persons)s, %(user)s), pg_advisory_unlock(%(places)s, %(place)s)"


@contextmanager
def take_place(user_id: int) -> Iterator[bool]:
    """Take a place for the person, and free it after the block. Yield whether there was one."""
    numbers = _SPACES | {"user": user_id}
    [(is_only_one, place)] = database.fetch_all(_TAKE, numbers)
    try:
        yield place is not None
    finally:
        if is_only_one:  # without a connection the locks are gone, and the original error is the one to see
            with suppress(Error):
                database.execute(_FREE, numbers | {"place": place})


def limit_file_reading(view: ViewFunction) -> ViewFunction:
    """Let the view run only with a place, if the request has files of more than `BYTES_WITHOUT_PLACE` together."""

    def has_large_files(request: HttpRequest) -> bool:
        return sum(file.size or 0 for _, files in request.FILES.lists() for file in files) > BYTES_WITHOUT_PLACE

    return _limit(view, has_large_files)


def limit_workbook_building(view: ViewFunction) -> ViewFunction:
    """Let the view run only with a place."""
    return _limit(view, lambda request: True)


def _limit(view: ViewFunction, needs_place: Callable[[HttpRequest], bool]) -> ViewFunction:
    @wraps(view)
    def limited(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not needs_place(request):
            return view(request, *args, **kwargs)
        with take_place(request.user.pk) as has_place:
            if has_place:
                return view(request, *args, **kwargs)
            answer = render(request, "503.html", {"is_sent": request.method == "POST"}, status=503)
            answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return answer

    return limited
