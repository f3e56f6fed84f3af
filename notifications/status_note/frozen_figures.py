"""The figures of a version by name, as the text of the note shows them, and the letters behind each.

A figure counts personnel cases too. One about subjects or recipients is divided only by administrations that are all
large, because a number of a small part may point at a person (decision 46), and lists only letters whose subject the
reader may read. One about the whole municipality is not divided in the note of an administration.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from followups.models import NoteFigure, NoteVersion
from followups.reporting.consequences import AMOUNT
from followups.reporting.figure_definitions import letter_key
from followups.reporting.figures import large_units_of, reveals_personnel_cases
from followups.reporting.letter_figures import NOT_DIVIDED
from letters.models import Letter
from letters.models.letter import LetterQuerySet
from notifications.status_note.facts import MUNICIPALITY_LETTERS
from notifications.status_note.text import BEFORE, CHANGE
from sepo_incident.accounts.models import Unit, User
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


class FigureLetters(NamedTuple):
    """The letters behind a figure, for a reader.

    `counted`: how many letters the figure counts, None if it counts none at all. `split`: (name, letters) of units;
    `remark`: why there is none. `visible`: the letters that the reader may know, None for a reader of numbers only.
    """

    counted: int | None
    split: list[tuple[str, int]]
    remark: str
    visible: LetterQuerySet | None


def letters_behind(version: NoteVersion, named: NamedFigure, reader: User) -> FigureLetters:
    """Return the letters behind a figure of the version, as they were frozen."""
    key, ids = named.figure.key, named.figure.letters
    if ids is None:
        return FigureLetters(None, [], "", None)
    visible = Letter.objects.visible_to(reader).filter(pk__in=ids)
    is_revealing = reveals_personnel_cases(key)
    if is_revealing:
        visible = visible.readable()
    is_secret = is_revealing and not has_large_parts(version)
    split = [] if is_secret or key == MUNICIPALITY_LETTERS else split_by_unit(version.unit, ids)
    sees_letters = visible.exists() or not reader.only_counts(version.unit.lineage)
    return FigureLetters(len(ids), split, NOT_DIVIDED if is_secret else "", visible if sees_letters else None)


def has_large_parts(version: NoteVersion) -> bool:
    """Return whether the note is divided by administrations, and each of them is large."""
    if not version.unit.is_root:
        return False
    counted = version.figures.get(key=letter_key("ALL")).letters or []
    letters = Letter.objects.filter(pk__in=counted)
    parts = {lineage[:2][-1] for (lineage,) in letters.exclude(unit=None).values_list("unit__lineage").distinct()}
    return parts <= large_units_of(letters, danish.local_date(version.taken_at))


def split_by_unit(unit: Unit, ids: list[int]) -> list[tuple[str, int]]:
    """Return (name, letters) of each administration for the whole municipality, else of each unit."""
    depth = 1 if unit.is_root else -1
    counts: dict[int | None, int] = {}
    for (lineage,) in Letter.objects.filter(pk__in=ids).values_list("unit__lineage"):
        part = lineage[min(depth, len(lineage) - 1)] if lineage else None
        counts[part] = counts.get(part, 0) + 1
    units = Unit.objects.in_order().filter(pk__in=[pk for pk in counts if pk])
    return [*((one.name, counts[one.pk]) for one in units), *([("Uden enhed", counts[None])] if None in counts else [])]
