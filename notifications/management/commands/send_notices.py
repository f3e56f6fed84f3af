"""``manage.py send_notices --incident SLUG [--wait]``: what the button does, without a browser."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from letters.models import Incident
from notifications import dispatching, draining
from notifications.models import Delivery, Dispatch, Kind
from sepo_incident import danish

KIND = Kind.FIRST_NOTICE


class Command(BaseCommand):
    help = "Sender varsler til alle afsendere, der mangler et. Med --wait venter den, til alle mails har været prøvet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--incident", required=True, metavar="SLUG", help="hændelsens kortnavn")
        parser.add_argument("--wait", action="store_true", help="skriv og send selv, og vent, til køen er tom")

    def handle(self, *args: Any, **options: Any) -> None:
        incident = Incident.objects.filter(slug=options["incident"]).first()
        if incident is None:
            raise CommandError(f"Der er ingen hændelse, der hedder «{options['incident']}».")
        dispatch = self.dispatch_for(incident)
        if dispatch is None:
            self.stdout.write("Ingen mangler et varsel.")
        else:
            self.stdout.write(f"{danish.count(dispatch.promised, 'varsel er', 'varsler er')} bestilt.")
        if options["wait"]:
            self.work(dispatch)

    def dispatch_for(self, incident: Incident) -> Dispatch | None:
        number = dispatching.count_owed(KIND, incident)
        try:
            return dispatching.request_dispatch(KIND, incident, number) if number else None
        except dispatching.AlreadyUnderWay as other:
            return other.dispatch
        except dispatching.NumberChanged as changed:
            raise CommandError(str(changed)) from changed

    def work(self, dispatch: Dispatch | None) -> None:
        """Write and send in this process; running workers may help."""
        begun = time.perf_counter()
        if dispatch is not None:
            dispatching.wait_and_write(dispatch.pk)
            written = time.perf_counter() - begun
            self.stdout.write(
                f"{danish.count(dispatch.notices.count(), 'varsel', 'varsler')} skrevet på {written:.1f} s."
            )
        in_queue = Delivery.objects.filter(state__in=[Delivery.State.READY, Delivery.State.SENDING])
        begun, sent = time.perf_counter(), 0
        while in_queue.exists():
            tried = draining.drain()
            sent += tried
            if not tried:
                time.sleep(0.2)  # other workers have the rest; their leases run out if they die
        self.stdout.write(f"{danish.count(sent, 'mail', 'mails')} prøvet på {time.perf_counter() - begun:.1f} s.")
