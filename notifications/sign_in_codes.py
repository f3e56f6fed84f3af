"""Codes that sign people in: the mail with the code, past pauses and speed limits, and the rows that are deleted.

A worker sends alone, over a connection of its own beside those of the other mail. A killed worker sends no mail or one
mail twice; the code is the same.
"""

import logging
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from allauth.account.internal.userkit import filter_users_by_email
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from notifications.models import Attempt, Delivery, Kind, Notice, SignInCode
from notifications.models.sign_in_code import CODE_LIFETIME
from notifications.outbox import enqueue, mail_servers, mime
from notifications.outbox.enqueue import enqueue_standalone_mail
from notifications.outbox.replies_and_retries import UNAPPROVED_REPLY, UNBUILDABLE_REPLY, NotConnected, Reply
from notifications.outbox.smtp_conversation import Conversation, Envelope
from sepo_incident.accounts.sign_in.adapter import SignInAdapter
from sepo_incident.accounts.users import find_unapproved
from sepo_incident.core import database, task_queue
from sepo_incident.core.database import advisory_lock

logger = logging.getLogger(__name__)

#: namespace of the PostgreSQL advisory lock of the worker that sends codes
SENDER_LOCK = 0x434F_4445
RETRY_AFTER = timedelta(seconds=10)
#: seconds for all codes of a task, within the task's time limit
SEND_SECONDS = 40
#: seconds to wait for a mail server, because everybody who signs in waits meanwhile
REPLY_SECONDS = 5
SUBJECT = "Din kode til Opfølgning på sikker post"
TEXT = """{code} er din kode.

Skriv koden på siden. Den virker i {minutes} minutter og kun i den browser, hvor du bad om den.

Har du ikke selv bedt om en kode? Så skal du ikke gøre noget. Giv ikke koden til nogen, heller ikke til os.
"""


class Recipient(NamedTuple):
    """The attributes of a delivery that a mail shows (`mime.AddressedDelivery`)."""

    role: str
    address: str
    recipient_name: str


def send_due_codes() -> int:
    """Send the codes that are due and return how many were tried."""
    tried, until = 0, time.monotonic() + SEND_SECONDS
    while time.monotonic() < until and SignInCode.objects.due().exists():
        with advisory_lock(SENDER_LOCK, 0) as is_ours:
            if not is_ours:
                break
            tried += send_over_first_server(list(SignInCode.objects.due().select_related("user")[:50]))
    return tried


def send_over_first_server(codes: list[SignInCode]) -> int:
    """Send the codes over the first server that answers, and return how many were tried. Without one they wait.

    A server that stops answering ends the round. The codes after that stay due, so that they overtake the slow ones.
    """
    for server in mail_servers.servers_by_availability():
        quick = replace(server, timeout=min(server.timeout, REPLY_SECONDS))
        with Conversation(quick, max_duration=SEND_SECONDS) as conversation:
            try:
                conversation.connect()
            except NotConnected as problem:
                mail_servers.set_server_aside(server, problem.reply)
                reply = problem.reply
                continue
            return send_until_silence(conversation, codes)
    for code in codes:
        settle(code, reply)
    return len(codes)


def send_until_silence(conversation: Conversation, codes: list[SignInCode]) -> int:
    """Send the codes until the server stops answering, and return how many were tried.

    A code that cannot be made into a mail is settled as deferred, a code to an address that nobody has approved as
    unapproved, and the codes after that continue.
    """
    unapproved = find_unapproved((code.user_id, code.address) for code in codes)
    for number, code in enumerate(codes):
        if (code.user_id, code.address.lower()) in unapproved:
            settle(code, UNAPPROVED_REPLY)
            continue
        try:
            envelope = try_build_envelope(code)
            settle(code, conversation.send(envelope) if envelope else UNBUILDABLE_REPLY)
        except NotConnected:
            return number
    return len(codes)


def settle(code: SignInCode, reply: Reply) -> None:
    """Save what the mail server said. A code that was sent or refused is deleted; otherwise the mail is tried again."""
    row = SignInCode.objects.filter(pk=code.pk)
    if reply.outcome == Attempt.Outcome.ACCEPTED:
        row.update(code="", sent_at=Now(), problem="")
        return
    problem = f"{reply.code or ''} {reply.text}".strip()[:300]
    if reply.outcome in (Attempt.Outcome.REFUSED, Attempt.Outcome.REFUSED_SPAM, Attempt.Outcome.UNAPPROVED):
        row.update(code="", problem=problem)
    else:
        row.update(next_attempt_at=Now() + RETRY_AFTER, problem=problem)


def try_build_envelope(code: SignInCode) -> Envelope | None:
    """Return the mail, or None if building fails. The error is logged."""
    try:
        return build_envelope(code)
    except Exception:
        logger.exception("sign-in code %s cannot be made into a mail", code.pk)
        return None


def build_envelope(code: SignInCode) -> Envelope:
    """Return the mail. The notice is not saved: nobody may read the code afterwards."""
    minutes = int(CODE_LIFETIME.total_seconds()) // 60
    notice = Notice(
        subject=SUBJECT,
        text=TEXT.format(code=code.code, minutes=minutes),
        message_id=enqueue.new_message_id(),
        created_at=timezone.now(),
    )
    mail = mime.build_mail(notice, [Recipient(Delivery.Role.TO, code.address, code.user.name)])
    return Envelope(f"kode@{settings.MAIL['bounce_domain']}", code.address, f"kode-{code.pk}", mail)


ACCESS_TEXT = """{by} har ændret adgangen for {holder}.

{what}
Begrundelse: {reason}

Er det forkert? Så ret det i systemet under Personer, Roller, og tal med {by}.
"""


class MailAdapter(SignInAdapter):
    """Put the mails of accounts in the queues: a code that django-allauth wants to mail, and a change of access."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the mail in its queue and wake a worker. The library's other mails are not sent."""
        if template_prefix == "access_changed":
            change = context["change"]
            by = change.by.name if change.by else "Driften"
            text = ACCESS_TEXT.format(by=by, holder=change.holder, what=change.what, reason=change.reason)
            enqueue_standalone_mail(Kind.ACCESS_CHANGED, context["to"], f"Ændret adgang: {change.holder}", text)
        elif "code" in context:
            user = filter_users_by_email(email, is_active=True, prefer_verified=True, for_login=True)[0]
            SignInCode.objects.create(user=user, address=user.email, code=context["code"])
            task_queue.enqueue_on_commit("notifications.tasks.send_sign_in_codes")


def delete_expired_rows() -> None:
    """Delete expired sessions and the rows about them, sign-in codes older than 30 days, and expired counters."""
    SessionStore.clear_expired()
    UserSession.objects.exclude(Exists(Session.objects.filter(pk=OuterRef("session_key")))).delete()
    SignInCode.objects.filter(requested_at__lt=Now() - timedelta(days=30)).delete()
    # The table of CACHES in the settings. Django deletes its rows only when it is full.
    database.execute("DELETE FROM cache WHERE expires < now()")
