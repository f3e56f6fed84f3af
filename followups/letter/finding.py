"""Help with one letter: how to find its mail in Outlook. Pure text."""

from __future__ import annotations

import re

from letters.models import Letter
from sepo_incident import cpr, danish

#: What cannot stand between the quotation marks of a search: any quotation mark ends them, stars and question marks
#: stand for other letters, a backslash hides what follows. A masked CPR number is not in the mail.
BREAKS = re.compile(rf'["\u201c-\u201f\u2033\uff02»«*?\\]|{re.escape(cpr.MASK)}')
#: longer is no surer, and a search field has an end
LONGEST = 100


def search_text(letter: Letter) -> str:
    """What finds the mail in a Danish Outlook: «emne:"Partshøring" sendt:18-12-2019», without a subject by date.

    Of a subject with something in it that a search cannot hold, the longest piece between is enough.
    """
    sent = f"sendt:{danish.here(letter.sent_at):%d-%m-%Y}"
    piece = max(map(_words, BREAKS.split(letter.subject)), key=len)
    return f'emne:"{piece}" {sent}' if piece else sent


def _words(piece: str) -> str:
    """On one line and cut between words; "" for mere signs, which no search finds."""
    line = " ".join(piece.split()).strip(" ,.:;-–")
    if len(line) > LONGEST:
        line = line[: LONGEST + 1].rpartition(" ")[0]
    return line if any(map(str.isalnum, line)) else ""
