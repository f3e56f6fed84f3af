"""Command that verifies the audit trail, and exits with status 1 if the audit trail is not intact.

Usage: `manage.py verify_audit [--head AFTRYK]`
"""

import re
import sys
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sepo_incident.audit.verification import BrokenChain, verify_history
from sepo_incident.core import danish


def _parse_head(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise ArgumentTypeError("et aftryk er 64 tegn, 0-9 og a-f")
    return text


class Command(BaseCommand):
    help = "Tjekker, at historikken er uændret. Nævner den første fejl og slutter med 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", type=_parse_head, help="aftrykket fra et tidligere tjek, som stadig skal findes")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            chain = verify_history(head=options["head"])
        except BrokenChain as broken:
            for line in str(broken).splitlines():
                self.stdout.write(f"✗ {line}")
            sys.exit(1)
        links, rows = danish.count(chain.links, "led", "led"), danish.count(chain.rows, "række", "rækker")
        self.stdout.write(f"✓ Historikken er uændret: {rows} i {links}.")
        if chain.head:
            self.stdout.write(f"Det sidste led har aftrykket {chain.head}. Notér det et andet sted.")
