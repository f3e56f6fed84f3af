"""Which bells this app rings: for a dispatch to be written, and for mail to be sent."""

from typing import Any

from sepo_incident import bells

#: how many mail workers run side by side; Exchange takes about three connections
MAIL_WORKERS = 2


def ring_for_mail(times: int = 1, **options: Any) -> None:
    for _ in range(times):
        bells.ring("notifications.tasks.drain_outbox", **options)


def ring_for_dispatch(dispatch_id: int) -> None:
    bells.ring("notifications.tasks.write_dispatch", args=[dispatch_id])


def ring_for_incoming() -> None:
    bells.ring("notifications.tasks.file_incoming")
