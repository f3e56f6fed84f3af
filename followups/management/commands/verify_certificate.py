"""`manage.py verify_certificate FILE [--fingerprint TEXT] [--json]`: say whether a certificate is as it was issued.

Needs neither database nor incident. Whoever makes a whole new file can make its hashes too; only the fingerprint, which
the incident's page shows and the audit chain holds, tells that the file is the one that was issued. With `--json`:
`{"ok", "fingerprint", "faults"}`. Exits 1 if anything is changed.
"""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from followups.reporting.certificate_file import verify_certificate

MAX_BYTES = 20 * 1024**2
OTHER_FINGERPRINT = "Aftrykket er et andet. Filen er ikke det bevis, der blev udstedt."
ADVICE = "Sammenlign aftrykket med det, der står på hændelsens side eller i notatet."


class Command(BaseCommand):
    help = "Fortæller, om et afslutningsbevis er, som det blev udstedt."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FIL")
        parser.add_argument("--fingerprint", metavar="AFTRYK", help="aftrykket på hændelsens side")
        parser.add_argument("--json", action="store_true", help="skriv ét JSON-objekt og intet andet")

    def handle(self, *args: Any, file: Path, fingerprint: str | None, **options: Any) -> None:
        try:
            content = file.read_bytes() if file.stat().st_size <= MAX_BYTES else b""
        except OSError as problem:
            raise CommandError(f"{file} kan ikke læses: {problem.strerror}.") from problem
        verdict = verify_certificate(content)
        if fingerprint and verdict.is_intact and fingerprint.strip().lower() != verdict.fingerprint:
            verdict = verdict._replace(faults=[OTHER_FINGERPRINT])
        if options["json"]:
            said = {"ok": verdict.is_intact, "fingerprint": verdict.fingerprint, "faults": verdict.faults}
            self.stdout.write(json.dumps(said, ensure_ascii=False))
        else:
            for fault in verdict.faults:
                self.stdout.write(f"✗ {fault}")
            if verdict.is_intact and fingerprint:
                self.stdout.write("✓ Beviset er det, der blev udstedt.")
            elif verdict.is_intact:
                self.stdout.write(f"✓ Filen hænger sammen. Aftryk: {verdict.fingerprint}\n  {ADVICE}")
        if not verdict.is_intact:
            sys.exit(1)
