"""Which bells this app rings: for a dispatch to be written, and for mail to be sent."""

from typing import Any

from django.conf import settings

from sepo_incident import bells


def ring_for_mail(mails: int = 1, **options: Any) -> None:
    """For so many mails: a worker each, and no more than there are."""
    for _ in range(min(mails, settings.MAIL["workers"])):
        bells.ring("notifications.tasks.drain_outbox", **options)


def ring_for_dispatch(dispatch_id: int) -> None:
    bells.ring("notifications.tasks.write_dispatch", args=[dispatch_id])


def ring_for_incoming() -> None:
    bells.ring("notifications.tasks.file_incoming")
