"""A file → raw rows. Looks before it reads, and reads in a child process that may die without harm.

The parent (``look``, ``read``) never parses a spreadsheet. The child (``reading/``) does, under limits of memory,
processor and time, and answers in JSON lines: a head, the rows, an end. No end means that it died.
"""

import io
import json
import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

from letters.importing import looking
from letters.importing.looking import MAX_BYTES, too_big
from letters.importing.reading.limits import OUT_OF_MEMORY
from letters.importing.reading.refusals import Refused
from sepo_incident import cpr

__all__ = ["HEAVY", "MAX_BYTES", "OUR_FAULT", "RawList", "RawRow", "Refused", "look", "read", "too_big"]

logger = logging.getLogger(__name__)

WALL_SECONDS = 120

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "letters.importing.reading")
_LONGEST_COMPLAINT = 4000  # characters in the log

MACROS = "Filen har makroer. De er hverken kørt eller læst."
HEAVY = (
    "Filen er for tung at læse. Kopiér kun listens rækker over i en ny projektmappe, gem den som .xlsx, og prøv igen."
)
OUR_FAULT = "Der skete en fejl hos os, mens filen blev læst. Prøv igen. Bliver det ved, så skriv til DIT@buf.kk.dk."


class RawRow(NamedTuple):
    """``number`` is the row in Excel; ``cells`` are texts as Excel shows them, dates as dd-mm-yyyy hh:mm."""

    number: int
    cells: list[str]


@dataclass
class RawList:
    """A list being read: its headers at once, its rows one by one, and after the last row what was counted.

    ``sheets``: {name, rows, columns, hidden} of every sheet of the file; sizes are None until ``measure``.
    ``remarks``: Danish sentences about what in the file is not read.
    """

    headers: list[str]
    header_row: int
    total: int
    sheets: list[dict[str, Any]]
    remarks: list[str]
    answers: Iterator[Any]
    rows: Iterator[RawRow] = field(init=False)
    counted: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = _rows(self)

    @property
    def blank(self) -> int:
        return self.counted.get("blank", 0)

    @property
    def peak_kib(self) -> int:
        """The most memory the child used."""
        return self.counted.get("peak_kib", 0)

    def measure(self) -> list[dict[str, Any]]:
        """How large every sheet is, the hidden ones too; call it when the rows are taken."""
        self.sheets = next(self.answers)["sheets"]
        return self.sheets


def look(content: bytes | Path) -> str:
    """«xlsx», «xlsm», «xls», «ods» or «csv», from the bytes alone; raises ``Refused`` for everything else."""
    with _opened(content) as file:
        return looking.kind_of(file)


def _opened(content: bytes | Path) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


@contextmanager
def read(content: bytes | Path, seconds: float | None = None, wanted: str = "list") -> Iterator[RawList]:
    """The rows of the list in ``content``; raises ``Refused``, also while the rows are being taken.

    ``wanted``: a «list» of letters, or the first «sheet» whatever it holds: all its rows, and no headers.
    ``seconds`` is how long it may take, and counts the time its rows wait to be taken.
    """
    kind = look(content)
    with _on_disk(content) as path, _child(kind, path, wanted, seconds or WALL_SECONDS) as answers:
        head = next(answers)
        remarks = [MACROS, *head["remarks"]] if kind == "xlsm" else head["remarks"]
        yield RawList(head["headers"], head["row"], head["total"], head["sheets"], remarks, answers)


def _rows(raw: RawList) -> Iterator[RawRow]:
    for answer in raw.answers:
        if isinstance(answer, dict):
            raw.counted |= answer
            raw.total = answer["total"]
            return
        yield from map(RawRow._make, answer)


@contextmanager
def _on_disk(content: bytes | Path) -> Iterator[str]:
    if isinstance(content, Path):
        yield str(content)
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.name


@contextmanager
def _child(kind: str, path: str, wanted: str, seconds: float) -> Iterator[Iterator[Any]]:
    """What the reading process answers, line by line; it is gone when the block ends, however it ends."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [*_COMMAND, kind, path, wanted],
            cwd=_ROOT,
            env={"PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            encoding="utf-8",
        )
        watchdog = threading.Timer(seconds, process.kill)
        watchdog.start()
        try:
            yield _answers(process, complaints)
        finally:
            watchdog.cancel()
            process.kill()
            process.communicate()


def _answers(process: "subprocess.Popen[str]", complaints: IO[bytes]) -> Iterator[Any]:
    """All it says, up to its end; raises ``Refused`` where it refuses, or dies before the end."""
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    for line in process.stdout:
        try:
            answer = json.loads(line)
        except ValueError:  # cut off in the middle: it was killed
            break
        if isinstance(answer, dict) and "refused" in answer:
            raise Refused(answer["refused"], answer["headers"])
        yield answer
    raise Refused(_why_it_died(process, complaints))


def _why_it_died(process: "subprocess.Popen[str]", complaints: IO[bytes]) -> str:
    """The sentence for people. A limit ended it: the file is heavy. Anything else is a fault of ours, and logged."""
    code = process.wait()
    if code < 0 or code == OUT_OF_MEMORY:  # below zero: a signal
        return HEAVY
    complaints.seek(0)
    said = cpr.mask(complaints.read().decode("utf-8", "replace"))[-_LONGEST_COMPLAINT:]
    logger.error("the reading child ended with %s before its end: %s", code, said)
    return OUR_FAULT
