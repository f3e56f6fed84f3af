"""A database that is restored from a backup asks before it sends again: what went out since the backup is due in it."""

import logging

from django.db import transaction
from django.utils import timezone

from letters.models import Incident
from notifications.alarms import raising, wording
from notifications.alarms.watches import Finding
from notifications.dispatches import holding
from notifications.models import Alarm, Home
from notifications.models.home import Identity
from notifications.sending import outbox

logger = logging.getLogger(__name__)


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
    finding = Finding(outbox.count_due(), since=home.since)
    alarm = raising.raise_alarm(Alarm.Kind.RESTORED, finding, timezone.now())
    for incident in Incident.objects.exclude(status=Incident.Status.CLOSED):
        holding.pause_anew(incident, f"{wording.title(alarm)}. {wording.what(alarm)}")
    Home.objects.update(identity=Identity(), since=timezone.now())
