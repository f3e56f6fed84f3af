"""Mails that we have kept → what they say, of which deliveries, and the evidence. PostgreSQL is the queue; some at a
time in one transaction, so a kill loses nothing and files nothing twice."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import BinaryField
from django.db.models.functions import Substr
from django.utils import timezone

from notifications.inbound.classifying import Verdict, classify, reading
from notifications.inbound.classifying.heading import Heading, heading
from notifications.inbound.judging import proof
from notifications.inbound.matching import About, Match, Signs, known, match
from notifications.inbound.weighing import weigh
from notifications.models import Attempt, Delivery, Evidence, IncomingMail, State

logger = logging.getLogger(__name__)

Became = IncomingMail.Became
BATCH = 50
#: seconds for the reading of a batch, well within a task's time; a hostile mail can take more than one
MOST_READING = 8
WRITTEN = [
    *("kind", "author", "subject", "recipients", "message_id", "away_until"),
    *("became", "matched_by", "filed_at", "notice", "delivery"),
]
#: as much of a mail as is read; the rest may be large
BEGINNING = Substr("raw", 1, reading.MOST_BYTES, output_field=BinaryField())


def file_waiting(until: datetime) -> int:
    """File what waits until nothing is left for us or the clock says ``until``; returns how many mails."""
    filed = 0
    while timezone.now() < until and (number := file_some()):
        filed += number
    return filed


@transaction.atomic
def file_some(size: int = BATCH) -> int:
    """The oldest that nobody else has in hand. Where one makes trouble, each is filed alone, and that one is shown."""
    waiting = IncomingMail.objects.waiting().select_for_update(skip_locked=True, of=("self",), no_key=True)
    mails = list(waiting.defer("raw").annotate(beginning=BEGINNING).order_by("pk")[:size])
    try:
        return file(mails)
    except Exception:
        logger.warning("one of %s incoming mails makes trouble", len(mails), exc_info=True)
        return sum(file_alone(mail) for mail in in_time(mails))


def in_time(mails: Sequence[IncomingMail]) -> Iterator[IncomingMail]:
    """As many as there is time to read, and one in any case."""
    until = time.monotonic() + MOST_READING
    for mail in mails:
        yield mail
        if time.monotonic() > until:
            return


def file_alone(mail: IncomingMail) -> int:
    try:
        return file([mail])
    except Exception:
        logger.exception("incoming mail %s cannot be filed", mail.pk)
        nothing = {"kind": IncomingMail.Kind.OTHER, "became": Became.UNREADABLE, "filed_at": timezone.now()}
        return IncomingMail.objects.filter(pk=mail.pk).update(**nothing)


@transaction.atomic
def file(waiting: Sequence[IncomingMail]) -> int:
    """Those that there is time for; how many they are."""
    in_hand = [(mail, read_one(mail)) for mail in in_time(waiting)]
    mails, read = [mail for mail, _ in in_hand], [signs for _, signs in in_hand]
    ours = known(read)
    found = [match(signs, ours) for signs in read]
    for mail, one in zip(mails, found, strict=True):
        mark(mail, one)
    IncomingMail.objects.bulk_update(mails, WRITTEN)
    keep_evidence(mails, read, found)
    return len(mails)


def read_one(mail: IncomingMail) -> Signs:
    raw = bytes(mail.beginning)  # type: ignore[attr-defined]
    verdict, head = classify(raw), heading(raw)
    note(mail, verdict, head)
    return Signs(verdict, mail.envelope_to, head.author, text(head.message_id))


def note(mail: IncomingMail, verdict: Verdict, head: Heading) -> None:
    mail.kind, mail.away_until, mail.message_id = verdict.kind, verdict.away_until, text(verdict.message_id)
    mail.recipients = [{name: text(value) for name, value in asdict(one).items()} for one in verdict.recipients]
    mail.author, mail.subject = text(head.author)[:320], text(head.subject)


def text[T](value: T) -> T:
    """As PostgreSQL can hold it."""
    return value.replace("\0", "") if isinstance(value, str) else value  # type: ignore[return-value]


def mark(mail: IncomingMail, found: Match) -> None:
    mail.matched_by, mail.notice_id, mail.filed_at = found.by, found.notice_id, timezone.now()
    mail.delivery = found.abouts[0].delivery if found.abouts else None
    if found.is_forged:
        mail.became = Became.FORGED
    elif found.abouts:
        mail.became = Became.MATCHED
    else:
        mail.became = Became.OURS if found.is_ours else Became.UNMATCHED


def keep_evidence(mails: Sequence[IncomingMail], read: Sequence[Signs], found: Sequence[Match]) -> None:
    """The deliveries are locked first, so that whoever weighs last has seen everything."""
    pks = sorted({about.delivery.pk for one in found for about in one.abouts})
    locked = Delivery.objects.select_for_update(no_key=True).order_by("pk").in_bulk(pks)
    begun = attempts_of(pks)
    Evidence.objects.bulk_create(
        evidence_of(mail, signs.verdict, about, proves, attempt_before(locked[about.delivery.pk], mail, begun))
        for mail, signs, one in zip(mails, read, found, strict=True)
        for about in one.abouts
        if (proves := State.DELIVERED if one.is_ours else proof(signs.verdict, about.outcome))
    )
    weigh(locked.values())


def evidence_of(mail: IncomingMail, verdict: Verdict, about: About, proves: State, lease: int) -> Evidence:
    """``lease``: of the attempt that it must be about when it does not say."""
    said = about.outcome or next(iter(verdict.recipients), None)
    return Evidence(
        delivery=about.delivery,
        lease=lease if about.lease is None else about.lease,
        proves=proves,
        said_at=mail.received_at,
        mail=mail,
        status=text(said.status)[:12] if said else "",
        reason=text(said.reason) if said else "",
        away_until=verdict.away_until,
    )


def attempts_of(deliveries: Sequence[int]) -> dict[int, dict[int, datetime]]:
    """{delivery: {lease: when it began}}, the first attempt first."""
    begun: dict[int, dict[int, datetime]] = defaultdict(dict)
    attempts = Attempt.objects.filter(delivery__in=deliveries).order_by("lease")
    for delivery, lease, started_at in attempts.values_list("delivery", "lease", "started_at"):
        begun[delivery][lease] = started_at
    return begun


def attempt_before(delivery: Delivery, mail: IncomingMail, begun: dict[int, dict[int, datetime]]) -> int:
    """The last attempt that had begun; one that is not written down yet is the one under way."""
    attempts = begun.get(delivery.pk, {})
    if delivery.lease not in attempts:
        return delivery.lease
    return max((lease for lease, at in attempts.items() if at <= mail.received_at), default=delivery.lease)
