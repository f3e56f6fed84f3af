"""Command that checks whether a file can be read, without importing: `manage.py read_list FILE --json`.

Needs neither database nor incident. Ends within 60 seconds and 1 GiB for any file. `--json` prints `{"ok",
"reason", "sheets": [{"name", "rows", "columns", "hidden"}], "problems": [{"row", "column", "value", "message"}]}`.
`rows` counts rows that are not blank, without the headers of the list; a problem without `row` is about the whole
file. Exit code 0 if the file can be read, else 1.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.importing.files import cell_cleaning, reader
from letters.importing.files.headers import LABELS, recognise_columns
from letters.importing.files.limits import Refused
from letters.importing.rows.row_problems import CUT_SHORT, LOST_LETTER, SUM
from sepo_incident.core import cpr, danish

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 50  # for the reading; Python and Django need some time as well
MAX_PROBLEMS = 1000

type Report = dict[str, Any]


class Command(BaseCommand):
    help = "Ser, om en liste kan læses, uden at indlæse noget."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FIL")
        parser.add_argument("--json", action="store_true", help="skriv resultatet som JSON og intet andet")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        report = report_on(file)
        if options["json"]:
            self.stdout.write(json.dumps(report))
        if not report["ok"]:
            raise CommandError(report["reason"])
        if not options["json"]:
            self.stdout.write(_report_sentences(file, report))


def report_on(file: Path) -> Report:
    """Return the report {ok, reason, sheets, problems}. Any error becomes a Danish sentence in `reason`."""
    try:
        return _read_report(file)
    except Refused as refusal:
        reason = str(refusal)
    except OSError:
        reason = str(reader.cannot_open(file))
    except Exception:  # any error, because every file must get a sentence
        logger.exception("read_list stumbled")
        reason = reader.OUR_FAULT_MESSAGE
    return {"ok": False, "reason": reason, "sheets": [], "problems": []}


def _read_report(file: Path) -> Report:
    if not file.is_file():  # a pipe or a device never ends
        raise FileNotFoundError(file)
    with reader.open_list(file, TIMEOUT_SECONDS) as raw:
        found = _problems(raw)
        problems = list(islice(found, MAX_PROBLEMS))
        more = sum(1 for _ in found)  # also takes the rows that are left
        problems = [_problem(message=remark) for remark in raw.remarks] + problems
        problems += [_problem(message=f"{danish.count(more, 'celle', 'celler')} mere har fejl.")] if more else []
        with suppress(Refused):  # the list is read already, so a sheet that is too heavy just has no size
            raw.book.measure()
        sheets = [sheet | {"name": sheet["name"] or cpr.mask(file.stem)} for sheet in raw.sheets]
    return {"ok": True, "reason": None, "sheets": sheets, "problems": problems}


def _problems(raw: reader.RawList) -> Iterator[dict[str, Any]]:
    labels = {index: LABELS[field] for field, index in recognise_columns(raw.headers).items()}
    for number, cells in raw.rows:
        if cell_cleaning.is_sum_row(cells):
            yield _problem(number, message=SUM.message)
        yield from _cell_problems(number, cells, labels)


def _cell_problems(number: int, cells: Sequence[str], labels: dict[int, str]) -> Iterator[dict[str, Any]]:
    for index, text in enumerate(cells):
        if message := _artifact_message(text):
            label = labels.get(index)
            yield _problem(number, label, "" if label == LABELS["recipient"] else cpr.mask(text), message)


def _artifact_message(text: str) -> str:
    if cell_cleaning.is_truncated_number(text):
        return CUT_SHORT.message
    if cell_cleaning.has_lost_letter(text):
        return LOST_LETTER.message
    return cell_cleaning.excel_error_message(text)


def _problem(row: int | None = None, column: str | None = None, value: str = "", message: str = "") -> dict[str, Any]:
    return {"row": row, "column": column, "value": value, "message": message}


def _report_sentences(file: Path, report: Report) -> str:
    lines = [f"{cpr.mask(file.name)} kan læses."]
    for sheet in report["sheets"]:
        hidden = ", skjult" if sheet["hidden"] else ""
        rows = "for stort til at tælle" if sheet["rows"] is None else danish.count(sheet["rows"], "række", "rækker")
        lines.append(f"  {sheet['name']}: {rows}{hidden}.")
    for problem in report["problems"]:
        where = f"Række {danish.number(problem['row'])}: " if problem["row"] else ""
        lines.append(f"  {where}{problem['message']}")
    return "\n".join(lines)
