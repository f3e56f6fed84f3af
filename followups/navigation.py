"""Where the reader came from: ``?fra=/enhed/12/?status=…`` keeps a board's filters through a letter and back.

What was just saved, said on the next page: ``?gemt=<letter>``. Nothing is stored for it, so a GET writes nothing.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django.http import HttpRequest

from followups.letter.letter_page import followup_of
from letters.models import Letter
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core.parsing import parse_int

BOARD_ADDRESS = re.compile(r"/enhed/\d+/(bekraeft/)?(\?[\w.~%&=+-]*)?", re.ASCII)


def board_origin(request: HttpRequest) -> str:
    """The address of the board, or "". Only a board's own and that of its page before confirming are believed, so
    nobody is led astray."""
    came_from = request.GET.get("fra", "")
    return came_from if BOARD_ADDRESS.fullmatch(came_from) else ""


def origin_query(request: HttpRequest) -> str:
    """What a board's links to letters end with."""
    return f"?{urlencode({'fra': request.get_full_path()})}"


def add_origin(url: str, request: HttpRequest) -> str:
    """The address with the reader's origin on it, where they have one."""
    came_from = board_origin(request)
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'fra': came_from})}" if came_from else url


def letter_just_saved(request: SignedInRequest) -> Letter | None:
    """The letter named in the address, when the reader may see it and the last act on it is their own. It knows whether
    that was the reply to what a desk had asked (``has_replied``)."""
    pk = parse_int(request.GET.get("gemt", ""))
    if pk is None:
        return None
    letters = Letter.objects.visible_to(request.user).select_related("followup__decided_by")
    letter = letters.filter(pk=pk).first()
    followup = followup_of(letter) if letter else None
    newest = followup.decisions.order_by("-version").first() if followup else None
    if letter is None or newest is None or newest.by_id != request.user.pk:
        return None
    letter.has_replied = "is_reply" in newest.answers  # type: ignore[attr-defined]
    return letter
