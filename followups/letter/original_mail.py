"""Help with one letter: how to find its mail in Outlook. Pure text.

«Originalen findes ikke»: who has said so, and who may say so or that it is found.
"""

from __future__ import annotations

import re
from typing import Any

from followups.models import Decision, FollowUp
from followups.services.state_machine import TRANSITIONS, Kind
from letters.models import Letter
from sepo_incident.core import cpr, danish

#: What cannot stand between the quotation marks of a search: any quotation mark ends them, stars and question marks
#: stand for other letters, a backslash hides what follows. A masked CPR number is not in the mail.
UNSEARCHABLE = re.compile(rf'["\u201c-\u201f\u2033\uff02»«*?\\]|{re.escape(cpr.MASK)}')
#: longer is no surer, and a search field has an end
MAX_SEARCH_LENGTH = 100


def outlook_search_text(letter: Letter) -> str:
    """What finds the mail in a Danish Outlook: «emne:"Partshøring" sendt:18-12-2019», without a subject by date.

    Of a subject with something in it that a search cannot hold, the longest piece between is enough.
    """
    sent = f"sendt:{danish.local_time(letter.sent_at):%d-%m-%Y}"
    piece = max(map(_searchable_words, UNSEARCHABLE.split(letter.subject)), key=len)
    return f'emne:"{piece}" {sent}' if piece else sent


def _searchable_words(piece: str) -> str:
    """On one line and cut between words; "" for mere signs, which no search finds."""
    line = " ".join(piece.split()).strip(" ,.:;-–")
    if len(line) > MAX_SEARCH_LENGTH:
        line = line[: MAX_SEARCH_LENGTH + 1].rpartition(" ")[0]
    return line if any(map(str.isalnum, line)) else ""


def original_mail_context(followup: FollowUp | None, *, may_decide: bool, may_be_read: bool) -> dict[str, Any]:
    """``original_gone`` is the line of the ledger that says so, for who may read the letter; ``may_say_original``: is
    it this reader's to say, and not too late? One query where it is gone."""
    if followup is None or not may_be_read:
        return {}
    return {
        "original_gone": last_original_missing_row(followup) if followup.is_original_gone else None,
        "may_say_original": may_decide and followup.status in TRANSITIONS[Kind.ORIGINAL_GONE],
    }


def last_original_missing_row(followup: FollowUp) -> Decision | None:
    said = followup.decisions.filter(kind=Kind.ORIGINAL_GONE).select_related("by")
    return said.order_by("-version").first()
