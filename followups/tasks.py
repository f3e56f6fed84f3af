"""The bells of the follow-ups: decisions about many letters, and what the clock finds out of step."""

from celery import shared_task

from followups import services
from followups.letter import half_written


@shared_task
def follow_the_lists() -> None:
    services.keep_in_step()
    services.give_to_hr()


@shared_task(soft_time_limit=600, time_limit=660)
def carry_on(pk: int) -> None:
    services.carry_on(pk)


@shared_task
def resume_bulk_decisions() -> None:
    """Ring again for what a killed worker left."""
    services.ring_again()


@shared_task
def forget_half_written() -> None:
    """What nobody came back to for a month."""
    half_written.forget_old()
