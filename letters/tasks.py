"""The bells of the import. Each takes a pk and calls the service; what is to be done stands in the database."""

from celery import shared_task

from letters.importing import batches
from letters.importing.plan import new_units

#: A long list outlives the ordinary limits; the reading child has limits of its own.
SOFT_SECONDS, SECONDS = 600, 660


@shared_task(soft_time_limit=SOFT_SECONDS, time_limit=SECONDS)
def read_batch(pk: int) -> None:
    batches.read_batch(pk)


@shared_task(soft_time_limit=SOFT_SECONDS, time_limit=SECONDS)
def commit_batch(pk: int) -> None:
    batches.commit_batch(pk)


@shared_task(soft_time_limit=SOFT_SECONDS, time_limit=SECONDS)
def judge_batch(pk: int) -> None:
    new_units.compare_waiting_batch(pk)


@shared_task
def resume_batches() -> None:
    """Ring again for what a killed worker left."""
    batches.resume_stalled_batches()


@shared_task
def discard_unanswered() -> None:
    batches.discard_unanswered()
