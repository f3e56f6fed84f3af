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

from notifications import bells
from notifications.alarms import raising, restored
from notifications.models import Alarm, Attempt, Notice
from notifications.models.delivery import envelope_id, return_path
from notifications.sending import mime, outbox, servers
from notifications.sending.outbox import Claim
from notifications.sending.replies import NotConnected, Reply
from notifications.sending.servers import Server
from notifications.sending.smtp import Conversation, Envelope

logger = logging.getLogger(__name__)

Mail = tuple[Claim, Envelope]

#: all the copies of the notices of these deliveries; written out, because Django takes longer to put it together than
#: the mails take on their way
COPIES = """
    SELECT delivery.notice_id, delivery.id, delivery.return_token, delivery.lease,
        delivery.role, delivery.address, COALESCE(person.name, '')
    FROM notifications_delivery delivery LEFT JOIN accounts_user person ON person.id = delivery.recipient_id
    WHERE delivery.notice_id IN (SELECT ours.notice_id FROM notifications_delivery ours WHERE ours.id = ANY(%s))
        AND delivery.mended <> 'REPLACED'
    ORDER BY delivery.id
"""


class Copy(NamedTuple):
    """A delivery, as far as a mail is made of it (``mime.Addressed``)."""

    delivery_id: int
    return_token: str
    lease: int
    role: str
    address: str
    recipient_name: str

    def envelope(self, mail: bytes) -> Envelope:
        sender = return_path(self.delivery_id, self.return_token)
        return Envelope(sender, self.address, envelope_id(self.delivery_id, self.return_token, self.lease), mail)


#: seconds after which no more is claimed: a dispatch to be written waits for the same workers
TURN = 10
#: no mail is begun later than this (45 s): well inside the lease of 120 s and the task's limit of 60 s
SECONDS = outbox.LEASE.total_seconds() * 3 / 8
#: seconds for the answers to what was begun in time
LAST_WORDS = 7


def drain(turn: float = TURN, seconds: float = SECONDS) -> int:
    """Send what is due; returns how many mails were tried. Rings again when the turn is over and more is due."""
    begun = time.monotonic()
    restored.ask_first()
    tried = sum(sent(begun + min(turn, seconds), begun + seconds)) if outbox.is_due() else 0
    if tried and outbox.is_due():
        bells.ring_for_mail()
    return tried


def sent(claim_until: float, begin_until: float) -> Iterator[int]:
    """How many were tried, batch after batch, at the first server that answers and has a connection free.

    One that does not answer is set aside. When none does, one try stands for all the mails of a batch.
    """
    everywhere, unheard = servers.in_order(), []
    for server in everywhere:
        with servers.connection_to(server) as is_ours:
            if not is_ours:
                continue
            try:
                yield from sent_over(server, claim_until, begin_until)
                return
            except NotConnected as problem:
                logger.warning("mail server %s: %s", server.name, problem)
                servers.set_aside(server, problem.reply)
                unheard.append(problem.reply)
    if len(unheard) == len(everywhere):
        yield put_off(unheard[0])


def put_off(reply: Reply) -> int:
    """Nobody would take a batch; returns its size."""
    claims = outbox.claim()
    for claimed in claims:
        outbox.settle(claimed, reply, timezone.now())
    return len(claims)


def sent_over(server: Server, claim_until: float, begin_until: float) -> Iterator[int]:
    """How many were tried, batch after batch, over one connection. Raises ``NotConnected``."""
    with Conversation(server, patience=begin_until + LAST_WORDS - time.monotonic()) as conversation:
        conversation.connect()
        servers.welcome_back(server)
        workers = settings.MAIL["workers"]
        while time.monotonic() < claim_until and (claims := outbox.claim(workers=workers)):
            yield send_all(conversation, claims, begin_until)


def send_all(conversation: Conversation, claims: list[Claim], until: float) -> int:
    """Send them one by one; returns how many were tried. Gives back what there was no time for, or no server, or what
    waits because we are taken for spam.

    Raises ``NotConnected``.
    """
    waiting, is_spam = deque(prepare(claims)), False
    try:
        while waiting and time.monotonic() < until and not is_spam:
            started_at = timezone.now()
            claimed, envelope = waiting[0]
            following = waiting[1][1] if len(waiting) > 1 else None
            reply = conversation.send(envelope, following)
            waiting.popleft()
            outbox.settle_surely(claimed, reply, started_at)
            if reply.outcome == Attempt.Outcome.REFUSED_SPAM:
                is_spam = raising.watch(Alarm.Kind.SPAM, timezone.now())
    except (NotConnected, *outbox.AWAY):
        outbox.release(claimed for claimed, _ in waiting)
        raise
    outbox.release(claimed for claimed, _ in waiting)
    return len(claims) - len(waiting)


def prepare(claims: Iterable[Claim]) -> Iterator[Mail]:
    """Each claim with its envelope. A notice is made into a mail once, for all its recipients; one that cannot be made
    into a mail waits like any other, and does not stop those behind it."""
    by_delivery = {claimed.delivery_id: claimed for claimed in claims}
    envelopes: dict[int, Envelope] = {}
    for notice, copies in with_copies(list(by_delivery)):
        mail = mail_of(notice, copies)
        if mail:
            ours = (copy for copy in copies if copy.delivery_id in by_delivery)
            envelopes |= {copy.delivery_id: copy.envelope(mail) for copy in ours}
    for claimed in by_delivery.values():
        if claimed.delivery_id in envelopes:
            yield claimed, envelopes[claimed.delivery_id]
        else:
            outbox.settle(claimed, NO_MAIL, timezone.now())


NO_MAIL = Reply(Attempt.Stage.PREPARE, Attempt.Outcome.DEFERRED, text="Varslet kan ikke gøres til en mail.")


def mail_of(notice: Notice, copies: list[Copy]) -> bytes:
    """b"" when it cannot be made; why is in the log."""
    try:
        return mime.build(notice, copies)
    except Exception:
        logger.exception("notice %s cannot be made into a mail", notice.pk)
        return b""


def with_copies(delivery_ids: list[int]) -> list[tuple[Notice, list[Copy]]]:
    """The notices of these deliveries, each with all its copies (To and Cc name everybody): two queries."""
    everyone: dict[int, list[Copy]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(COPIES, [delivery_ids])
        for notice_id, *words in cursor:
            everyone[notice_id].append(Copy(*words))
    return [(notice, everyone[notice.pk]) for notice in Notice.objects.filter(pk__in=everyone)]
