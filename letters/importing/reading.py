"""The child of ``reader``: parses the file, knows the spreadsheet library, and nothing of Django or the database.

Run as ``python -m letters.importing.reading KIND PATH``. Writes JSON lines to stdout: ``{headers, row, total}``, then
``[row, [cell, …]]`` per row that is not blank, then ``{blank, peak_kib}``; or ``{refused: sentence}``.
"""

import csv
import io
import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from letters.importing.columns import looks_like_headers, missing, recognise

MEMORY_BYTES = 1024**3
CPU_SECONDS = 90
COMPLAINT_BYTES = 64 * 1024  # all it may write to a file: what went wrong, on stderr
OUT_OF_MEMORY = 75  # exit code
MAX_ROWS = 1_048_576
MAX_COLUMNS = 200
MAX_CELL = 5000  # characters; what is longer than its field is reported by rows.py
HEADER_WITHIN = 30  # rows
DELIMITERS = ";,\t|"

BROKEN = "Filen er beskadiget og kan ikke læses. Åbn den i Excel, gem den igen som .xlsx, og prøv igen."
EMPTY = "Arket er tomt. Kontrollér, at listen står i filen, gem den, og vælg den igen."
NO_HEADERS = (
    "Vi kan ikke finde rækken med overskrifter. Øverst på listen skal der stå Brev-id, Sendt, Afsenders e-mail, "
    "Enhed og Emne. Tilføj overskrifterne, og vælg filen igen."
)
NO_ROWS = "Der står ingen breve under overskrifterne. Kontrollér, at du har valgt den rigtige fil."
MANY_ROWS = "Listen har flere rækker, end et ark i Excel kan have. Del den i flere filer."

Table = tuple[list[list[Any]], int]  # rows, and how many the sheet says it has


class Refused(Exception):
    """Carries the Danish sentence to the parent, and the headers where the sentence is about them."""

    def __init__(self, sentence: str, headers: Sequence[str] = ()):
        super().__init__(sentence)
        self.headers = list(headers)


def main(kind: str, path: str) -> None:
    _limit()
    try:
        sheets = _csv_sheets(path) if kind == "csv" else _xlsx_sheets(path)
        for line in _lines(sheets):
            sys.stdout.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n")
    except Refused as refusal:
        sys.stdout.write(json.dumps({"refused": str(refusal), "headers": refusal.headers}) + "\n")
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)


def _limit() -> None:
    """Set before anything foreign is parsed: a 3.6 kB file can ask for 512 GiB."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (COMPLAINT_BYTES, COMPLAINT_BYTES))


def _lines(sheets: Iterable[list[list[Any]]]) -> Iterator[Any]:
    """Head, rows and end of the first sheet that has the headers of a list."""
    seen_anything = False
    for rows in sheets:
        seen_anything = seen_anything or any(_is_filled(row) for row in rows[:HEADER_WITHIN])
        at = next((n for n, row in enumerate(rows[:HEADER_WITHIN]) if looks_like_headers(_texts(row))), None)
        if at is not None:
            return _list_lines(rows, at)
    raise Refused(NO_HEADERS if seen_anything else EMPTY)


def _list_lines(rows: list[list[Any]], at: int) -> Iterator[Any]:
    headers = _texts(rows[at])
    if lacking := missing(recognise(headers)):
        names = " og ".join(f"»{name}«" for name in lacking)
        word = "Kolonnen" if len(lacking) == 1 else "Kolonnerne"
        what = "den" if len(lacking) == 1 else "dem"
        raise Refused(
            f"{word} {names} mangler på listen. Tilføj {what} med netop den overskrift, og vælg filen igen.", headers
        )
    if not any(_is_filled(row) for row in rows[at + 1 :]):
        raise Refused(NO_ROWS)
    if len(rows) > MAX_ROWS:
        raise Refused(MANY_ROWS)
    yield {"headers": headers, "row": at + 1, "total": len(rows) - at - 1}
    blank = 0
    for number, row in enumerate(rows[at + 1 :], start=at + 2):
        if _is_filled(row):
            yield [number, _texts(row)]
        else:
            blank += 1
    yield {"blank": blank, "peak_kib": _peak_kib()}


def _is_filled(row: list[Any]) -> bool:
    return any(value not in ("", None) and str(value).strip() for value in row)


def _texts(row: list[Any]) -> list[str]:
    return [_text(value) for value in row[:MAX_COLUMNS]]


def _text(value: Any) -> str:
    """A cell as Excel in Denmark shows it."""
    match value:
        case str():
            return value[:MAX_CELL]
        case None:
            return ""
        case bool():
            return "SAND" if value else "FALSK"
        case datetime():
            return f"{value:%d-%m-%Y %H:%M:%S}".removesuffix(":00")
        case date():
            return f"{value:%d-%m-%Y}"
        case time() | timedelta():
            return str(value)
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


def _xlsx_sheets(path: str) -> Iterator[list[list[Any]]]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_path(path)
        for sheet in workbook.sheets_metadata:
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
                yield workbook.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
    except CalamineError as problem:
        raise Refused(BROKEN) from problem


def _csv_sheets(path: str) -> Iterator[list[list[Any]]]:
    text = _decoded(Path(path).read_bytes())
    if told := re.match(r"sep=(.)\r?\n", text):  # Excel's own way of saying which; its line still counts as row 1
        delimiter, text = told[1], text[text.index("\n") :]
    else:
        delimiter = max(DELIMITERS, key=lambda mark: _known_headers(text, mark))
    try:
        yield list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as problem:
        raise Refused(
            "Filen kan ikke læses som csv. Ofte mangler der et anførselstegn. Åbn den i Excel, og gem den som .xlsx."
        ) from problem


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _known_headers(text: str, delimiter: str) -> int:
    lines = io.StringIO(text[:65536], newline="")
    try:
        rows = [row for row, _ in zip(csv.reader(lines, delimiter=delimiter), range(HEADER_WITHIN), strict=False)]
    except csv.Error:
        return 0
    return max((len(recognise(row)) for row in rows), default=0)


def _peak_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]


if __name__ == "__main__":
    main(*sys.argv[1:])
