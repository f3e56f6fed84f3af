"""A search text that finds a sent mail in Outlook."""

import re
from datetime import datetime

from sepo_incident.core import cpr, danish

#: Characters that cannot stand between the quotation marks of a search: any quotation mark ends the text, stars and
#: question marks are wildcards, a backslash hides the next character. A masked CPR number is not in the mail.
UNSEARCHABLE = re.compile(rf'["\u201c-\u201f\u2033\uff02»«*?\\]|{re.escape(cpr.MASK)}')
#: A longer text is no more exact, and a search field has a limit.
MAX_SEARCH_LENGTH = 100


def outlook_search_text(subject: str, sent_at: datetime) -> str:
    """Return a search text for a Danish Outlook: «emne:"Partshøring" sendt:18-12-2019», or only the date.

    Of a subject with characters that a search cannot hold, the longest piece between them is used.
    """
    sent = f"sendt:{danish.local_time(sent_at):%d-%m-%Y}"
    piece = max(map(_searchable_words, UNSEARCHABLE.split(subject)), key=len)
    return f'emne:"{piece}" {sent}' if piece else sent


def _searchable_words(piece: str) -> str:
    """Return the piece on one line, cut between words; "" without letters or digits, which no search finds."""
    line = " ".join(piece.split()).strip(" ,.:;-–")
    if len(line) > MAX_SEARCH_LENGTH:
        line = line[: MAX_SEARCH_LENGTH + 1].rpartition(" ")[0]
    return line if any(map(str.isalnum, line)) else ""
