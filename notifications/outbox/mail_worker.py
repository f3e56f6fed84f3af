"""Drain the outbox: claim, send over one connection, settle each mail before the dot of the next leaves us."""

from __future__ import annotations

import logging
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone

from notifications.alarms import lifecycle, restored_database
from notifications.models import Alarm, Attempt, Notice
from notifications.models.delivery import make_envelope_id, make_return_path
from notifications.outbox import delivery_queue, enqueue, mail_servers, mime
from notifications.outbox.delivery_queue import Claim
from notifications.outbox.mail_servers import Server
from notifications.outbox.smtp_conversation import Conversation, Envelope
from notifications.outbox.smtp_replies import NotConnected, Reply

logger = logging.getLogger(__name__)

PreparedMail = tuple[Claim, Envelope]

#: all the copies of the notices of these deliveries; written out, because Django takes longer to put it together than
#: the mails take on their way
COPIES_SQL = """
    SELECT delivery.notice_id, delivery.id, delivery.return_token, delivery.lease,
        delivery.role, delivery.address, COALESCE(person.name, '')
    FROM notifications_delivery delivery LEFT JOIN accounts_user person ON person.id = delivery.recipient_id
    WHERE delivery.notice_id IN (SELECT ours.notice_id FROM notifications_delivery ours WHERE ours.id = ANY(%s))
        AND delivery.mended <> 'REPLACED'
    ORDER BY delivery.id
"""


class NoticeCopy(NamedTuple):
    """A delivery, as far as a mail is made of it (``mime.Addressed``)."""

    delivery_id: int
    return_token: str
    lease: int
    role: str
    address: str
    recipient_name: str

    def envelope(self, mail: bytes) -> Envelope:
        sender = make_return_path(self.delivery_id, self.return_token)
        return Envelope(sender, self.address, make_envelope_id(self.delivery_id, self.return_token, self.lease), mail)


#: seconds after which no more is claimed: a dispatch to be written waits for the same workers
CLAIM_SECONDS = 10
#: no mail is begun later than this (45 s): well inside the lease of 120 s and the task's limit of 60 s
SEND_SECONDS = delivery_queue.LEASE.total_seconds() * 3 / 8
#: seconds for the answers to what was begun in time
REPLY_SECONDS = 7


def drain_outbox(turn: float = CLAIM_SECONDS, seconds: float = SEND_SECONDS) -> int:
    """Send what is due; returns how many mails were tried. Rings again when the turn is over and more is due."""
    begun = time.monotonic()
    restored_database.check_sending_database()
    tried = sum(send_batches(begun + min(turn, seconds), begun + seconds)) if delivery_queue.has_due_mail() else 0
    if tried and delivery_queue.has_due_mail():
        enqueue.wake_mail_workers()
    return tried


def send_batches(claim_until: float, begin_until: float) -> Iterator[int]:
    """How many were tried, batch after batch, at the first server that answers and has a connection free.

    One that does not answer is set aside. When none does, one try stands for all the mails of a batch.
    """
    everywhere, unheard = mail_servers.servers_by_availability(), []
    for server in everywhere:
        with mail_servers.reserve_connection(server) as is_ours:
            if not is_ours:
                continue
            try:
                yield from send_over_connection(server, claim_until, begin_until)
                return
            except NotConnected as problem:
                logger.warning("mail server %s: %s", server.name, problem)
                mail_servers.set_server_aside(server, problem.reply)
                unheard.append(problem.reply)
    if len(unheard) == len(everywhere):
        yield defer_batch(unheard[0])


def defer_batch(reply: Reply) -> int:
    """Nobody would take a batch; returns its size."""
    claims = delivery_queue.claim_deliveries()
    for claimed in claims:
        delivery_queue.settle_claim(claimed, reply, timezone.now())
    return len(claims)


def send_over_connection(server: Server, claim_until: float, begin_until: float) -> Iterator[int]:
    """How many were tried, batch after batch, over one connection. Raises ``NotConnected``."""
    with Conversation(server, patience=begin_until + REPLY_SECONDS - time.monotonic()) as conversation:
        conversation.connect()
        mail_servers.clear_set_aside(server)
        workers = settings.MAIL["workers"]
        while time.monotonic() < claim_until and (claims := delivery_queue.claim_deliveries(workers=workers)):
            yield send_claims(conversation, claims, begin_until)


def send_claims(conversation: Conversation, claims: list[Claim], until: float) -> int:
    """Send them one by one; returns how many were tried. Gives back what there was no time for, or no server, or what
    waits because we are taken for spam.

    Raises ``NotConnected``.
    """
    waiting, is_spam = deque(prepare_mails(claims)), False
    try:
        while waiting and time.monotonic() < until and not is_spam:
            started_at = timezone.now()
            claimed, envelope = waiting[0]
            following = waiting[1][1] if len(waiting) > 1 else None
            reply = conversation.send(envelope, following)
            waiting.popleft()
            delivery_queue.settle_despite_restart(claimed, reply, started_at)
            if reply.outcome == Attempt.Outcome.REFUSED_SPAM:
                is_spam = lifecycle.check_monitor(Alarm.Kind.SPAM, timezone.now())
    except (NotConnected, *delivery_queue.DATABASE_UNAVAILABLE):
        delivery_queue.release_claims(claimed for claimed, _ in waiting)
        raise
    delivery_queue.release_claims(claimed for claimed, _ in waiting)
    return len(claims) - len(waiting)


def prepare_mails(claims: Iterable[Claim]) -> Iterator[PreparedMail]:
    """Each claim with its envelope. A notice is made into a mail once, for all its recipients; one that cannot be made
    into a mail waits like any other, and does not stop those behind it."""
    by_delivery = {claimed.delivery_id: claimed for claimed in claims}
    envelopes: dict[int, Envelope] = {}
    for notice, copies in load_notices_with_copies(list(by_delivery)):
        mail = try_build_mail(notice, copies)
        if mail:
            ours = (copy for copy in copies if copy.delivery_id in by_delivery)
            envelopes |= {copy.delivery_id: copy.envelope(mail) for copy in ours}
    for claimed in by_delivery.values():
        if claimed.delivery_id in envelopes:
            yield claimed, envelopes[claimed.delivery_id]
        else:
            delivery_queue.settle_claim(claimed, UNBUILDABLE_REPLY, timezone.now())


UNBUILDABLE_REPLY = Reply(Attempt.Stage.PREPARE, Attempt.Outcome.DEFERRED, text="Varslet kan ikke gøres til en mail.")


def try_build_mail(notice: Notice, copies: list[NoticeCopy]) -> bytes:
    """b"" when it cannot be made; why is in the log."""
    try:
        return mime.build_mail(notice, copies)
    except Exception:
        logger.exception("notice %s cannot be made into a mail", notice.pk)
        return b""


def load_notices_with_copies(delivery_ids: list[int]) -> list[tuple[Notice, list[NoticeCopy]]]:
    """The notices of these deliveries, each with all its copies (To and Cc name everybody): two queries."""
    everyone: dict[int, list[NoticeCopy]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(COPIES_SQL, [delivery_ids])
        for notice_id, *words in cursor:
            everyone[notice_id].append(NoticeCopy(*words))
    return [(notice, everyone[notice.pk]) for notice in Notice.objects.filter(pk__in=everyone)]
