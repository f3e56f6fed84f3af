"""Addresses between pages: the board that the reader came from, and the letter that was just saved.

`?fra=/enhed/12/?status=…` keeps a board's filters through a letter and back. `?gemt=<letter>` names the saved
letter on the next page; nothing is stored for that, so a GET writes nothing.
"""

import re
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.html import format_html

from followups.models.followup import followup_of
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core.forms import parse_int
from sepo_incident.core.jinja import url
from sepo_incident.core.panels import Action, Alert, Part, Text, link

BOARD_ADDRESS = re.compile(r"(/haendelser/[-\w]+)?/enhed/\d+/(bekraeft/)?(\?[\w.~%&=+-]*)?", re.ASCII)


def board_origin(request: HttpRequest) -> str:
    """Return the address of the board in `?fra=`, or "".

    Only addresses of a board and of its page for confirming are accepted, so that a link cannot lead elsewhere.
    """
    came_from = request.GET.get("fra", "")
    return came_from if BOARD_ADDRESS.fullmatch(came_from) else ""


def menu_line_of(letter: Letter, reader: User) -> str:
    """Return the menu line that the pages of a letter lie under, as `lies_under` of `base.html`."""
    return "my_letters" if letter.sender_id == reader.pk else "boards"


#: Query parameter of a list that is shown for printing, with up to `PRINTED_ROWS` letters on one page.
PRINT = "udskriv"
PRINTED_ROWS = 500


def origin_query(request: HttpRequest) -> str:
    """Return the query string for links from a board to letters. They do not lead back to a list for printing."""
    choices = request.GET.copy()
    choices.pop(PRINT, None)
    return f"?{urlencode({'fra': f'{request.path}?{choices.urlencode()}' if choices else request.path})}"


def add_origin(url: str, request: HttpRequest) -> str:
    """Return the address with the reader's origin added, if there is one."""
    came_from = board_origin(request)
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'fra': came_from})}" if came_from else url


class SavedLetter(NamedTuple):
    """A letter that was just saved. `has_replied`: the act was the reply to a question from a desk."""

    letter: Letter
    has_replied: bool

    def alerts(self, reader: User, origin: str = "") -> list[Alert]:
        """Return what was saved, with a button to undo a decision. `origin`: the way back to a board."""
        letter, followup = self.letter, self.letter.followup
        title = link(url("letter", letter.pk), letter.shown_subject)
        parts: list[Part] = []
        if not followup.is_open:
            left = " Et svar mangler." if followup.misses_answer else "" if followup.done_at else " Ikke sendt endnu."
            label = followup.remedy_badge.label if followup.remedy_badge else ""
            said = format_html("<strong>Gemt:</strong> {}. {}.{}", title, label, left)
            if followup.confirmed_at is None:
                undo_url, version = f"{url('undo_decision', letter.pk)}{origin}", {"version": followup.version}
                parts.append(Action("Fortryd beslutningen", undo_url, "linkish", version))
        elif escalation := getattr(followup, "escalation", None):
            html = "<strong>{} om {} er sendt til {}.</strong> {} kommer på brevets side{}."
            what, then = ("Dit svar", "Næste svar") if self.has_replied else ("Dit spørgsmål", "Svaret")
            where = " og øverst på Mine breve" if letter.sender_id == reader.pk else ""
            said = format_html(html, what, title, escalation.get_desk_display(), then, where)
        else:
            return []
        text = Text(said, "alert-text", "lige-gemt")
        return [Alert("success", "", [text, *parts], role="status", label_id="lige-gemt")]


def letter_just_saved(request: SignedInRequest) -> SavedLetter | None:
    """Return the letter in `?gemt=`; None unless the reader may see the letter and made the latest act on it."""
    pk = parse_int(request.GET.get("gemt", ""))
    if pk is None:
        return None
    letters = Letter.objects.visible_to(request.user).select_related("followup__decided_by", "followup__escalation")
    letter = letters.filter(pk=pk).first()
    followup = followup_of(letter) if letter else None
    newest = followup.decisions.order_by("-version").first() if followup else None
    if letter is None or newest is None or newest.by_id != request.user.pk:
        return None
    return SavedLetter(letter, "is_reply" in newest.answers)
