"""Help to find the letter's mail in Outlook, and the statement that the original mail is missing."""

from __future__ import annotations

import re
from typing import Any

from followups.models.followup import followup_of
from followups.services.state_machine import TRANSITIONS, Kind
from letters.models import Letter
from sepo_incident.core import cpr, danish

#: Characters that cannot stand between the quotation marks of a search: any quotation mark ends the text, stars and
#: question marks are wildcards, a backslash hides the next character. A masked CPR number is not in the mail.
UNSEARCHABLE = re.compile(rf'["\u201c-\u201f\u2033\uff02»«*?\\]|{re.escape(cpr.MASK)}')
#: A longer text is no more exact, and a search field has a limit.
MAX_SEARCH_LENGTH = 100


def original_mail_context(letter: Letter, *, may_decide: bool) -> dict[str, Any]:
    """Return the template context about the original mail. One query if the original is missing.

    `search_text` finds the mail in Outlook. `original_gone` is the row of the append-only table that says that the
    original is missing, or None. `may_say_original` is whether the reader may say now that the mail is missing or
    found. Empty if the reader may not read the letter.
    """
    followup = followup_of(letter)
    if not letter.reader_may_read:
        return {}
    if followup is None:
        return {"search_text": outlook_search_text(letter)}
    rows = followup.decisions.filter(kind=Kind.ORIGINAL_GONE).select_related("by").order_by("-version")
    return {
        "search_text": outlook_search_text(letter),
        "original_gone": rows.first() if followup.is_original_gone else None,
        "may_say_original": may_decide and followup.status in TRANSITIONS[Kind.ORIGINAL_GONE],
    }


def outlook_search_text(letter: Letter) -> str:
    """Return a search text for a Danish Outlook: «emne:"Partshøring" sendt:18-12-2019», or only the date.

    Of a subject with characters that a search cannot hold, the longest piece between them is used.
    """
    sent = f"sendt:{danish.local_time(letter.sent_at):%d-%m-%Y}"
    piece = max(map(_searchable_words, UNSEARCHABLE.split(letter.subject)), key=len)
    return f'emne:"{piece}" {sent}' if piece else sent


def _searchable_words(piece: str) -> str:
    """Return the piece on one line, cut between words; "" without letters or digits, which no search finds."""
    line = " ".join(piece.split()).strip(" ,.:;-–")
    if len(line) > MAX_SEARCH_LENGTH:
        line = line[: MAX_SEARCH_LENGTH + 1].rpartition(" ")[0]
    return line if any(map(str.isalnum, line)) else ""
