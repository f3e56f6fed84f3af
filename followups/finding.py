"""Help with one letter: how to find its mail in Outlook, and what to write to the recipient. Pure text."""

from __future__ import annotations

import re
from urllib.parse import quote

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


def draft_for_resending(letter: Letter) -> str:
    return _draft(
        letter,
        "Brevet er det samme, som vi sendte dengang. Har det en frist, regner vi den fra i dag.",
    )


def draft_for_new_letter(letter: Letter) -> str:
    return _draft(
        letter,
        "Du får derfor et nyt brev i dag. Fristen for at svare er flyttet, så du har lige så lang tid som ellers.",
    )


def _draft(letter: Letter, what_now: str) -> str:
    return (
        f"Kære modtager\n\nVi sendte dig et brev den {danish.date(letter.sent_at)}. På grund af en teknisk fejl hos os "
        f"kom det ikke frem til din e-Boks. Det beklager vi.\n\n{what_now}"
    )


def as_mail(draft: str) -> str:
    """A link that opens the draft in the mail program, with To empty so that nobody gets it by mistake."""
    return f"mailto:?body={quote(draft.replace(chr(10), chr(13) + chr(10)))}"
