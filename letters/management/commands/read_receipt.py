"""Command that reads receipts and stores nothing: `manage.py read_receipt FILE… --json`.

Needs no database. With `--json` it prints a line for each file: `{"file", "format": "beskedfordeler|pko|ngdp|other",
"message_uuid", "transmission_id", "message_id", "shipment_id", "status", "final", "delivered", "error", "at",
"problem"}`. `problem` is null, or a Danish sentence that says why the file was refused. Exit code 0 if every file was
read, and with `--json` always, else 1.
"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.tracking.receipt_formats import MAX_BYTES, OTHER, ReadReceipt, read_receipt


class Command(BaseCommand):
    help = "Læser kvitteringer uden at gemme dem."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="FIL")
        parser.add_argument("--json", action="store_true", help="skriv en linje JSON for hver fil og intet andet")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        refused = 0
        for path in files:
            receipt = _read_file(path)
            refused += receipt.problem is not None
            self.stdout.write(
                json.dumps({"file": str(path)} | receipt._asdict())
                if options["json"]
                else f"{path.name}: {receipt.problem or _sentence(receipt)}"
            )
        if refused and not options["json"]:
            raise CommandError("1 fil kunne ikke læses." if refused == 1 else f"{refused} filer kunne ikke læses.")


def _read_file(path: Path) -> ReadReceipt:
    try:
        with path.open("rb") as file:
            return read_receipt(file.read(MAX_BYTES + 1))
    except OSError:
        return ReadReceipt(OTHER, problem="Filen kan ikke åbnes.")


def _sentence(receipt: ReadReceipt) -> str:
    arrived = "Brevet er kommet frem" if receipt.delivered else "Brevet er ikke kommet frem"
    return f"{arrived if receipt.final else 'Brevet er ikke kommet frem endnu'} ({receipt.status})."
