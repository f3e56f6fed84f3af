"""What becomes of an incoming mail: a person answers it, gives it to a desk, or finds that nothing is to be done."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from followups import services
from followups.models import Escalation
from letters.models import Letter
from notifications.mail_classifier.author import Heading, parse_heading
from notifications.models import IncomingMail, Kind, Notice
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.accounts.models import User


class AlreadySettled(Exception):
    """Raised when a colleague settled or answered the mail first. The text is a Danish sentence."""

    def __init__(self, mail: IncomingMail):
        name = mail.settled_by.name if mail.settled_by else "En kollega"
        did = "afsluttet mailen"
        if mail.escalation_id:
            did = "givet mailen videre"
        if mail.answer_id:
            did = "svaret på mailen"
        super().__init__(f"{name} har lige {did}.")


class NotAnswerable(Exception):
    """Raised when a program, a list or a mail server wrote the mail. The text is a Danish sentence."""

    def __init__(self) -> None:
        super().__init__("Mailen er automatisk og kan ikke besvares.")


def is_answerable(mail: IncomingMail, head: Heading) -> bool:
    """Return whether a person wrote the mail and can be answered.

    A null sender, a program, a list or bulk mail is never answered (RFC 3834).
    """
    return mail.kind == IncomingMail.Kind.HUMAN and bool(mail.envelope_from) and bool(head.reply_to)


@transaction.atomic
def send_answer(pk: int, text: str, by: User) -> Notice:
    """Put an answer to the mail's author in the outbox and settle the mail.

    Raise `AlreadySettled` if an answer exists, and `NotAnswerable` if no person wrote the mail.
    """
    mail = IncomingMail.objects.select_for_update(of=("self",)).select_related("settled_by", "notice").get(pk=pk)
    if mail.answer_id:
        raise AlreadySettled(mail)
    head = parse_heading(bytes(mail.raw))
    if not is_answerable(mail, head):
        raise NotAnswerable
    recipient = User.objects.filter(email__iexact=head.reply_to).first() or head.reply_to
    # The incoming subject is not repeated, because people write anything there.
    subject = f"SV: {mail.notice.subject}" if mail.notice else "Svar på din mail"
    mail.answer = enqueue_standalone_mail(Kind.ANSWER, recipient, subject, text, by=by, in_reply_to=head.message_id)
    _settle(mail, by, "answer")
    return mail.answer


@transaction.atomic
def hand_to_desk(pk: int, letter: Letter, question: str, asker: User, by: User) -> Escalation:
    """Ask the desk about the letter for `asker`, who wrote the mail, and settle the mail.

    Raise `AlreadySettled`, or NotPossible if the letter takes no question.
    """
    mail = _lock_unsettled(pk)
    followup = services.ask_for_writer(letter, question, asker, by)
    mail.escalation = Escalation.objects.get(followup=followup)
    _settle(mail, by, "escalation")
    return mail.escalation


@transaction.atomic
def mark_settled(pk: int, by: User) -> None:
    """Mark the mail as settled. Raise `AlreadySettled` if the mail is settled already."""
    _settle(_lock_unsettled(pk), by)


def _lock_unsettled(pk: int) -> IncomingMail:
    mail = IncomingMail.objects.select_for_update(of=("self",)).select_related("settled_by").defer("raw").get(pk=pk)
    if mail.settled_at:
        raise AlreadySettled(mail)
    return mail


def _settle(mail: IncomingMail, by: User, *changed: str) -> None:
    """Save the mail as settled by `by`, with the other fields that have changed."""
    mail.settled_at, mail.settled_by = timezone.now(), by
    mail.save(update_fields=[*changed, "settled_at", "settled_by"])
