"""What the clock does for the follow-ups: it looks down and finds what is out of step."""

from celery import shared_task

from followups.services import give_to_hr, keep_in_step


@shared_task
def follow_the_lists() -> None:
    keep_in_step()
    give_to_hr()
