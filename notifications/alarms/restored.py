"""A database that is restored from a backup asks before it sends again: what went out since the backup is due in it."""

import logging
from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from letters.models import Incident
from notifications.dispatches import holding
from notifications.models import Home
from notifications.models.home import Identity
from sepo_incident.overtaken import Overtaken

logger = logging.getLogger(__name__)

WHY = (
    "Databasen er en anden end den, der sidst blev sendt fra: genskabt fra en sikkerhedskopi eller flyttet. "
    "Noget af det, der venter, kan være sendt. Se efter hos mailserveren, før I fortsætter."
)


def ask_first() -> None:
    """Before anything is sent. From another database nothing about an incident goes out until a person resumes."""
    if not Home.objects.here().exists():
        settle_here()


@transaction.atomic
def settle_here() -> None:
    """Of several workers who find that out the others wait for one, and find us at home."""
    home, is_first = Home.objects.select_for_update().get_or_create(
        pk=1, defaults={"identity": Identity(), "since": timezone.now()}
    )
    if is_first or Home.objects.here().exists():
        return
    logger.error("the database is another than the one that mails were sent from since %s", home.since)
    for incident in Incident.objects.exclude(status=Incident.Status.CLOSED):
        with suppress(Overtaken):
            holding.pause_all(incident, WHY)
    Home.objects.update(identity=Identity(), since=timezone.now())
