"""Command that looks for missing letters as of a time: `manage.py detect --at ISO --json`.

The last line of `--json`: `{"alarms": [{"id", "kind", "channel", "leg", "slice": {"kind", "value"}, "since", "missing",
"expected", "raised_at"}], "listed": [message_uuid, …]}`, the open alarms and the letters that they list as missing.
"""

import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from letters.tracking.receipt_formats import parse_moment
from letters.tracking.silence.detection import detect
from letters.tracking.silence.open_alarms import as_json, open_signs
from sepo_incident.core import danish, database


class Command(BaseCommand):
    help = "Leder efter breve, der mangler."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", type=parse_moment, metavar="TID", help="som det så ud da")
        parser.add_argument("--json", action="store_true", help="alarmer og breve som JSON")

    def handle(self, *args: Any, at: datetime | None, **options: Any) -> None:
        detect(at or database.now())
        if options["json"]:
            self.stdout.write(json.dumps(as_json(), ensure_ascii=False))
            return
        signs = open_signs()
        for sign in signs:
            since, missing = danish.moment(sign.since), danish.number(sign.missing)
            self.stdout.write(f"{sign.alarm.channel_name}: {sign}, siden {since}. Mangler {missing}.")
        if not signs:
            self.stdout.write("Ingen åbne alarmer.")
