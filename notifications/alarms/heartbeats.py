"""The heartbeats of the queues: recorded by the workers, read by the pages and the health check.

Monitors and the mails about alarms run by the clock, so nobody would hear that the clock or a worker stands still. The
silence of a queue is therefore computed when a page or the health check asks, and needs no worker.
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from notifications.alarms.alarm_list import ALARMS, Step, show_alarm
from notifications.models import Alarm, Heartbeat
from notifications.models.alarm import IS_RECENT, HeartbeatQueue
from sepo_incident.audit.models import Statement
from sepo_incident.core import danish

#: what does not happen while a queue stands still
CONSEQUENCES = {
    HeartbeatQueue.TASKS: "Indgående post bliver ikke læst, og systemet opdager ingen fejl.",
    HeartbeatQueue.MAIL: "Ingen mails, påmindelser eller alarmer går ud.",
    HeartbeatQueue.CODES: "Ingen får en kode til at logge ind.",
}
STEPS = [
    Step("Ring til driftsvagten. Bed dem om at starte uret (beat) og programmerne (workers), se docs/operations.md."),
    Step("Kører de allerede, kan de ikke følge med. Bed driftsvagten om at starte flere workers."),
    Step("Mails og opgaver er gemt i databasen, til programmerne kører igen."),
]


def record_heartbeat(queue: str) -> None:
    """Set the last heartbeat of the queue to the present time of PostgreSQL."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(queue=queue)], update_conflicts=True, unique_fields=["queue"], update_fields=["at"]
    )


def list_silent_queues() -> list[tuple[HeartbeatQueue, datetime | None]]:
    """Return (queue, its last heartbeat or None) of the queues silent for `SILENT_AFTER`. One query.

    If every queue is silent, the clock itself stands still.
    """
    rows = {row.queue: row for row in Heartbeat.objects.annotate(is_recent=IS_RECENT)}
    found = ((queue, rows.get(queue)) for queue in HeartbeatQueue)
    return [(queue, row.at if row else None) for queue, row in found if not (row and row.is_recent)]


def standstill_title(silent: int) -> str:
    """Return what stands still when so many queues are silent, or "" for none."""
    if not silent:
        return ""
    return "Planlagte opgaver kører ikke" if silent == len(HeartbeatQueue) else "En del af systemet står stille"


def find_standstill() -> dict[str, Any] | None:
    """Return {title, descriptions, steps} about the silent queues, or None if no queue is silent."""
    silent = list_silent_queues()
    if not silent:
        return None
    if len(silent) == len(HeartbeatQueue):
        last = max((since for _, since in silent if since), default=None)
        descriptions = [f"Programmerne, der udfører opgaver, {_unheard(last)}.", *CONSEQUENCES.values()]
    else:
        descriptions = [f"Køen »{queue}« {_unheard(since)}. {CONSEQUENCES[queue]}" for queue, since in silent]
    return {"title": standstill_title(len(silent)), "descriptions": descriptions, "steps": STEPS}


def _unheard(since: datetime | None) -> str:
    return f"har ikke givet livstegn siden {danish.moment(since)}" if since else "har aldrig givet livstegn"


def describe_watch() -> dict[str, Any]:
    """Return `{watched, heard_at, began_at, newest}`: what the clock looks for, and what proves that it does.

    `watched`: [(how often, titles of the alarms)]. `heard_at`: the last heartbeat of the queue that looks. `began_at`:
    the first row of the history. `newest`: the newest alarm. Each but the first is None if no row tells.
    """
    addresses = {Alarm.Kind.CANARY: "canary_address", Alarm.Kind.BOUNCE_CANARY: "bounce_canary_address"}
    running = [one for kind, one in ALARMS.items() if one.find and settings.MAIL.get(addresses.get(kind, ""), True)]
    alarm = Alarm.objects.first()
    return {
        "watched": [
            ("Hvert minut", [one.title for one in running if not one.is_hourly]),
            ("Hver time", [one.title for one in running if one.is_hourly]),
        ],
        "heard_at": Heartbeat.objects.filter(queue=HeartbeatQueue.TASKS).values_list("at", flat=True).first(),
        "began_at": Statement.objects.order_by("pk").values_list("at", flat=True).first(),
        "newest": show_alarm(alarm) if alarm else None,
    }
