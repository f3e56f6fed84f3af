"""Where the reader came from: ``?fra=/enhed/12/?status=…`` keeps a board's filters through a letter and back."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django.http import HttpRequest

BOARD = re.compile(r"/enhed/\d+/(bekraeft/)?(\?[\w.~%&=+-]*)?", re.ASCII)


def origin(request: HttpRequest) -> str:
    """The address of the board, or "". Only a board's own and that of its page before confirming are believed, so
    nobody is led astray."""
    came_from = request.GET.get("fra", "")
    return came_from if BOARD.fullmatch(came_from) else ""


def as_origin(request: HttpRequest) -> str:
    """What a board's links to letters end with."""
    return f"?{urlencode({'fra': request.get_full_path()})}"


def with_origin(url: str, request: HttpRequest) -> str:
    """The address with the reader's origin on it, where they have one."""
    came_from = origin(request)
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'fra': came_from})}" if came_from else url
