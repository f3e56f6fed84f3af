"""The doorbell: Celery tells a worker that there is something to do. What there is to do stands in PostgreSQL.

A bell that cannot ring (the broker is away) is logged and forgotten: the work is a row, and a poller finds it.
"""

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def enqueue_on_commit(task: str, **options: Any) -> None:
    """Ring when the transaction has committed."""
    transaction.on_commit(lambda: enqueue_now(task, **options))


def enqueue_now(task: str, **options: Any) -> None:
    try:
        current_app.send_task(task, **options)
    except (OperationalError, OSError):
        logger.warning("the bell did not ring: %s", task, exc_info=True)
