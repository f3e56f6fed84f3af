"""Send Celery tasks that tell a worker to look for work. The work itself is stored as rows in PostgreSQL.

If the broker is down, the failure is logged and ignored: a periodic task finds the waiting rows.
"""

import logging
from datetime import timedelta
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
#: Work without a heartbeat for so long is stalled, and its task is sent again.
STALLED_AFTER = timedelta(seconds=40)


def enqueue_on_commit(task: str, **options: Any) -> None:
    """Send the task after the current transaction has committed."""
    transaction.on_commit(lambda: enqueue_now(task, **options))


def enqueue_now(task: str, **options: Any) -> None:
    """Send the task now; log a warning if the broker cannot be reached."""
    try:
        current_app.send_task(task, **options)
    except (OperationalError, OSError):
        logger.warning("the task was not sent, because the broker cannot be reached: %s", task, exc_info=True)
