"""A filled-in workbook → its rows, by the headers of the questions wherever their columns stand.

What the file may be, and how much of it is read, is ``letters.importing.reader``'s; this knows what our sheet looks
like, and says what is wrong with one that is not quite ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from followups.exchanging import questions
from followups.exchanging.sheet import LETTER_ID
from letters.importing import lists, reader
from letters.importing.cells import clean
from letters.importing.columns import OUR_KEY
from letters.importing.reader import RawRow, Refused
from sepo_incident import danish

MOST_ROWS = 20_000
SECONDS = 25  # a page waits for it

NOT_OURS = (
    f"Filen er ikke et regneark med breve, der er hentet her, eller også er kolonnen »{OUR_KEY}« slettet. "
    "Hent regnearket igen, skriv svarene i det, og vælg det."
)
NO_ROWS = "Der står ingen breve under overskrifterne. Hent regnearket igen, skriv svarene i det, og vælg det."
TOO_MANY = f"Arket har flere end {danish.number(MOST_ROWS)} rækker. Slet dem, du ikke har svaret på, og vælg det igen."


@dataclass(frozen=True)
class Line:
    """``number`` is the row in Excel; ``texts`` are its answers by the name of the question."""

    number: int
    letter_id: str
    key: str
    texts: dict[str, str]


@dataclass(frozen=True)
class Filled:
    """``columns``: the name of a question → its column in the sheet, from 1."""

    lines: list[Line]
    columns: dict[str, int]


def read(content: BinaryIO) -> Filled:
    """Raises ``Refused`` with a Danish sentence for everything that cannot be read as our sheet."""
    with reader.read(content, SECONDS, _our_sheet) as raw:
        headers = [clean(header) for header in raw.headers]
        columns = _columns(headers)
        lines = list(_lines(raw.rows, headers, columns))
    if not lines:
        raise Refused(NO_ROWS)
    return Filled(lines, {name: at + 1 for name, at in columns.items()})


def _our_sheet(book: lists.Book) -> list[lists.Chosen]:
    """The one with our keys; where there are two, nobody can tell which is meant."""
    found = [chosen for at in lists.shown(book) if (chosen := _chosen(at, book.look(at)))]
    if not found:
        raise Refused(NOT_OURS)
    if len(found) > 1:
        names = lists.names_of(book)
        both = lists.quoted([names[one.sheet] for one in found])
        raise Refused(f"Der står breve i arkene {both}. Slet dem, du ikke skal bruge, og vælg filen igen.")
    return found


def _chosen(sheet: int, top: Sequence[Sequence[str]]) -> lists.Chosen | None:
    """The headers may have moved down, below a title that somebody has written."""
    at = next((at for at, row in enumerate(top) if OUR_KEY in map(clean, row)), None)
    return lists.Chosen(sheet, at + 1, list(top[at]), {}) if at is not None else None


def _columns(headers: Sequence[str]) -> dict[str, int]:
    """The name of a question → the index of its column."""
    names = [questions.named(header) for header in headers]
    if not any(names):
        raise Refused(NOT_OURS)
    found = [LETTER_ID if header == LETTER_ID else name for header, name in zip(headers, names, strict=True)]
    counted = Counter(filter(None, found))
    label = {one.name: one.header for one in questions.asked(is_own=True)} | {LETTER_ID: LETTER_ID}
    if missing := [label[name] for name in label if not counted[name]]:
        raise Refused(
            f"Vi kan ikke finde {_called(missing)}. Er en overskrift rettet, så skriv den, som den var. "
            "Ellers hent regnearket igen, og skriv svarene i det."
        )
    if twice := [label[name] for name, many in counted.items() if many > 1]:
        raise Refused(f"{danish.capitalized(_called(twice))} står to gange. Slet den ene, og vælg filen igen.")
    return {name: at for at, name in enumerate(names) if name}


def _called(names: Sequence[str]) -> str:
    return f"{'kolonnen' if len(names) == 1 else 'kolonnerne'} {lists.quoted(names)}"


def _lines(rows: Iterator[RawRow], headers: Sequence[str], columns: dict[str, int]) -> Iterator[Line]:
    letter_id, key = headers.index(LETTER_ID), headers.index(OUR_KEY)
    for row in islice(rows, MOST_ROWS):
        cells = [*row.cells, *[""] * (len(headers) - len(row.cells))]
        texts = {name: cells[at] for name, at in columns.items()}
        yield Line(row.number, clean(cells[letter_id]), clean(cells[key]), texts)
    if next(rows, None) is not None:
        raise Refused(TOO_MANY)
