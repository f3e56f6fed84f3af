"""Put mails in the outbox and wake the workers: for mails and for writing a dispatch.

`enqueue_standalone_mail` writes a mail that is about no letter: a test, an answer, a canary or an alarm. The mails
about letters are written by `notifications.dispatching`.
"""

import secrets
import string
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from notifications.models import Delivery, Kind, Notice
from notifications.outbox.mime import one_line
from sepo_incident.accounts.models import User
from sepo_incident.core import database, task_queue

#: number of letters of a Message-ID, which then is as hard to guess as 131 random bits
MESSAGE_ID_LENGTH = 28


def wake_mail_workers(mails: int = 1, **options: Any) -> None:
    """Start one worker task per mail, up to the number of workers. `options` are passed to the task queue."""
    for _ in range(min(mails, settings.MAIL["workers"])):
        task_queue.enqueue_on_commit("notifications.tasks.drain_outbox", **options)


def wake_dispatch_writer(dispatch_id: int) -> None:
    task_queue.enqueue_on_commit("notifications.tasks.write_dispatch", args=[dispatch_id])


@transaction.atomic
def enqueue_standalone_mail(
    kind: Kind,
    to: User | str,
    subject: str,
    text: str,
    html: str = "",
    *,
    by: User | None = None,
    in_reply_to: str = "",
    text_digest: str = "",
) -> Notice:
    """Put a standalone mail in the outbox, wake a worker and return the notice.

    `to` is a user, or an address that belongs to no user. `by` is the person who wrote the mail on a page, and
    `in_reply_to` the Message-ID of the mail that is answered. `text_digest` is the text that a test mail tries.
    """
    now = database.now()
    notice = Notice.objects.create(
        kind=kind,
        letters=0,
        copies=0,
        subject=one_line(subject)[:200],
        text=text,
        html=html,
        written_by=by,
        message_id=new_message_id(),
        in_reply_to=in_reply_to,
        text_digest=text_digest,
        created_at=now,
    )
    build_delivery(notice, Delivery.Role.TO, to, now).save()
    wake_mail_workers()
    return notice


def build_delivery(notice: Notice, role: Delivery.Role, to: User | str, now: datetime) -> Delivery:
    """Return an unsaved delivery that is ready at once."""
    address = to if isinstance(to, str) else to.email
    # 20 hex digits, which only we can compute, and which survive a mail system that folds case
    token = salted_hmac("notifications.return_path", f"{notice.message_id} {address}", algorithm="sha256")
    return Delivery(
        notice=notice,
        role=role,
        recipient=None if isinstance(to, str) else to,
        address=address,
        next_attempt_at=now,
        changed_at=now,
        return_token=token.hexdigest()[:20],
    )


def new_message_id() -> str:
    """Return a Message-ID without digits.

    What looks like a CPR number is masked in incoming mail, and a masked Message-ID matches no notice.
    """
    letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(MESSAGE_ID_LENGTH))
    return f"<{letters}@{settings.MAIL['bounce_domain']}>"
