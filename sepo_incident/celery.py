"""The Celery app, and the periodic tasks of Celery beat. Tasks tell workers to look for work queued in PostgreSQL."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sepo_incident.settings")

app = Celery("sepo_incident")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

EVERY_NIGHT, ONE_DAY_SECONDS = crontab(hour="3", minute="0"), 24 * 60 * 60
#: {task: seconds between two runs, or a time of day}
PERIODIC_TASKS: dict[str, float | crontab] = {
    "notifications.tasks.send_sign_in_codes": 5,
    "notifications.tasks.poll_outbox": 10,
    "notifications.tasks.send_reminders": 60,
    "notifications.tasks.send_breach_mails": 60,
    "notifications.tasks.process_incoming_mails": 10,
    "notifications.tasks.record_acknowledgements": 30,
    "notifications.tasks.update_unreachable_people": 60,
    "notifications.tasks.check_unanswerable_letters": 3600,
    "notifications.tasks.check_balance": 3600,
    "notifications.tasks.check_history": 3600,
    "notifications.tasks.check_all_history": EVERY_NIGHT,
    "notifications.tasks.delete_expired_rows": 3600,
    "notifications.tasks.check_monitors": 60,
    "notifications.tasks.send_canaries": 3600,
    "letters.tasks.resume_batches": 60,
    "letters.tasks.discard_unanswered": 3600,
    "letters.tasks.find_missing_letters": 300,
    "followups.tasks.resume_bulk_decisions": 60,
    "followups.tasks.delete_expired_drafts": 3600,
    "followups.tasks.sync_with_lists": 60,
    "followups.tasks.record_receipts": 300,
}

#: The queues that get heartbeats, because few of their tasks take long. `Heartbeat.Queue` names the same queues.
HEARTBEAT_QUEUES, HEARTBEAT_SECONDS = ("celery", "mail", "codes"), 20

#: A task that no worker has taken when the next run is due expires, so that nothing piles up while workers are down.
app.conf.beat_schedule = {
    task: {"task": task, "schedule": often, "options": {"expires": ONE_DAY_SECONDS if often is EVERY_NIGHT else often}}
    for task, often in PERIODIC_TASKS.items()
} | {
    f"heartbeat of {queue}": {
        "task": "notifications.tasks.record_heartbeat",
        "args": [queue],
        "schedule": HEARTBEAT_SECONDS,
        "options": {"queue": queue, "expires": HEARTBEAT_SECONDS},
    }
    for queue in HEARTBEAT_QUEUES
}
