"""Reading of a file as raw rows, in a child process that may die without harm.

The parent process (this module) detects the type of the file and never parses a spreadsheet. The child process
(`parser`) parses under limits of memory, processor and time: the child lists the sheets, the parent looks at some
sheets and selects, and the child reads the selected sheets. A reading ends with a final answer; without the final
answer the child has died.
"""

import json
import logging
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple

from letters.importing.files.file_type import Content, detect_file_type
from letters.importing.files.limits import MAX_COLUMNS, OUT_OF_MEMORY, Refused
from letters.importing.files.parser import child_process
from letters.importing.files.sheet_selection import (
    SelectedSheet,
    hidden_columns_remark,
    select_first_list,
    selection_remarks,
    sheet_names,
)
from sepo_incident.core import cpr

logger = logging.getLogger(__name__)

MAX_SECONDS = 300

_ROOT = Path(__file__).resolve().parents[3]
_COMMAND = (sys.executable, "-m", child_process.__name__)
_MAX_LOGGED_STDERR = 4000  # characters

REPAIRED_LETTERS_REMARK = "Vi har rettet forkerte bogstaver, som »SÃ¸ren« til »Søren«. Kontrollér nogle navne og emner."
MORE_COLUMNS_REMARK = (
    f"Vi har kun læst de første {MAX_COLUMNS} kolonner. Mangler der noget, så slet overflødige kolonner."
)
_REMARK_OF = {
    "has_hidden_rows": "Skjulte rækker er læst med. Slet dem i regnearket, hvis de ikke hører til på listen.",
    "has_merged_cells": "Nogle celler er flettet over flere rækker. Vi har læst værdien i hver række.",
    "has_more_columns": MORE_COLUMNS_REMARK,
    "has_repaired_letters": REPAIRED_LETTERS_REMARK,
}
TOO_HEAVY_MESSAGE = (
    "Filen er for tung at læse. Vi kan læse cirka 500.000 rækker som .xlsx og en million som .csv. "
    "Kopiér kun listens rækker til en ny projektmappe, eller gem listen som .csv, og prøv igen."
)
OUR_FAULT_MESSAGE = (
    "Der skete en fejl hos os, da vi læste filen. Prøv igen. Hjælper det ikke, så skriv til DIT@buf.kk.dk."
)


class RawRow(NamedTuple):
    """A row of a sheet: the row number in Excel, and texts as Excel shows cells, dates as dd-mm-yyyy hh:mm."""

    number: int
    cells: list[str]


class OpenedFile:
    """A file that the child process has opened. The sizes of `sheets` are None until `measure` is called."""

    def __init__(self, kind: str, answers: Iterator[Any], requests: IO[bytes]):
        self._answers, self._requests = answers, requests
        self._first_rows: dict[int, list[list[str]]] = {}
        self.remarks = ["Filen har makroer. Vi har ikke kørt eller læst dem."] if kind == "xlsm" else []
        self.sheets = _mask_sheet_names(next(answers)["sheets"])

    def first_rows(self, sheet: int) -> list[list[str]]:
        if sheet not in self._first_rows:
            self._first_rows[sheet] = next(self.ask_child(first_rows=sheet))["top"]
        return self._first_rows[sheet]

    def measure(self) -> list[dict[str, Any]]:
        """Return all sheets with sizes, hidden sheets included. Must not be called while rows are being read."""
        self.sheets = _mask_sheet_names(next(self.ask_child(measure=True))["sheets"])
        return self.sheets

    def ask_child(self, **request: Any) -> Iterator[Any]:
        """Send a request to the child process. Return the iterator over all further answers."""
        with suppress(BrokenPipeError):  # the child is dead, and the answers say why
            self._requests.write(json.dumps(request).encode() + b"\n")
            self._requests.flush()
        return self._answers


