"""Celery tasks of the follow-ups: bulk decisions, and periodic updates."""

from celery import shared_task

from followups import services
from followups.letter import decision_drafts


@shared_task
def sync_with_lists() -> None:
    """Update due dates and escalations after changes in later lists."""
    services.update_due_dates()
    services.move_escalations_to_hr()


@shared_task(soft_time_limit=600, time_limit=660)
def continue_bulk_decision(pk: int) -> None:
    """Continue the bulk decision with id `pk`."""
    services.continue_bulk_decision(pk)


@shared_task
def resume_bulk_decisions() -> None:
    """Queue the task again for bulk decisions that a killed worker left."""
    services.requeue_stalled_bulk_decisions()


@shared_task
def record_receipts() -> None:
    """Record the arrival of the resent letters that have a receipt, every five minutes."""
    services.record_receipts()


@shared_task
def delete_expired_drafts() -> None:
    """Delete drafts that were not saved for 30 days."""
    decision_drafts.delete_expired_drafts()
