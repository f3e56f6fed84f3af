"""Command that takes in what was sent and what came back: `manage.py take_in --dispatches FILE --receipts FILE`.

Each file has one JSON object a line. A dispatch: `id, message_uuid, channel, stage (approved | handed_over; handed_over
where it is missing), sent_at, known_at, sender, unit, subject, size, recipient`, and `transmission_id`, `message_id`,
`shipment_id`, `mail_id` where they are known. A receipt: `message_uuid` or another identifier, `code, status, error,
at, received_at, channel`. `--until`: leave out what was known or received later.

The same row counts once, so a file can be taken in again. A row that cannot be read is named and left out; then the
exit code is 1.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.tracking.receipt_formats import parse_moment
from letters.tracking.take_in import Taken, take_in_dispatches, take_in_receipts
from sepo_incident.core import database

#: Rows in one transaction.
BATCH_SIZE = 5000
PROBLEMS_SHOWN = 20


class Command(BaseCommand):
    help = "Indlæser afsendelser og kvitteringer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dispatches", type=Path, metavar="FIL", help="afsendelser, et JSON-objekt på hver linje")
        parser.add_argument("--receipts", type=Path, metavar="FIL", help="kvitteringer, et JSON-objekt på hver linje")
        parser.add_argument("--until", type=parse_moment, metavar="TID", help="kun det, der var kendt da")

    def handle(self, *args: Any, until: datetime | None, **options: Any) -> None:
        now, problems = until or database.now(), 0
        kinds = (
            ("dispatches", "afsendelser", "known_at", take_in_dispatches),
            ("receipts", "kvitteringer", "received_at", take_in_receipts),
        )
        for option, word, clock, take_in in kinds:
            if not (path := options[option]):
                continue
            new = known = 0
            for batch in batched(read_lines(path, clock, until), BATCH_SIZE):
                taken: Taken = take_in([one for _, one in batch], now)
                new, known = new + taken.new, known + taken.known
                for place, why in taken.refused:
                    problems += 1
                    if problems <= PROBLEMS_SHOWN:
                        self.stderr.write(f"{path.name}, linje {batch[place - 1][0]}: {why}")
            self.stdout.write(f"{word.capitalize()}: {new} nye, {known} kendte.")
        if problems:
            raise CommandError(f"{problems} linjer kunne ikke læses og er ikke med.")


def read_lines(path: Path, clock: str, until: datetime | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (number of the line, object). A line that is no object is yielded as an empty one, which is refused.

    `clock`: the key with the time of our clock. `until`: leave out later objects.
    """
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                one = json.loads(line)
                is_later = until and isinstance(one, dict) and one.get(clock) and parse_moment(str(one[clock])) > until
            except (ValueError, RecursionError):
                one, is_later = {}, False
            if not is_later:
                yield number, one if isinstance(one, dict) else {}
