"""`manage.py balance [--json]`: print the sums that must agree and verify the history; exit 1 on any fault."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.alarms import reconciliation


class Command(BaseCommand):
    help = (
        "Tjekker, at alle summer stemmer: rækker, breve, beskeder og mails, "
        "og at historikken står. Slutter ellers med 1."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="skriv summerne som JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        sums, history = reconciliation.check_sums(), reconciliation.check_new_history()
        wrong = [one for one in sums if not one.agrees]
        if options["json"]:
            rows = [{"what": one.what, "total": one.total, "parts": one.parts, "agrees": one.agrees} for one in sums]
            answer = {"agrees": not wrong, "sums": rows, "history": asdict(history)}
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
        else:
            for one in sums:
                self.stdout.write(f"{'✓' if one.agrees else '✗'} {one}")
            self.stdout.write(str(history))
            self.stdout.write("Alle summer stemmer." if not wrong else f"{len(wrong)} af summerne stemmer ikke.")
        if wrong or not history.stands:
            sys.exit(1)
