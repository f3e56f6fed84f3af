"""Write rows to xlsx and CSV files."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sepo_incident.core.sheet import FORMULA_PREFIXES, Sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def build_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return a CSV file in the format of Danish Excel: `;`, dd-mm-yyyy hh:mm, 1250,50, UTF-8 with BOM, CRLF."""
    return b"".join(stream_csv(columns, rows))


def stream_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    text = io.StringIO("\ufeff")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([_to_csv_value(name) for name in columns])
    for row in rows:
        yield _take_text(text)
        writer.writerow([_to_csv_value(value) for value in row])
    yield _take_text(text)


def _take_text(text: io.StringIO) -> bytes:
    """Return what was written, and empty the buffer."""
    content = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return content


def build_xlsx(columns: Sequence[str], rows: Iterable[Sequence[Any]], sheet: str, widths: Sequence[int] = ()) -> bytes:
    """Return a workbook of one sheet as bytes."""
    return build_workbook([Sheet(sheet, columns, rows, widths)])


def build_workbook(sheets: Sequence[Sheet]) -> bytes:
    """Return a workbook as bytes. Dates are stored as dates, and text that looks like a formula is stored as text."""
    # openpyxl takes 21 MiB, which a process that writes no workbook, such as an import's, does not need.
    from sepo_incident.core.workbook_writer import write_workbook

    return write_workbook(sheets)


def _to_csv_value(value: Any) -> Any:
    if isinstance(value, date):
        return f"{value:%d-%m-%Y %H:%M}" if isinstance(value, datetime) else f"{value:%d-%m-%Y}"
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_PREFIXES) else value
