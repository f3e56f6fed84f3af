"""``manage.py open_followups --incident KORTNAVN``: what the button «Åbn opfølgning» does, without a browser."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from followups import services
from letters.management.incidents import add_incident, incident_named
from sepo_incident import danish


class Command(BaseCommand):
    help = "Åbner opfølgningen: ét punkt for hvert brev, der ikke har et i forvejen."

    def add_arguments(self, parser: CommandParser) -> None:
        add_incident(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        opened = services.open_for(incident_named(options["incident"]))
        self.stdout.write(f"Opfølgningen er åbnet for {danish.count(opened, 'brev', 'breve')}.")
