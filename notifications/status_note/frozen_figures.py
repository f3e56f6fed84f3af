"""The figures of a version by name, as the text of the note shows them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from followups.models import NoteFigure, NoteVersion
from followups.reporting.consequences import AMOUNT
from notifications.status_note.text import BEFORE, CHANGE
from sepo_incident.core import danish


@dataclass(frozen=True)
class NamedFigure:
    """A figure as it stands in a note. `name`: the key, with @before or @change where it is not the figure of now.

    `figure`: what was frozen, with the letters; of a change, the figure of now. `text`: as the note shows it.
    """

    name: str
    figure: NoteFigure
    value: int | Decimal
    text: str

    @property
    def heading(self) -> str:
        """Return the text, with «kr.» after a sum of money."""
        is_money = self.figure.key == AMOUNT or self.figure.key.startswith(f"{AMOUNT}.")
        return f"{self.text} kr." if is_money else self.text

    @property
    def is_before(self) -> bool:
        return self.name.endswith(BEFORE)

    @property
    def sentence(self) -> str:
        if self.name.endswith(CHANGE):
            return f"Ændring siden udgaven før. {self.figure.sentence}"
        return f"Udgaven før. {self.figure.sentence}" if self.is_before else self.figure.sentence


def named_figures(version: NoteVersion) -> dict[str, NamedFigure]:
    """Return {name: figure} of all that the version's text may show, without the letters. At most two queries."""
    figures = {one.key: one for one in version.figures.defer("letters")}
    before = {one.key: one for one in version.previous.figures.defer("letters")} if version.previous else {}
    named = {key: NamedFigure(key, one, one.amount, one.number) for key, one in figures.items()}
    for key, one in figures.items():
        earlier = before.get(key)
        if earlier:
            named[key + BEFORE] = NamedFigure(key + BEFORE, earlier, earlier.amount, earlier.number)
        elif version.previous:  # a figure that the version before did not have, such as a new unit
            none = NoteFigure(version=version, key=key, label=one.label, sentence=one.sentence, value=Decimal(0))
            named[key + BEFORE] = NamedFigure(key + BEFORE, none, 0, "0")
        change = one.amount - (earlier.amount if earlier else 0)
        signed = f"{'+' if change > 0 else ''}{danish.number(change)}"
        named[key + CHANGE] = NamedFigure(key + CHANGE, one, change, signed)
    return named
