"""A draft is plain text with fields in braces: «Vi sendte dig et brev den {dato}.» Pure.

What is not known of a letter becomes a word in brackets, as all that the sender must write themselves: «[ny dato]».
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from followups.models import FollowUp
from letters.models import Letter
from sepo_incident import cpr, danish

IN_BRACES = re.compile(r"\{([^{}\n]*)\}")


class Field(NamedTuple):
    """``meaning`` is for KIT; ``value`` gives "" for what is not known of a letter."""

    meaning: str
    value: Callable[[Letter], str]


def _of_followup(letter: Letter, *names: str) -> str:
    """The first date that there is of these."""
    followup: FollowUp | None = getattr(letter, "followup", None)
    found = (getattr(followup, name) for name in names) if followup else iter(())
    first: date | None = next(filter(None, found), None)
    return danish.date(first) if first else ""


def subject_of(letter: Letter) -> str:
    """The letter's subject on one line and without a CPR number, also a masked one; "" where nothing is left."""
    return " ".join(cpr.mask(letter.subject).replace(cpr.MASK, " ").split()).strip(" ,.:;-–")


FIELDS = {
    "dato": Field("dagen, brevet blev sendt", lambda letter: danish.date(letter.sent_at)),
    "emne": Field("brevets emne", subject_of),
    "gammel dato": Field(
        "mødets dag eller fristen i det gamle brev", lambda letter: _of_followup(letter, "missed_on", "due_on")
    ),
    "ny dato": Field("den nye dato, når den er besluttet", lambda letter: _of_followup(letter, "new_deadline")),
    "dit navn": Field("afsenderens navn", lambda letter: letter.sender.name if letter.sender else ""),
    "arbejdssted": Field("enheden", lambda letter: letter.unit.name if letter.unit else ""),
}


def unknown(body: str) -> list[str]:
    """What stands in braces and is no field."""
    return [name for name in dict.fromkeys(IN_BRACES.findall(body)) if name not in FIELDS]


def filled(body: str, letter: Letter | None) -> str:
    """For a letter that the reader may read; for none, with each field left to write. What is no field stays."""

    def value(braces: re.Match[str]) -> str:
        field = FIELDS.get(braces[1])
        if field is None:
            return braces[0]
        return (letter and field.value(letter)) or f"[{braces[1]}]"

    return cpr.mask(IN_BRACES.sub(value, body))
