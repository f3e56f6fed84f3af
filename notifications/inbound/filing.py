"""A mail that we have kept → what it says, of which delivery, and the evidence. One transaction each; PostgreSQL is
the queue, so a kill loses nothing and files nothing twice."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from notifications.inbound.classifying import Verdict, classify
from notifications.inbound.classifying.heading import Heading, heading
from notifications.inbound.judging import proof
from notifications.inbound.matching import About, Match, match
from notifications.inbound.weighing import weigh
from notifications.models import Attempt, Delivery, Evidence, IncomingMail, State

logger = logging.getLogger(__name__)

Became = IncomingMail.Became
WRITTEN = [
    *("kind", "author", "subject", "recipients", "message_id", "away_until"),
    *("became", "matched_by", "filed_at", "notice", "delivery"),
]


def file_waiting(until: datetime) -> int:
    """File mail after mail until none waits for us or the clock says ``until``; returns how many."""
    filed = 0
    while timezone.now() < until and file_next():
        filed += 1
    return filed


def file_next() -> bool:
    """The oldest that nobody else has in hand. One that cannot be filed is shown to KIT and stops nobody else's."""
    with transaction.atomic():
        waiting = IncomingMail.objects.waiting().select_for_update(skip_locked=True, of=("self",), no_key=True)
        mail = waiting.order_by("pk").first()
        if mail is None:
            return False
        try:
            with transaction.atomic():
                file(mail)
        except Exception:
            logger.exception("incoming mail %s cannot be filed", mail.pk)
            mail.refresh_from_db()
            mark(mail, Became.UNREADABLE)
    return True


def file(mail: IncomingMail) -> None:
    raw = bytes(mail.raw)
    verdict, head = classify(raw), heading(raw)
    found = match(verdict, mail.envelope_to, head.author, text(head.message_id))
    note(mail, verdict, head)
    if found.by:
        mail.matched_by, mail.notice_id = found.by, found.notice_id
    if found.abouts:
        mail.delivery = found.abouts[0].delivery
        keep_evidence(mail, verdict, found)
    mark(mail, what_became(found))


def note(mail: IncomingMail, verdict: Verdict, head: Heading) -> None:
    mail.kind, mail.away_until, mail.message_id = verdict.kind, verdict.away_until, text(verdict.message_id)
    mail.recipients = [{name: text(value) for name, value in asdict(one).items()} for one in verdict.recipients]
    mail.author, mail.subject = text(head.author)[:320], text(head.subject)


def text[T](value: T) -> T:
    """As PostgreSQL can hold it."""
    return value.replace("\0", "") if isinstance(value, str) else value  # type: ignore[return-value]


def what_became(found: Match) -> IncomingMail.Became:
    if found.is_forged:
        return Became.FORGED
    if found.abouts:
        return Became.MATCHED
    return Became.OURS if found.is_ours else Became.UNMATCHED


def mark(mail: IncomingMail, became: IncomingMail.Became) -> None:
    mail.became, mail.filed_at = became, timezone.now()
    mail.kind = mail.kind or IncomingMail.Kind.OTHER
    mail.save(update_fields=WRITTEN)


def keep_evidence(mail: IncomingMail, verdict: Verdict, found: Match) -> None:
    """The deliveries are locked first, so that whoever weighs last has seen everything."""
    pks = sorted(one.delivery.pk for one in found.abouts)
    locked = Delivery.objects.select_for_update(no_key=True).order_by("pk").in_bulk(pks)
    proofs = [(one, State.DELIVERED if found.is_ours else proof(verdict, one.outcome)) for one in found.abouts]
    Evidence.objects.bulk_create(
        evidence_of(mail, verdict, about, locked[about.delivery.pk], proves) for about, proves in proofs if proves
    )
    weigh(locked.values())


def evidence_of(mail: IncomingMail, verdict: Verdict, about: About, delivery: Delivery, proves: State) -> Evidence:
    said = about.outcome or next(iter(verdict.recipients), None)
    return Evidence(
        delivery=delivery,
        lease=about.lease if about.lease is not None else attempt_before(delivery, mail.received_at),
        proves=proves,
        said_at=mail.received_at,
        mail=mail,
        status=text(said.status)[:12] if said else "",
        reason=text(said.reason) if said else "",
        away_until=verdict.away_until,
    )


def attempt_before(delivery: Delivery, moment: datetime) -> int:
    """The last attempt that had begun; one that is not written down yet is the one under way."""
    attempts = Attempt.objects.filter(delivery=delivery)
    if not attempts.filter(lease=delivery.lease).exists():
        return delivery.lease
    begun = attempts.filter(started_at__lte=moment).order_by("-lease").values_list("lease", flat=True)
    return begun.first() or delivery.lease
