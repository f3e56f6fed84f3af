"""Selection of sheets: find the lists among the sheets of a file, and select the lists to read.

Pure functions over a `SheetSource`; no person is asked here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from letters.importing.files import headers
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.headers import (
    LIST_HEADERS,
    TIME_FIELDS,
    HeaderTable,
    header_says_utc,
    missing_required_columns,
    normalize_header,
    recognise_columns,
)
from letters.importing.files.limits import EMPTY, NO_HEADERS, Refused
from sepo_incident.core import cpr, danish

#: So many rows below the headers show what the columns hold.
SAMPLE_ROWS = 10


class SheetSource(Protocol):
    """A file with sheets {name, rows, columns, hidden}. `measure` gives the sheets with sizes."""

    sheets: list[dict[str, Any]]

    def first_rows(self, sheet: int) -> list[list[str]]: ...
    def measure(self) -> list[dict[str, Any]]: ...


class CandidateSheet(NamedTuple):
    """A sheet that may be a list. `first`: {row number: cells} of the first filled rows below the headers."""

    sheet: int
    row: int
    headers: list[str]
    are_known: bool
    first: dict[int, list[str]]

    def chosen(self, columns: Mapping[str, int]) -> "SelectedSheet":
        """Return the sheet as selected. `headerless`: columns that nobody was asked about, without content."""
        held = {at for row in self.first.values() for at, cell in enumerate(row) if cell.strip()} | {*columns.values()}
        headerless = [at for at, header in enumerate(self.headers) if not header.strip() and at not in held]
        return SelectedSheet(self.sheet, self.row, self.headers, columns, headerless)


class SelectedSheet(NamedTuple):
    """A sheet to read from below `row`. `columns`: {field: index}."""

    sheet: int
    row: int
    headers: list[str]
    columns: Mapping[str, int]
    headerless: Sequence[int] = ()

    @property
    def is_in_utc(self) -> bool:
        """Whether the header of the times says UTC."""
        return any(header_says_utc(self.headers[at]) for field, at in self.columns.items() if field in TIME_FIELDS)

    @property
    def headed_column_count(self) -> int:
        """The number of columns up to the last header; all columns of a list without headers."""
        named = [at for at, header in enumerate(self.headers, start=1) if header.strip()]
        return max(named, default=len(self.headers))


def find_lists(book: SheetSource, sheets: Iterable[int], table: HeaderTable = LIST_HEADERS) -> list[CandidateSheet]:
    """Return the sheets with headers of `table`; if there are none, the sheets that may be lists."""
    found = [one for sheet in sheets if (one := _find_list_in(book, sheet, table))]
    return [one for one in found if one.are_known] or [one for one in found if one.first]


def _find_list_in(book: SheetSource, sheet: int, table: HeaderTable = LIST_HEADERS) -> CandidateSheet | None:
    top = book.first_rows(sheet)
    at = headers.find_header_row(top, table)
    if at is None:
        return None
    below = {
        number: cells for number, cells in enumerate(top[at.row :], start=at.row + 1) if any(map(str.strip, cells))
    }
    return CandidateSheet(sheet, at.row, at.texts, at.are_known, dict(list(below.items())[:SAMPLE_ROWS]))


def visible_sheets(book: SheetSource) -> list[int]:
    return [at for at, sheet in enumerate(book.sheets) if not sheet["hidden"]]


def hidden_sheets(book: SheetSource) -> list[int]:
    return [at for at, sheet in enumerate(book.sheets) if sheet["hidden"]]


def select_first_list(book: SheetSource) -> list[SelectedSheet]:
    """Return the first visible sheet with known headers. Raise Refused if none, or if a required column is missing."""
    known = next((one for at in visible_sheets(book) if (one := _find_list_in(book, at)) and one.are_known), None)
    if not known:
        raise no_list_refusal(book)
    columns = recognise_columns(known.headers)
    if lacking := missing_required_columns({"source_ref", *columns}):  # the page can make Brev-ids
        names = " og ".join(f"»{name}«" for name in lacking)
        word, what = ("Kolonnen", "den") if len(lacking) == 1 else ("Kolonnerne", "dem")
        message = f"{word} {names} mangler på listen. Tilføj {what}, og prøv igen."
        raise Refused(message, known.headers)
    return [known.chosen(columns)]


def no_list_refusal(book: SheetSource, no_headers: str = NO_HEADERS) -> Refused:
    """Return the Refused that says why the file has no list: no content, or the sentence `no_headers`."""
    rows = (row for at in visible_sheets(book) for row in book.first_rows(at))
    return Refused(no_headers if any(any(map(str.strip, row)) for row in rows) else EMPTY)


def sheet_names(book: SheetSource) -> list[str]:
    """Return the names of all sheets, masked."""
    return [masked_header(sheet["name"]) for sheet in book.sheets]


def selection_remarks(book: SheetSource, chosen: Sequence[SelectedSheet]) -> list[str]:
    """Return Danish remarks on sheets that are not read, and on headers that are not in the first row."""
    names = sheet_names(book)
    read = {one.sheet for one in chosen}
    others = [names[at] for at in visible_sheets(book) if at not in read]
    left_hidden = [names[at] for at in hidden_sheets(book) if at not in read]
    remarks = []
    for one in chosen:
        where = f" i arket »{names[one.sheet]}«" if len(names) > 1 else ""
        if one.columns and one.row != 1 and any(one.headers):
            remarks.append(f"Overskrifterne{where} er fra række {one.row}.")
        elif one.columns and one.row != 1:
            remarks.append(f"Listen{where} har ingen overskrifter.")
    if others:
        word = "arket" if len(read) == 1 else "arkene"
        remarks.append(
            f"Vi har læst {word} {quote_names([names[at] for at in sorted(read)])}. {_name_sheets(others)} ikke læst."
        )
    if left_hidden:
        remarks.append(f"{_name_sheets(left_hidden)} skjult og ikke læst. Gør det synligt i Excel, hvis det har breve.")
    return remarks


def hidden_columns_remark(one: SelectedSheet, hidden_columns: Sequence[int]) -> str:
    """Return a Danish remark on columns that are read but hidden in the sheet, or «»."""
    names = [masked_header(one.headers[at]) for at in sorted(one.columns.values()) if at in hidden_columns]
    if not names:
        return ""
    word, they = ("Kolonnen", "Den") if len(names) == 1 else ("Kolonnerne", "De")
    return f"{word} {quote_names(names)} er skjult i regnearket. {they} er læst med."


def _name_sheets(names: Sequence[str]) -> str:
    return f"Arket {quote_names(names)} er" if len(names) == 1 else f"Arkene {quote_names(names)} er"


def quote_names(names: Sequence[str]) -> str:
    """Return the names quoted and joined, as »Nord«, »Syd« og »Vest«."""
    return danish.join_with_and([f"»{name}«" for name in names])


def column_keys(texts: Iterable[str]) -> list[tuple[str, int]]:
    """Return keys that identify the columns of a list in any order: (normalized header, occurrence from 1)."""
    seen: Counter[str] = Counter()
    found = []
    for text in map(normalize_header, map(masked_header, texts)):
        seen[text] += 1
        found.append((text, seen[text]))
    return found


def masked_header(text: str) -> str:
    """Return the header on a single line, with CPR numbers masked."""
    return cpr.mask(clean_text(text))


def mapping_of_sheets(chosen: Sequence[SelectedSheet]) -> list[list[str]]:
    """Return [[header, field or ""], …] of all columns that are read, as the first sheet with the column has them."""
    fields: dict[tuple[str, int], list[str]] = {}
    for one in chosen:
        meaning = {index: field for field, index in one.columns.items()}
        for index, (key, text) in enumerate(zip(column_keys(one.headers), one.headers, strict=True)):
            fields.setdefault(key, [masked_header(text), meaning.get(index, "")])
    return list(fields.values())


def columns_from_mapping(mapping: Sequence[Sequence[str]], texts: Sequence[str]) -> dict[str, int]:
    """Return {field: index} for the headers `texts`. `mapping`: [[header, field or ""], …] as people chose."""
    field_of = dict(zip(column_keys(header for header, _ in mapping), (field for _, field in mapping), strict=True))
    return {field: index for index, key in enumerate(column_keys(texts)) if (field := field_of.get(key, ""))}
