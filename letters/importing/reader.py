"""A file → raw rows. Looks before it reads, and reads in a child process that may die without harm.

The parent (``look``, ``read``) never parses a spreadsheet. The child (``reading.py``) does, under limits of memory,
processor and time, and answers in JSON lines: a head, the rows, an end. No end means that it died.
"""

import io
import json
import logging
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

from letters.importing.reading import OUT_OF_MEMORY
from sepo_incident import cpr

logger = logging.getLogger(__name__)

MAX_BYTES = 50 * 1024 * 1024
MAX_UNPACKED = 1024**3
MAX_RATIO, RATIO_COUNTS_FROM = 100, 10 * 1024 * 1024
MAX_ENTRIES = 1000
WALL_SECONDS = 120

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "letters.importing.reading")
_LONGEST_COMPLAINT = 4000  # characters in the log
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_ENCRYPTED_PART = "EncryptedPackage".encode("utf-16-le")

HEAVY = (
    "Filen er for tung at læse. Kopiér kun listens rækker over i en ny projektmappe, gem den som .xlsx, og prøv igen."
)
OUR_FAULT = "Der skete en fejl hos os, mens filen blev læst. Prøv igen. Bliver det ved, så skriv til DIT@buf.kk.dk."


class Refused(Exception):
    """The file cannot be read. ``str()`` is a Danish sentence that says what to do.

    ``headers`` are those of the list, where they are what is wrong.
    """

    def __init__(self, sentence: str, headers: Sequence[str] = ()):
        super().__init__(sentence)
        self.headers = list(headers)


class RawRow(NamedTuple):
    """``number`` is the row in Excel; ``cells`` are texts as Excel shows them, dates as dd-mm-yyyy hh:mm."""

    number: int
    cells: list[str]


@dataclass
class RawList:
    """A list being read: its headers at once, its rows one by one, and after the last row what was counted."""

    headers: list[str]
    header_row: int
    total: int
    rows: Iterator[RawRow]
    counted: dict[str, int] = field(default_factory=dict)

    @property
    def blank(self) -> int:
        return self.counted.get("blank", 0)

    @property
    def peak_kib(self) -> int:
        """The most memory the child used."""
        return self.counted.get("peak_kib", 0)


def look(content: bytes) -> str:
    """«xlsx» or «csv», from the bytes alone; raises ``Refused`` for everything else."""
    if not content:
        raise Refused("Filen er tom. Gem listen igen i Excel, og vælg den nye fil.")
    if len(content) > MAX_BYTES:
        raise Refused(too_big(len(content)))
    if content.startswith(_PICTURES):
        raise Refused("Filen er et billede og ikke et regneark. Vælg den fil, som listen står i (.xlsx eller .csv).")
    if content.startswith(b"%PDF"):
        raise Refused("Filen er en PDF. Find listen som regneark, og gem den som .xlsx eller .csv.")
    if content.startswith(_OLE):
        if _ENCRYPTED_PART in content:
            raise Refused("Filen er låst med en adgangskode. Fjern adgangskoden i Excel, gem filen, og vælg den igen.")
        raise Refused("Filen er i det gamle Excel-format (.xls). Åbn den i Excel, gem den som .xlsx, og vælg den igen.")
    if content.startswith(b"PK"):
        _look_into_zip(content)
        return "xlsx"
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("Filen er ikke et regneark. Vælg en liste, der er gemt som .xlsx eller .csv.")
    return "csv"


def too_big(size: int) -> str:
    return (
        f"Filen fylder {size / 1024**2:.0f} MB, og grænsen er {MAX_BYTES // 1024**2} MB. "
        "Fjern billeder og ekstra ark, eller del listen i to filer."
    )


def _look_into_zip(content: bytes) -> None:
    """Only the directory is read: what the archive says about itself, before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError) as problem:
        raise Refused(
            "Filen er beskadiget og kan ikke åbnes. Åbn den i Excel, gem den igen som .xlsx, og prøv igen."
        ) from problem
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        if "xl/workbook.bin" in names:
            raise Refused("Filen er gemt som .xlsb. Gem den som .xlsx i Excel, og vælg den igen.")
        raise Refused("Filen er ikke et regneark. Vælg en liste, der er gemt som .xlsx eller .csv.")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Refused("Filen er låst med en adgangskode. Fjern adgangskoden i Excel, gem filen, og vælg den igen.")
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > MAX_ENTRIES
        or unpacked > MAX_UNPACKED
        or (unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * len(content))
    ):
        raise Refused(
            "Filen pakker sig ud til meget mere, end en liste kan fylde. "
            "Kopiér kun listens rækker over i en ny projektmappe, gem den som .xlsx, og prøv igen."
        )


@contextmanager
def read(content: bytes) -> Iterator[RawList]:
    """The rows of the list in ``content``; raises ``Refused``, also while the rows are being taken."""
    kind = look(content)
    with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryFile() as complaints:
        file.write(content)
        file.flush()
        with _child(kind, file.name, complaints) as answers:
            head = next(answers)
            counted: dict[str, int] = {}
            yield RawList(head["headers"], head["row"], head["total"], _rows(answers, counted), counted)


def _rows(answers: Iterator[Any], counted: dict[str, int]) -> Iterator[RawRow]:
    for answer in answers:
        if isinstance(answer, dict):
            counted.update(answer)
        else:
            yield RawRow(*answer)


@contextmanager
def _child(kind: str, path: str, complaints: IO[bytes]) -> Iterator[Iterator[Any]]:
    """What the reading process answers, line by line; it is gone when the block ends, however it ends."""
    process = subprocess.Popen(
        [*_COMMAND, kind, path],
        cwd=_ROOT,
        env={"PYTHONPATH": str(_ROOT), "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=complaints,
        encoding="utf-8",
    )
    watchdog = threading.Timer(WALL_SECONDS, process.kill)
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
        if isinstance(answer, dict) and "blank" in answer:
            return
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
