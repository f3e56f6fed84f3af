"""Command `manage.py open_followups --incident KORTNAVN`: does the same as the button «Åbn opfølgning»."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from followups import services
from letters.incidents import add_incident_option, incident_named
from sepo_incident.core import danish


class Command(BaseCommand):
    help = "Åbner opfølgningen: ét punkt for hvert brev, der ikke har et i forvejen."

    def add_arguments(self, parser: CommandParser) -> None:
        add_incident_option(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        opened = services.open_followups(incident_named(options["incident"]))
        self.stdout.write(f"Opfølgningen er åbnet for {danish.count(opened, 'brev', 'breve')}.")
