"""Which sheets of a file are lists, and which of them are read. Pure: it looks through ``Book``, and asks nobody."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from letters.importing import headers
from letters.importing.cells import clean
from letters.importing.columns import CLOCKS, is_in_utc, missing, plain, recognise
from letters.importing.reading.refusals import EMPTY, NO_HEADERS, Refused, lacks_columns
from sepo_incident import cpr, danish

#: So many rows below the headers tell what their columns hold.
LOOKED_AT = 10


class Book(Protocol):
    """A file: its sheets as {name, rows, columns, hidden}, the first rows of one of them, and how large they are."""

    sheets: list[dict[str, Any]]

    def look(self, sheet: int) -> list[list[str]]: ...
    def measure(self) -> list[dict[str, Any]]: ...


class Found(NamedTuple):
    """A sheet that may be a list. ``row`` is that of its headers, ``first`` are {row: cells} below it."""

    sheet: int
    row: int
    headers: list[str]
    are_known: bool
    first: dict[int, list[str]]

    def chosen(self, columns: Mapping[str, int], remark: str = "") -> "Chosen":
        """``unnamed`` are the columns without a header and with nothing in the first rows: nobody was asked of them."""
        held = {at for row in self.first.values() for at, cell in enumerate(row) if cell.strip()} | {*columns.values()}
        unnamed = [at for at, header in enumerate(self.headers) if not header.strip() and at not in held]
        return Chosen(self.sheet, self.row, self.headers, columns, unnamed, remark)


class Chosen(NamedTuple):
    """What is read of a sheet: from below ``row``, ``columns`` being field → index. ``remark``: how they were known.

    ``unnamed``: columns without a header, that seem to hold nothing.
    """

    sheet: int
    row: int
    headers: list[str]
    columns: Mapping[str, int]
    unnamed: Sequence[int] = ()
    remark: str = ""

    @property
    def is_in_utc(self) -> bool:
        return any(is_in_utc(self.headers[at]) for field, at in self.columns.items() if field in CLOCKS)

    @property
    def headed(self) -> int:
        """So many columns from the first have a header; all of a list without any."""
        named = [at for at, header in enumerate(self.headers, start=1) if header.strip()]
        return max(named, default=len(self.headers))


def find(book: Book, sheets: Iterable[int]) -> list[Found]:
    """Those of the sheets that may be lists; where some have headers that we know, only they are."""
    found = [one for sheet in sheets if (one := _look(book, sheet))]
    return [one for one in found if one.are_known] or [one for one in found if one.first]


def _look(book: Book, sheet: int) -> Found | None:
    top = book.look(sheet)
    at = headers.find(top)
    if at is None:
        return None
    below = {
        number: cells for number, cells in enumerate(top[at.row :], start=at.row + 1) if any(map(str.strip, cells))
    }
    return Found(sheet, at.row, at.texts, at.are_known, dict(list(below.items())[:LOOKED_AT]))


def shown(book: Book) -> list[int]:
    return [at for at, sheet in enumerate(book.sheets) if not sheet["hidden"]]


def hidden(book: Book) -> list[int]:
    return [at for at, sheet in enumerate(book.sheets) if sheet["hidden"]]


def first_list(book: Book) -> list[Chosen]:
    """The first sheet with headers that we know. Raises ``Refused`` where there is none, or a column is missing."""
    known = next((one for at in shown(book) if (one := _look(book, at)) and one.are_known), None)
    if not known:
        raise refusal(book)
    columns = recognise(known.headers)
    if lacking := missing(columns):
        raise Refused(lacks_columns(lacking), known.headers)
    return [known.chosen(columns)]


def first_sheet(book: Book) -> list[Chosen]:
    """The first sheet that has anything, from its first row and without headers: for a reader that knows its own."""
    sheet = next((at for at in shown(book) if _has_anything(book, at)), None)
    if sheet is None:
        raise Refused(EMPTY)
    return [Chosen(sheet, 0, [], {})]


def _has_anything(book: Book, sheet: int) -> bool:
    return any(any(map(str.strip, row)) for row in book.look(sheet))


def refusal(book: Book) -> Refused:
    """Why there is no list in it."""
    return Refused(NO_HEADERS if any(_has_anything(book, at) for at in shown(book)) else EMPTY)


def names_of(book: Book) -> list[str]:
    """What every sheet is called, as it may be shown."""
    return [shown_header(sheet["name"]) for sheet in book.sheets]


def remarks_on(book: Book, chosen: Sequence[Chosen]) -> list[str]:
    """What else the file holds and that it is not read; and where the headers were, if not at the top."""
    names = names_of(book)
    read = {one.sheet for one in chosen}
    others = [names[at] for at in shown(book) if at not in read]
    left_hidden = [names[at] for at in hidden(book) if at not in read]
    remarks = [one.remark for one in chosen if one.remark]
    remarks += [_where(one, names[one.sheet], len(names) > 1) for one in chosen if one.columns and one.row != 1]
    if others:
        word = "arket" if len(read) == 1 else "arkene"
        remarks.append(f"Vi har læst {word} {quoted([names[at] for at in sorted(read)])}. {_are(others)} ikke læst.")
    if left_hidden:
        remarks.append(f"{_are(left_hidden)} skjult og ikke læst. Vis det i Excel, hvis der står breve i det.")
    return remarks


def on_hidden(one: Chosen, hidden_columns: Sequence[int]) -> str:
    """That columns are read that nobody sees in the sheet, or «»."""
    names = [shown_header(one.headers[at]) for at in sorted(one.columns.values()) if at in hidden_columns]
    if not names:
        return ""
    word, they = ("Kolonnen", "Den") if len(names) == 1 else ("Kolonnerne", "De")
    return f"{word} {quoted(names)} er skjult i regnearket. {they} er læst med."


def _where(one: Chosen, name: str, is_one_of_several: bool) -> str:
    where = f" i arket »{name}«" if is_one_of_several else ""
    return (
        f"Overskrifterne{where} er taget fra række {one.row}."
        if any(one.headers)
        else f"Listen{where} har ingen overskrifter."
    )


def _are(names: Sequence[str]) -> str:
    return f"Arket {quoted(names)} er" if len(names) == 1 else f"Arkene {quoted(names)} er"


def quoted(names: Sequence[str]) -> str:
    """»Nord«, »Syd« og »Vest«"""
    return danish.listed([f"»{name}«" for name in names])


def keys(texts: Iterable[str]) -> list[tuple[str, int]]:
    """What tells the columns of a list apart, wherever they stand: (the header, the how many-th that is called so)."""
    seen: Counter[str] = Counter()
    found = []
    for text in map(plain, map(shown_header, texts)):
        seen[text] += 1
        found.append((text, seen[text]))
    return found


def shown_header(text: str) -> str:
    return cpr.mask(clean(text))


def mapping_of(chosen: Sequence[Chosen]) -> list[list[str]]:
    """[[header, field or ""], …] of every column that is read, in the order of the first sheet that has it."""
    fields: dict[tuple[str, int], list[str]] = {}
    for one in chosen:
        meaning = {index: field for field, index in one.columns.items()}
        for index, (key, text) in enumerate(zip(keys(one.headers), one.headers, strict=True)):
            fields.setdefault(key, [shown_header(text), meaning.get(index, "")])
    return list(fields.values())


def columns_by(mapping: Sequence[Sequence[str]], texts: Sequence[str]) -> dict[str, int]:
    """field → index on a list with these headers, by what people chose: ``mapping`` is [[header, field or ""], …]."""
    field_of = dict(zip(keys(header for header, _ in mapping), (field for _, field in mapping), strict=True))
    return {field: index for index, key in enumerate(keys(texts)) if (field := field_of.get(key, ""))}
