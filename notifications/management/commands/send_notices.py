"""`manage.py send_notices --incident KORTNAVN [--wait]`: order first notices, as the button on the page does."""

import time
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from letters.incidents import add_incident_option, incident_named
from letters.models import Incident
from notifications import mail_worker
from notifications.dispatching import outbox_writer
from notifications.dispatching.dispatch_lifecycle import (
    MAX_MAILS_AT_ONCE,
    DispatchAlreadyRequested,
    NotAssured,
    RecipientCountChanged,
    request_dispatch,
)
from notifications.dispatching.first_notices import list_recipients
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Attempt, Delivery, Dispatch, Kind
from notifications.outbox import mail_servers
from sepo_incident.core import danish, database

KIND = Kind.FIRST_NOTICE
State = Delivery.State
UNTRIED = [State.READY, State.SENDING]


class Command(BaseCommand):
    help = "Sender beskeder til alle afsendere, der mangler en. Med --wait venter den, til de er prøvet."

    def add_arguments(self, parser: CommandParser) -> None:
        add_incident_option(parser)
        parser.add_argument(
            "--wait", action="store_true", help="skriv og send selv; slutter med 1, hvis en mail ikke er afleveret"
        )

        parser.add_argument(
            "--reason",
            default="",
            help=f"hvorfor der ikke er sendt en prøvemail; skal med, når det er mere end {MAX_MAILS_AT_ONCE} mails",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since = database.now()
        incident = incident_named(options["incident"])
        dispatch = self.dispatch_for(incident, options["reason"].strip())
        if dispatch is None:
            self.stdout.write("Ingen mangler en besked.")
        else:
            self.stdout.write(f"{danish.count(dispatch.promised, 'besked er', 'beskeder er')} bestilt.")
        if options["wait"]:
            if dispatch is not None:
                self.write(dispatch)
            self.send(incident, since)
            fail_if_undelivered(incident, since)

    def dispatch_for(self, incident: Incident, reason: str) -> Dispatch | None:
        number = count_receivers(owed_followups(KIND, incident))
        mails = list_recipients(KIND, incident).mails
        try:
            return request_dispatch(KIND, incident, number, ticked=mails, reason=reason) if number else None
        except DispatchAlreadyRequested as other:
            return other.dispatch
        except RecipientCountChanged as changed:
            raise CommandError(str(changed)) from changed
        except NotAssured as refusal:
            raise CommandError(f"{refusal} Brug --reason.") from refusal

    def write(self, dispatch: Dispatch) -> None:
        begun = time.perf_counter()
        outbox_writer.write_until_finished(dispatch.pk)
        written = danish.count(dispatch.notices.count(), "besked", "beskeder")
        self.stdout.write(f"{written} skrevet på {seconds_since(begun)}.")

    def send(self, incident: Incident, since: datetime) -> None:
        """Send in this process until no mail of the incident that may be sent now is left.

        Other workers may send at the same time.
        """
        begun = time.perf_counter()
        mails = Delivery.objects.of_incident(incident)
        flowing = mails.not_on_hold()
        in_queue = flowing.filter(Q(state__in=UNTRIED) | Q(state=State.DEFERRED, next_attempt_at__lte=since))
        while in_queue.exists():
            if not mail_worker.drain_outbox():
                time.sleep(0.2)  # other workers hold the rest; the leases expire if those workers die
        tried = mails.filter(changed_at__gte=since).exclude(state__in=UNTRIED)
        delivered = danish.number(tried.filter(state=State.ACCEPTED).count())
        self.stdout.write(
            f"{danish.count(tried.count(), 'mail', 'mails')} prøvet, {delivered} afleveret på {seconds_since(begun)}."
        )


def fail_if_undelivered(incident: Incident, since: datetime) -> None:
    """Raise `CommandError` if mails of the incident were not accepted. Such mails stay in the outbox."""
    mails = Delivery.objects.of_incident(incident)
    left = mails.filter(Q(state=State.DEFERRED) | Q(changed_at__gte=since)).exclude(state=State.ACCEPTED)
    number = left.count()
    if number and left.filter(stage=Attempt.Stage.CONNECT).exists():
        servers = danish.join_with_and([server.name for server in mail_servers.configured_servers()])
        raise CommandError(
            f"Mailserveren på {servers} svarer ikke. "
            f"{danish.count(number, 'mail', 'mails')} bliver i køen og prøves igen senere."
        )
    if number:
        raise CommandError(
            f"{danish.count(number, 'mail', 'mails')} er ikke afleveret endnu. Se hvorfor på siden Beskeder."
        )


def seconds_since(begun: float) -> str:
    return f"{danish.number(round(time.perf_counter() - begun, 1))} s"
