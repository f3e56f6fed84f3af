"""Celery tasks of notifications. A task calls a service; the queue of work is in PostgreSQL."""

import time

from celery import shared_task

from letters.api import beskedfordeler
from notifications import breach_mails, mail_worker, sign_in_codes, unanswerable_letters
from notifications.alarms import heartbeats, lifecycle, monitors
from notifications.delivery_problems import failed_mail
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.inbound import delivery_evidence, mail_processing
from notifications.models import Dispatch
from notifications.outbox import delivery_queue, enqueue
from notifications.reminders import run_reminders

#: a task stops writing after so many seconds, within the time limit of 60 s, and starts a new task for the rest
WRITING_SECONDS = 40


@shared_task
def write_dispatch(pk: int) -> None:
    until = time.monotonic() + WRITING_SECONDS
    if (
        not outbox_writer.write_notices_until(pk, until) and time.monotonic() >= until
    ):  # otherwise another worker writes and starts the next task itself
        enqueue.wake_dispatch_writer(pk)


@shared_task
def drain_outbox() -> None:
    """Send the due mails."""
    mail_worker.drain_outbox()


@shared_task
def send_sign_in_codes() -> None:
    sign_in_codes.send_due_codes()


@shared_task
def poll_outbox() -> None:
    """Start tasks for dispatches and due mails whose task was lost, and finish stopped dispatches.

    A mail task that no worker takes before the next poll is dropped.
    """
    dispatch_lifecycle.finish_stopped_dispatches()
    for pk in Dispatch.objects.unfinished().values_list("pk", flat=True):
        enqueue.wake_dispatch_writer(pk)
    enqueue.wake_mail_workers(delivery_queue.count_due_mails(), expires=10)


@shared_task
def send_reminders() -> None:
    """Order the reminders and digests that are due."""
    run_reminders.run_all_incidents()


@shared_task
def send_breach_mails() -> None:
    """Mail the data protection officer about new reports of a breach."""
    breach_mails.write_owed_mails()


@shared_task
def process_incoming_mails() -> None:
    """Process waiting incoming mails. The next poll takes the rest."""
    mail_processing.process_waiting_mails(until=time.monotonic() + WRITING_SECONDS)


@shared_task
def record_acknowledgements() -> None:
    """Record people's decisions since the last run as evidence that mails arrived."""
    delivery_evidence.record_acknowledgements()


@shared_task
def update_unreachable_people() -> None:
    """Mark the people that no mail reaches, so that their letters are listed on *Mangler ansvarlig*."""
    failed_mail.update_unreachable_people()


@shared_task
def check_unanswerable_letters() -> None:
    """Check once a day, in the first hour possible, that somebody can answer for every open letter."""
    unanswerable_letters.check_once_a_day()


@shared_task
def check_balance() -> None:
    """Check the sums and the age of the last verification of the history, every hour."""
    lifecycle.check_balance()


@shared_task(soft_time_limit=1_500, time_limit=1_800)
def check_history() -> None:
    """Verify the new rows of the hash chain, every hour."""
    lifecycle.check_history()


@shared_task(soft_time_limit=1_500, time_limit=1_800)
def check_all_history() -> None:
    """Verify the whole hash chain, every night, whatever earlier checks the database reports."""
    lifecycle.check_history(whole=True)


@shared_task
def delete_expired_rows() -> None:
    """Delete what signing in leaves behind, and the content of old messages of Beskedfordeler, every hour."""
    sign_in_codes.delete_expired_rows()
    beskedfordeler.delete_old_contents()


@shared_task
def check_monitors() -> None:
    """Run all monitors, every minute."""
    lifecycle.check_all_monitors()


@shared_task
def record_heartbeat(queue: str) -> None:
    """Record that the clock sends tasks to this queue and that a worker runs them."""
    heartbeats.record_heartbeat(queue)


@shared_task
def send_canaries() -> None:
    """Send the canaries, every hour."""
    monitors.send_canaries()
