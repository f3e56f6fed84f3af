"""What the worker does when a bell rings. Three lines each: the work lies in services, the queue in PostgreSQL."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from notifications.alarms import lifecycle, monitors
from notifications.delivery_problems import failed_mail
from notifications.dispatching import dispatch_writer, pausing
from notifications.evidence_pack import large_packs
from notifications.inbound import evidence, inbox_worker, mail_intake
from notifications.models import Dispatch
from notifications.outbox import delivery_queue, enqueue, mail_worker
from notifications.reminders import run_reminders
from notifications.unanswerable_letters import daily_check

#: a task that writes stops here and rings again, inside its time limit of 60 s
WRITING_TIME = timedelta(seconds=40)


@shared_task
def write_dispatch(pk: int) -> None:
    """Write the notices of a dispatch."""
    until = timezone.now() + WRITING_TIME
    if (
        not dispatch_writer.write_notices_until(pk, until) and timezone.now() >= until
    ):  # else another worker is at it, and rings itself
        enqueue.wake_dispatch_writer(pk)


@shared_task
def drain_outbox() -> None:
    """Send what is due."""
    mail_worker.drain_outbox()


@shared_task
def poll_outbox() -> None:
    """Ring for what a bell has missed. A bell that nobody hears before the next poll is thrown away."""
    pausing.finish_stopped_dispatches()
    for pk in Dispatch.objects.unfinished().values_list("pk", flat=True):
        enqueue.wake_dispatch_writer(pk)
    enqueue.wake_mail_workers(delivery_queue.count_due_mails(), expires=10)


@shared_task
def climb_ladders() -> None:
    """Ask for the mails that the clock owes."""
    run_reminders.run_all_incidents()


@shared_task
def file_incoming() -> None:
    """Read the mails that have come. What is left, the next poll takes."""
    inbox_worker.process_waiting_mails(until=timezone.now() + WRITING_TIME)


@shared_task
def fetch_mailbox() -> None:
    """What lies in the mailbox, where there is one."""
    if settings.MAIL["inbox"]:
        mail_intake.fetch_mailbox(settings.MAIL["inbox"], limit=200)


@shared_task
def acknowledge() -> None:
    """What people have done since their mail."""
    evidence.record_acknowledgements()


@shared_task
def follow_addresses() -> None:
    """Whom no mail reaches stands on *Mangler ansvarlig*, until one does."""
    failed_mail.update_unreachable_people()


@shared_task
def prove() -> None:
    """Somebody answers for every open letter, or it is on the list: once a day, the first hour that it can be."""
    daily_check.check_once_a_day()


@shared_task
def check_balance() -> None:
    """The sums of promises.md 8, every hour, and whether somebody looks through the history: if not, it is an alarm."""
    lifecycle.check_balance()


@shared_task(soft_time_limit=1_500, time_limit=1_800)
def check_history() -> None:
    """The chain of the ledgers: what is new every hour."""
    lifecycle.check_history()


@shared_task(soft_time_limit=1_500, time_limit=1_800)
def check_all_history() -> None:
    """All of it every night, whatever the database says of earlier checks."""
    lifecycle.check_history(whole=True)


@shared_task
def look_for_alarms() -> None:
    """Everything that is watched, every minute."""
    lifecycle.check_all_monitors()


@shared_task
def send_canaries() -> None:
    """The mails that show whether mail works, every hour."""
    monitors.send_canaries()


@shared_task(soft_time_limit=3600, time_limit=3660)
def make_pack(pk: int) -> None:
    """A great pack of proof, part by part."""
    large_packs.make_pack(pk)


@shared_task
def look_after_packs() -> None:
    """Ring again for what a killed worker left, and forget what is a day old."""
    large_packs.restart_stalled_packs()
    large_packs.delete_expired_packs()
