"""Build small lists for tests: rows as dicts of header → cell, and the bytes of a file with them."""

import io
from datetime import datetime
from functools import cache

from openpyxl import Workbook

from letters.importing.plan import letter_comparison
from letters.models import ImportBatch
from letters.samples import COLUMNS
from sepo_incident.core import spreadsheets

PLAIN = {
    "Brev-id": "B-1",
    "Sendt": "11-12-2019 09:14",
    "Afsender": "Karen Bülow Møller",
    "Afsenders e-mail": "karen@kk.example",
    "Leder": "Jens Ågård",
    "Leders e-mail": "jens@kk.example",
    "Forvaltning": "Børne- og Ungdomsforvaltningen",
    "Område": "Område Nørrebro",
    "Enhed": "Svalevejens Skole",
    "Underenhed": "",
    "Modtagertype": "Borger",
    "Modtager": "0102701234@eboks.example",
    "Emne": "Partshøring om udeblivelse",
}


def row(number: int = 1, **cells: str) -> dict[str, str | datetime]:
    """Return a valid row, changed by `cells` (Danish headers with _ for space and hyphen).

    Each number has a recipient of its own, so that no two rows are the same mail.
    """
    names = {name.replace(" ", "_").replace("-", "_"): name for name in COLUMNS}
    own = {"Brev-id": f"B-{number}", "Modtager": f"010270{(1233 + number) % 10_000:04}@eboks.example"}
    return {**PLAIN, **own, **{names[name]: value for name, value in cells.items()}}


def xlsx(*rows: dict, columns: tuple[str, ...] = COLUMNS) -> bytes:
    """Return a workbook, the same bytes for the same rows."""
    return _build_xlsx(columns, tuple(tuple(one.get(name, "") for name in columns) for one in rows))


@cache
def _build_xlsx(columns: tuple[str, ...], rows: tuple[tuple, ...]) -> bytes:
    return spreadsheets.build_xlsx(columns, rows, "Liste")


def csv(*rows: dict, columns: tuple[str, ...] = COLUMNS) -> bytes:
    return spreadsheets.build_csv(columns, [[one.get(name, "") for name in columns] for one in rows])


def workbook(*sheets: list[list]) -> bytes:
    """Return an xlsx with sheets of raw cells, for what our own exporter never writes."""
    book = Workbook()
    book.remove(book.active)
    for number, cells in enumerate(sheets):
        sheet = book.create_sheet(f"Ark{number + 1}")
        for line in cells:
            sheet.append(line)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def confirmed_totals(batch: ImportBatch) -> dict[str, str]:
    """Return what the check page posts when the totals are confirmed."""
    return {"stemmer": "on", "tal": letter_comparison.count_rows(batch).as_seen}