@dataclass
class RawList:
    """The rows of the selected sheets, one by one, and counts after the last row.

    `lists`: the sheets that are read. `remarks`: Danish sentences on what is hidden or not read, complete after
    the last row. `total`: number of rows below the headers, blank rows included; grows with every sheet, and is
    exact after the last row.
    """

    book: OpenedFile
    lists: list[SelectedSheet]
    remarks: list[str]
    total: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def by_sheet(self) -> Iterator[tuple[SelectedSheet, Iterator[RawRow]]]:
        """Yield every sheet with the rows. Take all rows of a sheet before the next sheet. May be called once only."""
        answers = self.book.ask_child(
            read=[[one.sheet, one.row, one.columns.get("sent_at", MAX_COLUMNS)] for one in self.lists]
        )
        for one in self.lists:
            self.total += next(answers)["total"]
            yield one, self._rows(one, answers)
        self.counts = next(answers)
        self.total = self.counts["total"]
        self.remarks += [remark for name, remark in _REMARK_OF.items() if self.counts[name]]

    def _rows(self, one: SelectedSheet, answers: Iterator[Any]) -> Iterator[RawRow]:
        for answer in answers:
            if isinstance(answer, dict):
                self.remarks += filter(None, [hidden_columns_remark(one, answer["hidden_columns"])])
                return
            yield from map(RawRow._make, answer)

    @cached_property
    def rows(self) -> Iterator[RawRow]:
        return chain.from_iterable(rows for _, rows in self.by_sheet())

    @property
    def headers(self) -> list[str]:
        return self.lists[0].headers

    @property
    def names(self) -> list[str]:
        """The names of the sheets that are read; empty if only a single sheet is read."""
        return [sheet_names(self.book)[one.sheet] for one in self.lists] if len(self.lists) > 1 else []

    @property
    def sheets(self) -> list[dict[str, Any]]:
        return self.book.sheets

    @property
    def blank(self) -> int:
        return self.counts.get("blank", 0)

    @property
    def peak_kib(self) -> int:
        """The peak memory of the child process in KiB."""
        return self.counts.get("peak_kib", 0)


def cannot_open(file: Path) -> Refused:
    """Return the refusal of a file that the operating system does not open."""
    return Refused(f"Filen »{cpr.mask(str(file))}« kan ikke åbnes. Kontrollér navnet og mappen.")


@contextmanager
def open_list(
    content: Content,
    seconds: float | None = None,
    choose: Callable[[OpenedFile], list[SelectedSheet]] = select_first_list,
) -> Iterator[RawList]:
    """Yield the list in `content`. Raises Refused, also while rows are taken. `seconds`: limit for all of it."""
    kind = detect_file_type(content)
    with _path_on_disk(content) as path, _run_child_process(kind, path, seconds or MAX_SECONDS) as (answers, requests):
        book = OpenedFile(kind, answers, requests)
        chosen = choose(book)
        yield RawList(book, chosen, [*book.remarks, *selection_remarks(book, chosen)])


def _mask_sheet_names(sheets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [sheet | {"name": cpr.mask(sheet["name"])} for sheet in sheets]


@contextmanager
def _path_on_disk(content: Content) -> Iterator[str]:
    if isinstance(content, Path):
        yield str(content)
        return
    with tempfile.NamedTemporaryFile() as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            content.seek(0)
            shutil.copyfileobj(content, file)
        file.flush()
        yield file.name


@contextmanager
def _run_child_process(kind: str, path: str, seconds: float) -> Iterator[tuple[Iterator[Any], IO[bytes]]]:
    """Start the child process. Yield (the answers, the pipe for requests). Kill the process when the block ends."""
    with tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(
            [*_COMMAND, kind, path],
            cwd=_ROOT,
            env={"PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        assert process.stdin is not None  # noqa: S101 - Popen opened the pipe
        watchdog = threading.Timer(seconds, process.kill)
        watchdog.start()
        try:
            yield _read_answers(process, stderr), process.stdin
        finally:
            watchdog.cancel()
            process.kill()
            process.communicate()


def _read_answers(process: "subprocess.Popen[bytes]", stderr: IO[bytes]) -> Iterator[Any]:
    """Yield all answers of the child process. Raise Refused if the child refuses the file or dies before the end."""
    assert process.stdout is not None  # noqa: S101 - Popen opened the pipe
    for line in process.stdout:
        if not line.endswith(b"\n"):  # cut off: the child has died
            break
        answer = json.loads(line)
        if isinstance(answer, dict) and "refused" in answer:
            raise Refused(answer["refused"], answer["headers"])
        yield answer
    raise Refused(_child_death_message(process, stderr))


def _child_death_message(process: "subprocess.Popen[bytes]", stderr: IO[bytes]) -> str:
    """Return the Danish sentence about a child process that died: killed by a limit, or by a fault of ours."""
    code = process.wait()
    if code < 0 or code == OUT_OF_MEMORY:  # negative: killed by a signal
        return TOO_HEAVY_MESSAGE
    stderr.seek(0)
    stderr_text = cpr.mask(stderr.read().decode("utf-8", "replace"))[-_MAX_LOGGED_STDERR:]
    logger.error("the reading child ended with %s before its end: %s", code, stderr_text)
    return OUR_FAULT_MESSAGE
