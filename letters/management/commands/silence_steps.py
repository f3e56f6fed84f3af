"""Command that replays what was sent and received, and looks for missing letters at times of standard input.

`manage.py silence_steps --dispatches FILE --receipts FILE --json`: for each ISO time on a line of standard input, take
in what was known until then (files as of `manage.py take_in`), look for missing letters, and write one JSON line as
`manage.py detect --json` does. The times rise.
"""

import json
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from letters.management.commands.take_in import BATCH_SIZE, read_lines
from letters.tracking.receipt_formats import parse_moment
from letters.tracking.silence.detection import detect
from letters.tracking.silence.open_alarms import as_json
from letters.tracking.take_in import Taken, take_in_dispatches, take_in_receipts

type Rows = Sequence[dict[str, Any]]
type TimedRow = tuple[datetime, dict[str, Any]]


class Command(BaseCommand):
    help = "Gennemspiller, hvad der blev sendt og kvitteret, og leder efter breve, der mangler."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dispatches", type=Path, required=True, metavar="FIL", help="afsendelser")
        parser.add_argument("--receipts", type=Path, required=True, metavar="FIL", help="kvitteringer")
        parser.add_argument("--json", action="store_true", help="JSON er det eneste format")

    def handle(self, *args: Any, dispatches: Path, receipts: Path, **options: Any) -> None:
        sources = (
            Source(in_order(dispatches, ("known_at", "sent_at")), take_in_dispatches),
            Source(in_order(receipts, ("received_at", "at")), take_in_receipts),
        )
        for line in filter(None, map(str.strip, sys.stdin)):
            at = parse_moment(line)
            for source in sources:
                source.take_in_until(at)
            detect(at)
            self.stdout.write(json.dumps(as_json(), ensure_ascii=False))
            self.stdout.flush()


class Source:
    """The rows that are not taken in yet, by the time of our clock, and the function that takes in a batch."""

    def __init__(self, rows: Iterable[TimedRow], take_in: Callable[..., Taken]):
        self._rows, self._take_in = deque(rows), take_in

    def take_in_until(self, at: datetime) -> None:
        for batch in batched(self._known_until(at), BATCH_SIZE):
            self._take_in(batch, at)

    def _known_until(self, at: datetime) -> Iterator[dict[str, Any]]:
        while self._rows and self._rows[0][0] <= at:
            yield self._rows.popleft()[1]


def sources_of(dispatches: Rows, receipts: Rows, since: datetime | None = None) -> list[Source]:
    """Return what takes in the dispatches and receipts that become known at `since` or later."""
    sources = []
    for rows, clock, take_in in (
        (dispatches, "known_at", take_in_dispatches),
        (receipts, "received_at", take_in_receipts),
    ):
        timed = ((parse_moment(row[clock]), row) for row in rows)
        sources.append(Source((one for one in timed if not since or one[0] >= since), take_in))
    return sources


def in_order(path: Path, clocks: Sequence[str]) -> list[TimedRow]:
    """Return (time, row) by time: of the first clock in the row. A row without a time is left out."""
    rows = []
    for _, row in read_lines(path, clocks[0], None):
        said = next((str(row[clock]) for clock in clocks if row.get(clock)), "")
        try:
            rows.append((parse_moment(said), row))
        except ValueError:
            continue
    return sorted(rows, key=lambda one: one[0])
