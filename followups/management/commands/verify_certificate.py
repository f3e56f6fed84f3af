"""`manage.py verify_certificate FILE [--json]`: say whether a closing certificate is as it was issued.

Needs neither database nor incident. With `--json`: `{"ok", "fingerprint", "faults"}`. Exits 1 if anything is changed.
"""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from followups.reporting.certificate_file import verify_certificate

MAX_BYTES = 20 * 1024**2
ADVICE = "Sammenlign aftrykket med det, der står på hændelsens side eller i notatet."


class Command(BaseCommand):
    help = "Fortæller, om et afslutningsbevis er, som det blev udstedt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FIL")
        parser.add_argument("--json", action="store_true", help="skriv ét JSON-objekt og intet andet")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            content = file.read_bytes() if file.stat().st_size <= MAX_BYTES else b""
        except OSError as problem:
            raise CommandError(f"{file} kan ikke læses: {problem.strerror}.") from problem
        verdict = verify_certificate(content)
        if options["json"]:
            said = {"ok": verdict.is_intact, "fingerprint": verdict.fingerprint, "faults": verdict.faults}
            self.stdout.write(json.dumps(said, ensure_ascii=False))
        else:
            for fault in verdict.faults:
                self.stdout.write(f"✗ {fault}")
            if verdict.is_intact:
                self.stdout.write(f"✓ Beviset er uændret. Aftryk: {verdict.fingerprint}\n  {ADVICE}")
        if not verdict.is_intact:
            sys.exit(1)
