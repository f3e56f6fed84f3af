"""What becomes of an incoming mail: a person answers it, gives it to a desk, or finds that nothing is to be done.

A mail names its author itself. The letters of the author show no more than the reader may see anyway, and a desk
answers the account of the named person, whoever wrote the mail.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone

from followups import services
from followups.boards.tables import board_link
from followups.models import Escalation, FollowUp, LetterRow
from followups.rules.letter_rows import letters_for
from letters.models import Incident, Letter
from letters.models.visibility import letter_condition
from notifications.mail_classifier.author import Heading, parse_heading
from notifications.models import IncomingMail, Kind, Notice
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import danish
from sepo_incident.core.forms import FreeText, set_choices


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


#: The page lists so many letters of the writer, and a list of letters to choose from is no longer.
MAX_LETTERS = 50
#: characters of the mail that begin the question
MAX_QUESTION = 1000


@dataclass(frozen=True)
class Writer:
    """The writer of a mail, and the letters that the reader may see: those of the writer as sender or as leader."""

    user: User
    letters: list[LetterRow]
    has_more: bool

    @property
    def board_url(self) -> str:
        """Address of all letters that the writer sent."""
        return board_link(Unit.root().pk, sender=self.user.pk)

    @property
    def letters_to_ask_about(self) -> list[LetterRow]:
        """Letters without a decision that no desk has a question about."""
        return [one for one in self.letters if one.followup.status == FollowUp.Status.OPEN and not one.is_with_desk]


def find_writer(address: str, reader: User, incident: Incident | None = None) -> Writer | None:
    """Return the person with the address and the person's letters in the incident, with None in all incidents.

    Return None for a stranger. Two queries.
    """
    user = User.objects.filter(email__iexact=address).select_related("unit").first() if address else None
    if user is None:
        return None
    theirs = "{person} IN ({letter}.sender_id, {letter}.leader_id) AND {letter}.withdrawn_at IS NULL"
    theirs += " AND {letter}.id IN (SELECT letter_id FROM followups_followup)"
    theirs += " AND {letter}.incident_id = {incident_id}" if incident else ""
    chosen = letter_condition(theirs, person=user.pk, incident_id=incident and incident.pk)
    letters = letters_for(reader, chosen, limit=MAX_LETTERS + 1)
    return Writer(user, letters[:MAX_LETTERS], len(letters) > MAX_LETTERS)


class HandOverForm(forms.Form):
    """The question to a desk: one of the writer's letters, and the text, which begins with the mail."""

    letter = forms.TypedChoiceField(
        label="Hvilket brev?",
        coerce=int,
        error_messages={"required": "Vælg et brev.", "invalid_choice": "Brevet kan ikke vælges mere. Vælg et andet."},
    )
    question = FreeText(
        label="Spørgsmål",
        max_length=MAX_QUESTION,
        help_text="Skriv ikke CPR-numre eller navne på modtagere af breve.",
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Skriv spørgsmålet."},
    )

    def __init__(self, letters: list[LetterRow], text: str, data: Any = None):
        own = "\n".join(line for line in text.splitlines() if not line.startswith(">")).strip()  # without quotations
        super().__init__(data, initial={"question": own[:MAX_QUESTION]}, auto_id="giv_%s")
        choices = [(one.pk, f"{one.shown_subject}, sendt {danish.moment(one.sent_at)}") for one in letters]
        set_choices(self, "letter", [*([] if len(choices) == 1 else [("", "Vælg")]), *choices])
