"""The doorbell: Celery tells a worker that there is something to do. What there is to do stands in PostgreSQL.

A bell rings when the transaction has committed. A bell that cannot ring (the broker is away) is logged and forgotten:
the work is a row, and the poller finds it within ten seconds.
"""

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

#: how many mail workers run side by side; Exchange takes about three connections
MAIL_WORKERS = 2


def ring_for_mail(times: int = 1, **options: Any) -> None:
    for _ in range(times):
        ring("notifications.tasks.drain_outbox", **options)


def ring_for_dispatch(dispatch_id: int) -> None:
    ring("notifications.tasks.write_dispatch", args=[dispatch_id])


def ring(task: str, **options: Any) -> None:
    transaction.on_commit(lambda: ring_now(task, **options))


def ring_now(task: str, **options: Any) -> None:
    try:
        current_app.send_task(task, **options)
    except (OperationalError, OSError):
        logger.warning("the bell did not ring: %s", task, exc_info=True)
