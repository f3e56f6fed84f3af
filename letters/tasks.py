"""Celery tasks of the import and of the search for missing letters. A task calls a service.

All state is in the database: a task of the import takes the id of a batch, or of a file.
"""

from celery import shared_task

from letters.importing import batches
from letters.importing.commit import withdraw_letters
from letters.importing.plan import new_units
from letters.tracking import tracking_files
from letters.tracking.silence.detection import detect
from sepo_incident.core import database

#: A long list exceeds the ordinary limits. The child process that reads the file has separate limits.
SOFT_SECONDS, SECONDS = 600, 660


@shared_task(soft_time_limit=SOFT_SECONDS, time_limit=SECONDS)
def read_batch(pk: int) -> None:
    batches.read_batch(pk)


@shared_task(soft_time_limit=SOFT_SECONDS, time_limit=SECONDS)
def commit_batch(pk: int) -> None:
    batches.commit_batch(pk)


@shared_task(soft_time_limit=SOFT_SECONDS, time_limit=SECONDS)
def compare_waiting_batch(pk: int) -> None:
    new_units.compare_waiting_batch(pk)


@shared_task(soft_time_limit=SOFT_SECONDS, time_limit=SECONDS)
def take_in_file(pk: int) -> None:
    tracking_files.take_in_file(pk)


@shared_task
def resume_batches() -> None:
    """Enqueue again the steps that a killed worker left."""
    batches.resume_stalled_batches()
    tracking_files.resume_stalled_files()


@shared_task
def discard_unanswered() -> None:
    """Discard the files with a question that nobody has answered."""
    batches.discard_unanswered()
    tracking_files.discard_unanswered_files()


@shared_task(soft_time_limit=SOFT_SECONDS, time_limit=SECONDS)
def find_missing_letters() -> None:
    """Look for letters that others have overtaken, every five minutes. The first time learns from five weeks.

    The letters of drafted incidents that have arrived since are withdrawn.
    """
    detect(database.now())
    withdraw_letters.withdraw_arrived_letters()
