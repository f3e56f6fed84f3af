"""The inbox (*Indgående post*): list and single mail as text with CPR numbers masked, and answering or settling a mail.

An answer is put in the outbox. Only people answer mails; nothing is answered automatically.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from notifications.mail_classifier import mail_parser
from notifications.mail_classifier.author import Heading, parse_heading
from notifications.models import Evidence, IncomingMail, Kind, Notice
from notifications.models.incoming_mail import IncomingMailQuerySet
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.accounts.models import User
from sepo_incident.core import cpr
from sepo_incident.core.components import ListFilter, Pill, build_pills, find_filter
from sepo_incident.core.danish import Badge


class AlreadySettled(Exception):
    """Raised when a colleague settled or answered the mail first. The text is a Danish sentence."""

    def __init__(self, mail: IncomingMail):
        name = mail.settled_by.name if mail.settled_by else "En kollega"
        did = "har lige svaret på mailen" if mail.answer_id else "har lige sat mailen som klaret"
        super().__init__(f"{name} {did}.")


class NotAnswerable(Exception):
    """Raised when a program, a list or a mail server wrote the mail. The text is a Danish sentence."""

    def __init__(self) -> None:
        super().__init__("Mailen er ikke skrevet af et menneske, så den kan ikke besvares.")


def is_answerable(mail: IncomingMail, head: Heading) -> bool:
    """Return whether a person wrote the mail and can be answered.

    A null sender, a program, a list or bulk mail is never answered (RFC 3834).
    """
    return mail.kind == IncomingMail.Kind.HUMAN and bool(mail.envelope_from) and bool(head.reply_to)


@transaction.atomic
def send_answer(pk: int, text: str, by: User) -> Notice:
    """Put an answer to the mail's author in the outbox and settle the mail.

    Raise ``AlreadySettled`` if an answer exists, and ``NotAnswerable`` if no person wrote the mail.
    """
    mail = IncomingMail.objects.select_for_update(of=("self",)).select_related("settled_by", "notice").get(pk=pk)
    if mail.answer_id:
        raise AlreadySettled(mail)
    head = parse_heading(bytes(mail.raw))
    if not is_answerable(mail, head):
        raise NotAnswerable
    mail.answer = enqueue_standalone_mail(
        Kind.ANSWER, find_recipient(head.reply_to), answer_subject(mail), text, by=by, in_reply_to=head.message_id
    )
    mail.settled_at, mail.settled_by = timezone.now(), by
    mail.save(update_fields=["answer", "settled_at", "settled_by"])
    return mail.answer


@transaction.atomic
def mark_settled(pk: int, by: User) -> None:
    """Mark the mail as settled. Raise ``AlreadySettled`` if the mail is settled already."""
    mail = IncomingMail.objects.select_for_update(of=("self",)).select_related("settled_by").defer("raw").get(pk=pk)
    if mail.settled_at:
        raise AlreadySettled(mail)
    mail.settled_at, mail.settled_by = timezone.now(), by
    mail.save(update_fields=["settled_at", "settled_by"])


def find_recipient(address: str) -> User | str:
    """Return the user with this address, or the address."""
    return User.objects.filter(email__iexact=address).first() or address


def answer_subject(mail: IncomingMail) -> str:
    """Return our notice's subject with «SV:».

    The incoming subject is not repeated, because people write anything there.
    """
    return f"SV: {mail.notice.subject}" if mail.notice else "Svar på din mail"


IncomingKind = IncomingMail.Kind

#: characters of a mail's text that are shown
MAX_TEXT_SHOWN = 20_000
UNMATCHED_LOOK = Badge("Hører ikke til nogen mail", "is-soon")
type MailFilter = Callable[[IncomingMailQuerySet], IncomingMailQuerySet]


def filter_by_kind(kind: str) -> MailFilter:
    return lambda mails: mails.filter(kind=kind)


SLUG_BY_KIND = {
    IncomingKind.HUMAN: "svar",
    IncomingKind.AUTO_REPLY: "autosvar",
    IncomingKind.BOUNCE: "retur",
    IncomingKind.DELAY: "forsinket",
    IncomingKind.DELIVERED: "kvittering",
    IncomingKind.RELAYED: "sendt-videre",
    IncomingKind.CHALLENGE: "holdt-tilbage",
    IncomingKind.COMPLAINT: "meldt",
    IncomingKind.OTHER: "andet",
}
FILTERS: list[ListFilter[MailFilter]] = [
    ListFilter("venter", "Venter på jer", "", IncomingMailQuerySet.needing_attention),
    ListFilter("alle", "Alle", "", IncomingMailQuerySet.all),
    *(ListFilter(slug, *IncomingMail.BADGES[kind][:2], filter_by_kind(kind)) for kind, slug in SLUG_BY_KIND.items()),
    ListFilter("ukendt", *UNMATCHED_LOOK[:2], IncomingMailQuerySet.unmatched),
    ListFilter("laeses", "Bliver læst", "", IncomingMailQuerySet.waiting),
]
ALWAYS_SHOWN = {"venter", "alle", "ukendt"}


def count_by_filter() -> dict[str, int]:
    """Return the number of mails for each filter slug. Four queries."""
    mails = IncomingMail.objects.all()
    kinds = dict(mails.order_by().values_list("kind").annotate(number=Count("pk")))
    by_slug = {slug: kinds.get(kind.value, 0) for kind, slug in SLUG_BY_KIND.items()}
    rest = [one for one in FILTERS if one.slug not in by_slug and one.slug != "alle"]
    return by_slug | {"alle": sum(kinds.values())} | {one.slug: one.shows(mails).count() for one in rest}


def selected_filter(slug: str, numbers: dict[str, int]) -> ListFilter[MailFilter]:
    """Return the filter named `slug`, or else the mails that need attention, or all mails if none does."""
    return find_filter(slug, FILTERS) or FILTERS[0 if numbers["venter"] else 1]


def filter_pills(numbers: dict[str, int], current: ListFilter[MailFilter]) -> list[Pill]:
    return build_pills(FILTERS, numbers, current, f"{reverse('incoming')}?slags=", ALWAYS_SHOWN)


def list_mails(one: ListFilter[MailFilter]) -> IncomingMailQuerySet:
    about = ("delivery__recipient", "notice", "settled_by")
    return one.shows(IncomingMail.objects.all()).listed().select_related(*about)


class OpenedMail(NamedTuple):
    """A mail on the page: heading, masked text, attachment names, evidence, and whether the mail needs attention.

    ``is_cut`` is true when the text is longer than ``MAX_TEXT_SHOWN``.
    """

    mail: IncomingMail
    head: Heading
    text: str
    is_cut: bool
    attachment_names: list[str]
    evidence: list[Evidence]
    needs_attention: bool

    @property
    def can_be_answered(self) -> bool:
        return self.mail.answer_id is None and is_answerable(self.mail, self.head)


def open_mail(mail: IncomingMail) -> OpenedMail:
    raw = bytes(mail.raw)
    read = mail_parser.parse_mail(raw)
    words = "".join(sign for sign in read.text if sign.isprintable() or sign in "\n\t").strip()
    evidence = mail.evidence.select_related("delivery__recipient", "delivery__notice").order_by("pk")
    return OpenedMail(
        mail,
        parse_heading(raw),
        cpr.mask(words[:MAX_TEXT_SHOWN]),
        len(words) > MAX_TEXT_SHOWN,
        [cpr.mask(name) for name in read.attachment_names],
        list(evidence),
        IncomingMail.objects.needing_attention().filter(pk=mail.pk).exists(),
    )
