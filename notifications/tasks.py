"""What the worker does when a bell rings. Three lines each: the work lies in services, the queue in PostgreSQL."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from notifications import bells, draining, proving
from notifications.alarms import canaries, raising
from notifications.dispatches import climbing, dispatching, holding
from notifications.inbound import acknowledging, fetching, filing
from notifications.models import Dispatch
from notifications.packing import making
from notifications.recovering import reaching
from notifications.sending import outbox

#: a task that writes stops here and rings again, inside its time limit of 60 s
WRITING_TIME = timedelta(seconds=40)


@shared_task
def write_dispatch(pk: int) -> None:
    """Write the notices of a dispatch."""
    until = timezone.now() + WRITING_TIME
    if not dispatching.write(pk, until) and timezone.now() >= until:  # else another worker is at it, and rings itself
        bells.ring_for_dispatch(pk)


@shared_task
def drain_outbox() -> None:
    """Send what is due."""
    draining.drain()


@shared_task
def poll_outbox() -> None:
    """Ring for what a bell has missed. A bell that nobody hears before the next poll is thrown away."""
    holding.finish_stopping()
    for pk in Dispatch.objects.unfinished().values_list("pk", flat=True):
        bells.ring_for_dispatch(pk)
    bells.ring_for_mail(outbox.count_due(), expires=10)


@shared_task
def climb_ladders() -> None:
    """Ask for the mails that the clock owes."""
    climbing.climb()


@shared_task
def file_incoming() -> None:
    """Read the mails that have come. What is left, the next poll takes."""
    filing.file_waiting(until=timezone.now() + WRITING_TIME)


@shared_task
def fetch_mailbox() -> None:
    """What lies in the mailbox, where there is one."""
    if settings.MAIL["inbox"]:
        fetching.fetch(settings.MAIL["inbox"], limit=200)


@shared_task
def acknowledge() -> None:
    """What people have done since their mail."""
    acknowledging.acknowledge()


@shared_task
def follow_addresses() -> None:
    """Whom no mail reaches stands on *Mangler ansvarlig*, until one does."""
    reaching.follow()


@shared_task
def prove() -> None:
    """Somebody answers for every open letter, or it is on the list: once a day, the first hour that it can be."""
    proving.prove()


@shared_task
def check_balance() -> None:
    """The sums of promises.md 8, every hour, and whether somebody looks through the history: if not, it is an alarm."""
    raising.look_at_the_sums()


@shared_task(soft_time_limit=1_500, time_limit=1_800)
def check_history() -> None:
    """The chain of the ledgers: what is new every hour."""
    raising.look_at_the_history()


@shared_task(soft_time_limit=1_500, time_limit=1_800)
def check_all_history() -> None:
    """All of it every night, whatever the database says of earlier checks."""
    raising.look_at_the_history(whole=True)


@shared_task
def look_for_alarms() -> None:
    """Everything that is watched, every minute."""
    raising.look()


@shared_task
def send_canaries() -> None:
    """The mails that show whether mail works, every hour."""
    canaries.sing()


@shared_task(soft_time_limit=3600, time_limit=3660)
def make_pack(pk: int) -> None:
    """A great pack of proof, part by part."""
    making.make(pk)


@shared_task
def look_after_packs() -> None:
    """Ring again for what a killed worker left, and forget what is a day old."""
    making.ring_again()
    making.forget_old()
