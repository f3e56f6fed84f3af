"""``manage.py open_followups --incident SLUG``: what the button «Åbn opfølgning» does, without a browser."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from followups import services
from letters.models import Incident
from sepo_incident import danish


class Command(BaseCommand):
    help = "Åbner opfølgningen: ét punkt for hvert brev, der ikke har et i forvejen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--incident", required=True, metavar="SLUG", help="hændelsens kortnavn")

    def handle(self, *args: Any, **options: Any) -> None:
        incident = Incident.objects.filter(slug=options["incident"]).first()
        if incident is None:
            raise CommandError(f"Der er ingen hændelse, der hedder «{options['incident']}».")
        opened = services.open_for(incident)
        self.stdout.write(f"Opfølgningen er åbnet for {danish.count(opened, 'brev', 'breve')}.")
