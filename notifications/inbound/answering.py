"""Somebody at KIT sees to a mail: answers it, or says that there is nothing to do. An answer is a row before it is a
mail, and nothing here answers by itself."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from notifications.inbound.classifying.heading import Heading, heading
from notifications.models import IncomingMail, Kind, Notice
from notifications.sending.posting import post
from sepo_incident.accounts.models import User


class AlreadySettled(Exception):
    """A colleague was first. The text is a Danish sentence."""

    def __init__(self, mail: IncomingMail):
        name = mail.settled_by.name if mail.settled_by else "En kollega"
        did = "har lige svaret på mailen" if mail.answer_id else "har lige sat mailen som klaret"
        super().__init__(f"{name} {did}.")


class NobodyToAnswer(Exception):
    """A program, a list or a mail server wrote it. The text is a Danish sentence."""

    def __init__(self) -> None:
        super().__init__("Mailen er ikke skrevet af et menneske, så den kan ikke besvares.")


def is_a_persons(mail: IncomingMail, head: Heading) -> bool:
    """We never answer a null sender, a program, a list or bulk (promises.md, *Mail* 6; RFC 3834)."""
    return mail.kind == IncomingMail.Kind.HUMAN and bool(mail.envelope_from) and bool(head.reply_to)


@transaction.atomic
def answer(pk: int, text: str, by: User) -> Notice:
    """Put the answer in the outbox, to the person who wrote. Raises ``AlreadySettled`` when there is an answer, and
    ``NobodyToAnswer``."""
    mail = IncomingMail.objects.select_for_update(of=("self",)).select_related("settled_by", "notice").get(pk=pk)
    if mail.answer_id:
        raise AlreadySettled(mail)
    head = heading(bytes(mail.raw))
    if not is_a_persons(mail, head):
        raise NobodyToAnswer
    mail.answer = post(Kind.ANSWER, recipient(head.reply_to), subject(mail), text, by=by, in_reply_to=head.message_id)
    mail.settled_at, mail.settled_by = timezone.now(), by
    mail.save(update_fields=["answer", "settled_at", "settled_by"])
    return mail.answer


@transaction.atomic
def settle(pk: int, by: User) -> None:
    """There is nothing to do about it, or it is done. Raises ``AlreadySettled``."""
    mail = IncomingMail.objects.select_for_update(of=("self",)).select_related("settled_by").defer("raw").get(pk=pk)
    if mail.settled_at:
        raise AlreadySettled(mail)
    mail.settled_at, mail.settled_by = timezone.now(), by
    mail.save(update_fields=["settled_at", "settled_by"])


def recipient(address: str) -> User | str:
    return User.objects.filter(email__iexact=address).first() or address


def subject(mail: IncomingMail) -> str:
    """Ours, never theirs: people write anything into a subject."""
    return f"SV: {mail.notice.subject}" if mail.notice else "Svar på din mail"
