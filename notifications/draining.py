"""Drain the outbox: claim, send over one connection, settle each mail before the next begins."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone

from notifications import bells, mime, outbox
from notifications.models import Attempt, Delivery
from notifications.outbox import Claim
from notifications.smtp import Conversation, Envelope, NotConnected, Reply

logger = logging.getLogger(__name__)

BATCH = 50
#: no mail is begun later than this; well inside the lease of 120 s and the task's limit of 60 s
SECONDS = 45


def drain(limit: int = BATCH, seconds: float = SECONDS) -> int:
    """Send up to ``limit`` due mails; returns how many were tried. Rings again while more is due."""
    begun = time.monotonic()
    claims = outbox.claim(limit)
    if not claims:
        return 0
    with Conversation(settings.MAIL) as conversation:
        left = send_all(conversation, claims, until=begun + seconds)
    outbox.release(left)
    if outbox.is_due():
        bells.ring_for_mail()
    return len(claims) - len(left)


def send_all(conversation: Conversation, claims: list[Claim], until: float) -> list[Claim]:
    """Send them one by one; returns those that there was no time for."""
    deliveries = with_siblings(claims)
    for number, claimed in enumerate(claims):
        if time.monotonic() > until:
            return claims[number:]
        started_at = timezone.now()
        try:
            reply = send(conversation, *deliveries[claimed.delivery_id])
        except NotConnected as problem:
            logger.warning("no connection to the mail server: %s", problem, extra={"count": len(claims) - number})
            for waiting in claims[number:]:  # one try stands for all of them
                outbox.settle(waiting, problem.reply, started_at)
            return []
        outbox.settle(claimed, reply, started_at)
    return []


def send(conversation: Conversation, delivery: Delivery, siblings: list[Delivery]) -> Reply:
    """One mail. A notice that cannot be made into a mail waits like any other and does not stop those behind it."""
    try:
        mail = mime.build(delivery.notice, siblings)
    except Exception as problem:
        logger.exception("delivery %s cannot be made into a mail", delivery.pk)
        return Reply(Attempt.Stage.PREPARE, Attempt.Outcome.DEFERRED, text=type(problem).__name__)
    return conversation.send(Envelope(delivery.return_path, delivery.address, delivery.envelope_id, mail))


def with_siblings(claims: Iterable[Claim]) -> dict[int, tuple[Delivery, list[Delivery]]]:
    """Each claimed delivery with all deliveries of its notice (To and Cc name everybody): two queries."""
    claimed = {claim.delivery_id for claim in claims}
    ours = Delivery.objects.filter(pk__in=claimed).select_related("notice")
    notices = {delivery.notice_id: delivery.notice for delivery in ours}
    by_notice: dict[int, list[Delivery]] = defaultdict(list)
    for sibling in Delivery.objects.filter(notice__in=notices).select_related("recipient").order_by("role", "pk"):
        sibling.notice = notices[sibling.notice_id]
        by_notice[sibling.notice_id].append(sibling)
    return {one.pk: (one, siblings) for siblings in by_notice.values() for one in siblings if one.pk in claimed}
