"""*Indgående post*: the read model of the list and of one mail. What is shown is text, with CPR numbers masked."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.db.models import Count
from django.urls import reverse

from notifications.inbound import answering
from notifications.inbound.classifying import reading
from notifications.inbound.classifying.heading import Heading, heading
from notifications.models import Evidence, IncomingMail
from notifications.models.incoming import IncomingMailQuerySet
from sepo_incident import cpr
from sepo_incident.danish import Look
from sepo_incident.pills import Filter, Pill, called, pills_of

Kind = IncomingMail.Kind

#: of a mail's words, so much is shown
MOST_TEXT = 20_000
UNMATCHED = Look("Hører ikke til nogen mail", "is-soon")


type Narrow = Callable[[IncomingMailQuerySet], IncomingMailQuerySet]


def of_kind(kind: str) -> Narrow:
    return lambda mails: mails.filter(kind=kind)


SLUGS = {
    Kind.HUMAN: "svar",
    Kind.AUTO_REPLY: "autosvar",
    Kind.BOUNCE: "retur",
    Kind.DELAY: "forsinket",
    Kind.DELIVERED: "kvittering",
    Kind.RELAYED: "sendt-videre",
    Kind.CHALLENGE: "holdt-tilbage",
    Kind.COMPLAINT: "meldt",
    Kind.OTHER: "andet",
}
FILTERS: list[Filter[Narrow]] = [
    Filter("venter", "Venter på jer", "", IncomingMailQuerySet.needing_somebody),
    Filter("alle", "Alle", "", IncomingMailQuerySet.all),
    *(Filter(slug, *IncomingMail.LOOKS[kind][:2], of_kind(kind)) for kind, slug in SLUGS.items()),
    Filter("ukendt", *UNMATCHED[:2], IncomingMailQuerySet.unmatched),
    Filter("laeses", "Bliver læst", "", IncomingMailQuerySet.waiting),
]
ALWAYS_SHOWN = {"venter", "alle", "ukendt"}


def counts() -> dict[str, int]:
    """How many mails each filter shows: one query, and the three that are no kind."""
    mails = IncomingMail.objects.all()
    kinds = dict(mails.order_by().values_list("kind").annotate(number=Count("pk")))
    by_slug = {slug: kinds.get(kind.value, 0) for kind, slug in SLUGS.items()}
    rest = [one for one in FILTERS if one.slug not in by_slug and one.slug != "alle"]
    return by_slug | {"alle": sum(kinds.values())} | {one.slug: one.shows(mails).count() for one in rest}


def chosen(slug: str, numbers: dict[str, int]) -> Filter[Narrow]:
    """The one asked for; else what waits for somebody, or everything when nothing does."""
    return called(slug, FILTERS) or FILTERS[0 if numbers["venter"] else 1]


def pills(numbers: dict[str, int], current: Filter[Narrow]) -> list[Pill]:
    return pills_of(FILTERS, numbers, current, f"{reverse('incoming')}?slags=", ALWAYS_SHOWN)


def listed(one: Filter[Narrow]) -> IncomingMailQuerySet:
    about = ("delivery__recipient", "notice", "settled_by")
    return one.shows(IncomingMail.objects.all()).listed().select_related(*about)


class Opened(NamedTuple):
    """One mail: its heading, its words as they may be shown, the names of what is enclosed, what it was used for, and
    whether it waits for somebody."""

    mail: IncomingMail
    head: Heading
    text: str
    is_cut: bool
    enclosed: list[str]
    evidence: list[Evidence]
    waits: bool

    @property
    def may_be_answered(self) -> bool:
        return self.mail.answer_id is None and answering.is_a_persons(self.mail, self.head)


def opened(mail: IncomingMail) -> Opened:
    raw = bytes(mail.raw)
    read = reading.read(raw)
    words = "".join(sign for sign in read.text if sign.isprintable() or sign in "\n\t").strip()
    evidence = mail.evidence.select_related("delivery__recipient", "delivery__notice").order_by("pk")
    return Opened(
        mail,
        heading(raw),
        cpr.mask(words[:MOST_TEXT]),
        len(words) > MOST_TEXT,
        [cpr.mask(name) for name in read.enclosed],
        list(evidence),
        IncomingMail.objects.needing_somebody().filter(pk=mail.pk).exists(),
    )
