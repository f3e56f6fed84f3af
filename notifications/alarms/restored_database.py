"""Guard against sending from a restored database: mails sent after the backup was taken are still due in the copy."""

import logging

from django.db import transaction
from django.utils import timezone

from letters.models import Incident
from notifications.alarms import lifecycle, runbook
from notifications.alarms.monitors import Finding
from notifications.dispatching import pausing
from notifications.models import Alarm, SendingDatabase
from notifications.models.sending_settings import DatabaseIdentity
from notifications.outbox import delivery_queue

logger = logging.getLogger(__name__)


def check_sending_database() -> None:
    """Pause all incidents if the present database is not the sending database. A person must resume."""
    if not SendingDatabase.objects.current().exists():
        adopt_database()


@transaction.atomic
def adopt_database() -> None:
    """Make the present database the sending database, pause all open incidents and raise an alarm.

    On a first database nothing is paused. When several workers notice at once, the rest wait for the first and find
    nothing left to do.
    """
    home, is_first = SendingDatabase.objects.select_for_update().get_or_create(
        pk=1, defaults={"identity": DatabaseIdentity(), "since": timezone.now()}
    )
    if is_first or SendingDatabase.objects.current().exists():
        return
    logger.error("the database is another than the one that mails were sent from since %s", home.since)
    finding = Finding(delivery_queue.count_due_mails(), since=home.since)
    alarm = lifecycle.raise_alarm(Alarm.Kind.RESTORED, finding, timezone.now())
    for incident in Incident.objects.exclude(status=Incident.Status.CLOSED):
        pausing.pause_all_mails_by_system(incident, f"{runbook.alarm_title(alarm)}. {runbook.alarm_description(alarm)}")
    SendingDatabase.objects.update(identity=DatabaseIdentity(), since=timezone.now())
