"""Command that writes a made-up flow of letters and receipts: `manage.py make_flow --days 60 MAPPE`."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.samples.sample_flow import FAULTS, make_flow
from letters.tracking.receipt_formats import parse_moment
from sepo_incident.core import danish


class Command(BaseCommand):
    help = "Skriver opdigtede afsendelser og kvitteringer til take_in. Samme frø giver samme filer."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder", type=Path, metavar="MAPPE", help="får dispatches.jsonl, receipts.jsonl, truth.json"
        )
        parser.add_argument("--seed", type=int, default=1, help="frø (1)")
        parser.add_argument("--first", type=date.fromisoformat, default=date(2019, 10, 28), metavar="ÅÅÅÅ-MM-DD")
        parser.add_argument("--days", type=int, default=60, help="antal dage (60)")
        parser.add_argument("--letters", type=int, default=4000, help="SEPO-breve på en hverdag (4000)")
        parser.add_argument("--fault", choices=FAULTS, help="en fejl, der rammer breve fra --from i elleve dage")
        parser.add_argument("--from", dest="start", type=parse_moment, metavar="TID", help="hvornår fejlen begynder")

    def handle(
        self, *args: Any, folder: Path, seed: int, first: date, days: int, letters: int, fault: str | None,
        start: datetime | None, **options: Any,
    ) -> None:  # fmt: skip
        if bool(fault) != bool(start):
            raise CommandError("--fault og --from hører sammen.")
        flow = make_flow(seed, first, days, letters, [FAULTS[fault].starting(start)] if fault and start else [])
        folder.mkdir(parents=True, exist_ok=True)
        write_lines(folder / "dispatches.jsonl", flow.dispatches)
        write_lines(folder / "receipts.jsonl", flow.receipts)
        truth = {
            "lost": flow.lost,
            "first_hit": flow.first_hit,
            "expected": [
                {"fault": one.name, "kind": one.kind, "channel": one.channel, "leg": one.leg}
                | {"slice_kind": one.slice_kind, "slice": one.slice, "from": one.first.isoformat()}
                for one in flow.faults
            ],
        }
        (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")
        self.stdout.write(
            f"{danish.number(len(flow.dispatches))} afsendelser, {danish.number(len(flow.receipts))} kvitteringer, "
            f"{danish.number(len(flow.lost))} tabte breve."
        )


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line, as `manage.py take_in` reads them."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
