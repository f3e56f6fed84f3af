"""The bells of the follow-ups: decisions about many letters, and what the clock finds out of step."""

from celery import shared_task

from followups import services
from followups.letter import decision_drafts


@shared_task
def follow_the_lists() -> None:
    services.update_due_dates()
    services.move_escalations_to_hr()


@shared_task(soft_time_limit=600, time_limit=660)
def carry_on(pk: int) -> None:
    services.continue_bulk_decision(pk)


@shared_task
def resume_bulk_decisions() -> None:
    """Ring again for what a killed worker left."""
    services.requeue_stalled_bulk_decisions()


@shared_task
def forget_half_written() -> None:
    """What nobody came back to for a month."""
    decision_drafts.delete_expired_drafts()
