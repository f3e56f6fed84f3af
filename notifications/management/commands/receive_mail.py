"""`manage.py receive_mail --listen HOST:PORT | --file`: receive incoming mail.

`--listen` serves SMTP and LMTP on one port for a mail server nearby, replies 250 when a mail is committed, and runs
until stopped. A worker reads the mails received; without a worker, `--file` reads the waiting mails in this process.
"""

import asyncio
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.inbound import mail_intake, mail_processing
from sepo_incident.core import danish

MAX_PROCESSING_SECONDS = 3600


class Command(BaseCommand):
    help = "Tager imod mails, der kommer tilbage til os."

    def add_arguments(self, parser: CommandParser) -> None:
        ways = parser.add_mutually_exclusive_group(required=True)
        ways.add_argument("--listen", metavar="ADRESSE:PORT", help="tag imod fra en mailserver, SMTP eller LMTP")
        ways.add_argument("--file", action="store_true", help="læs det, der er kommet, og slut")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["listen"]:
            self.listen(*parse_host_port(options["listen"]))
        else:
            read = mail_processing.process_waiting_mails(until=time.monotonic() + MAX_PROCESSING_SECONDS)
            self.stdout.write(f"{danish.count(read, 'mail er', 'mails er')} læst.")

    def listen(self, host: str, port: int) -> None:
        def ready(port: int) -> None:
            self.stdout.write(f"Lytter efter mails på {host}:{port}.")
            self.stdout.flush()

        try:
            asyncio.run(mail_intake.serve_smtp(host, port, ready))
        except OSError as problem:
            raise CommandError(f"Kan ikke lytte på {host}:{port}: {problem.strerror or problem}.") from problem


def parse_host_port(text: str) -> tuple[str, int]:
    """Return host and port from «127.0.0.1:2525» or «[::1]:2525». Port 0 means any free port."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise CommandError("Skriv adressen som 127.0.0.1:2525.")
    return host.strip("[]"), int(port)
