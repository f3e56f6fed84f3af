"""The mail worker: claim deliveries, send over one connection, settle every mail before the dot of the next is sent."""

import logging
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings

from notifications.alarms import lifecycle
from notifications.models import Alarm, Attempt, MailServer, Notice
from notifications.models.delivery import make_envelope_id, make_return_path
from notifications.outbox import delivery_queue, enqueue, mail_servers, mime
from notifications.outbox.delivery_queue import Claim
from notifications.outbox.mail_servers import Server
from notifications.outbox.replies_and_retries import UNAPPROVED_REPLY, UNBUILDABLE_REPLY, NotConnected, Reply
from notifications.outbox.smtp_conversation import Conversation, Envelope
from sepo_incident.accounts.users import find_unapproved
from sepo_incident.core import database
from sepo_incident.core.sql_files import read_sql

logger = logging.getLogger(__name__)

PreparedMail = tuple[Claim, Envelope]

COPIES_SQL = read_sql(__file__, "notice_copies.sql")


class NoticeCopy(NamedTuple):
    """The columns of a delivery that are needed to build a mail (`mime.AddressedDelivery`)."""

    delivery_id: int
    return_token: str
    lease: int
    role: str
    address: str
    recipient_name: str
    recipient_id: int | None

    def envelope(self, mail: bytes) -> Envelope:
        sender = make_return_path(self.delivery_id, self.return_token)
        return Envelope(sender, self.address, make_envelope_id(self.delivery_id, self.return_token, self.lease), mail)


#: seconds after which nothing more is claimed, because writing a dispatch waits for the same workers
CLAIM_SECONDS = 10
#: No mail is begun after this time (45 s), well within the lease of 120 s and the task's limit of 60 s.
SEND_SECONDS = delivery_queue.LEASE.total_seconds() * 3 / 8
#: seconds for the answers to mails begun in time
REPLY_SECONDS = 7


def drain_outbox() -> int:
    """Send the due mails and return how many were tried. A new task is started if mails are still due after that."""
    begun = time.monotonic()
    lifecycle.check_sending_database()
    tried = sum(send_batches(begun + CLAIM_SECONDS, begun + SEND_SECONDS)) if delivery_queue.has_due_mail() else 0
    if tried and delivery_queue.has_due_mail():
        enqueue.wake_mail_workers()
    return tried


def send_batches(claim_until: float, begin_until: float) -> Iterator[int]:
    """Yield the number of mails tried, batch by batch, over the first server that answers and has a free connection.

    A server that does not answer is set aside. If no server answers, one failed try counts for a whole batch of
    mails.
    """
    everywhere, failed_replies = mail_servers.servers_by_availability(), []
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
                failed_replies.append(problem.reply)
    if len(failed_replies) == len(everywhere):
        claims = delivery_queue.claim_deliveries()
        for claimed in claims:
            delivery_queue.settle_claim(claimed, failed_replies[0])
        yield len(claims)


def send_over_connection(server: Server, claim_until: float, begin_until: float) -> Iterator[int]:
    """Yield the number of mails tried, batch by batch, over one connection. Raise `NotConnected`."""
    with Conversation(server, max_duration=begin_until + REPLY_SECONDS - time.monotonic()) as conversation:
        conversation.connect()
        MailServer.objects.filter(name=server.name).delete()  # the server answers again
        workers = settings.MAIL["workers"]
        while time.monotonic() < claim_until and (claims := delivery_queue.claim_deliveries(workers=workers)):
            yield send_claims(conversation, claims, begin_until)


def send_claims(conversation: Conversation, claims: list[Claim], until: float) -> int:
    """Send the mails in turn and return how many were tried. Raise `NotConnected`.

    Claims are released when time runs out, the server is lost, or mails wait because a server took us for a spammer.
    """
    waiting, is_spam = deque(prepare_mails(claims)), False
    try:
        while waiting and time.monotonic() < until and not is_spam:
            begun = time.monotonic()
            claimed, envelope = waiting[0]
            following = waiting[1][1] if len(waiting) > 1 else None
            reply = conversation.send(envelope, following)
            waiting.popleft()
            delivery_queue.settle_despite_restart(claimed, reply, timedelta(seconds=time.monotonic() - begun))
            if reply.outcome == Attempt.Outcome.REFUSED_SPAM:
                is_spam = lifecycle.check_monitor(Alarm.Kind.SPAM, database.now())
    except (NotConnected, *delivery_queue.DATABASE_UNAVAILABLE):
        delivery_queue.release_claims(claimed for claimed, _ in waiting)
        raise
    delivery_queue.release_claims(claimed for claimed, _ in waiting)
    return len(claims) - len(waiting)


def prepare_mails(claims: Iterable[Claim]) -> Iterator[PreparedMail]:
    """Yield each claim with the envelope to send.

    A notice is built once for all recipients. A claim of a notice that cannot be built into a mail is settled as
    deferred, a claim to an address that nobody has approved as unapproved, and the claims after that continue. Every
    mail about letters passes here just before it is sent, so no earlier approval and no queue leads around the check.
    """
    by_delivery = {claimed.delivery_id: claimed for claimed in claims}
    notices = load_notices_with_copies(list(by_delivery))
    unapproved = find_unapproved((copy.recipient_id, copy.address) for _, copies in notices for copy in copies)
    prepared: dict[int, Envelope | Reply] = {}
    for notice, copies in notices:
        mail = try_build_mail(notice, copies)
        for copy in copies:
            if (copy.recipient_id, copy.address.lower()) in unapproved:
                prepared[copy.delivery_id] = UNAPPROVED_REPLY
            elif mail:
                prepared[copy.delivery_id] = copy.envelope(mail)
    for claimed in by_delivery.values():
        match prepared.get(claimed.delivery_id, UNBUILDABLE_REPLY):
            case Reply() as reply:
                delivery_queue.settle_claim(claimed, reply)
            case envelope:
                yield claimed, envelope


def try_build_mail(notice: Notice, copies: list[NoticeCopy]) -> bytes:
    """Return the mail's bytes, or b"" if building fails. The error is logged."""
    try:
        return mime.build_mail(notice, copies)
    except Exception:
        logger.exception("notice %s cannot be made into a mail", notice.pk)
        return b""


def load_notices_with_copies(delivery_ids: list[int]) -> list[tuple[Notice, list[NoticeCopy]]]:
    """Return the notices of the deliveries, each with all copies, since To and Cc name everybody. Two queries."""
    everyone: dict[int, list[NoticeCopy]] = defaultdict(list)
    for notice_id, *words in database.fetch_all(COPIES_SQL, {"deliveries": delivery_ids}):
        everyone[notice_id].append(NoticeCopy(*words))
    return [(notice, everyone[notice.pk]) for notice in Notice.objects.filter(pk__in=everyone)]
