"""Classify the stored incoming mails, match the mails to deliveries and save the evidence.

PostgreSQL is the queue. A batch is one transaction, so a killed worker loses no mail and files none twice.
"""

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

from notifications.inbound.delivery_matching import Match, MatchedDelivery, MatchKeys, load_known_mails, match_mail
from notifications.inbound.evidence import apply_evidence, state_proved_by
from notifications.mail_classifier import Verdict, classify, mail_parser
from notifications.mail_classifier.author import Heading, parse_heading
from notifications.models import Attempt, Delivery, Evidence, IncomingMail, State

logger = logging.getLogger(__name__)

Became = IncomingMail.Became
BATCH_SIZE = 50
#: seconds for reading a batch, well within the task's time limit; a hostile mail can take more than a second
MAX_READING_SECONDS = 8
UPDATED_FIELDS = [
    *("kind", "author", "subject", "recipients", "message_id", "away_until"),
    *("became", "matched_by", "filed_at", "notice", "delivery"),
]
#: the first part of the mail; only MAX_BYTES_READ are read, because the rest may be large
RAW_BEGINNING = Substr("raw", 1, mail_parser.MAX_BYTES_READ, output_field=BinaryField())


def process_waiting_mails(until: datetime) -> int:
    """Process waiting mails until none is left or the time is `until`. Return the number of mails."""
    filed = 0
    while timezone.now() < until and (number := process_batch()):
        filed += number
    return filed


@transaction.atomic
def process_batch(size: int = BATCH_SIZE) -> int:
    """Process the oldest waiting mails not locked by another worker. Return the number of mails.

    If the batch fails, every mail is processed alone, and only a mail that fails alone is marked as unreadable.
    """
    waiting = IncomingMail.objects.waiting().select_for_update(skip_locked=True, of=("self",), no_key=True)
    mails = list(waiting.defer("raw").annotate(beginning=RAW_BEGINNING).order_by("pk")[:size])
    try:
        return process_mails(mails)
    except Exception:
        logger.warning("one of %s incoming mails makes trouble", len(mails), exc_info=True)
        return sum(process_alone(mail) for mail in take_within_time(mails))


def take_within_time(mails: Sequence[IncomingMail]) -> Iterator[IncomingMail]:
    """Yield mails for up to ``MAX_READING_SECONDS``, but at least one mail."""
    until = time.monotonic() + MAX_READING_SECONDS
    for mail in mails:
        yield mail
        if time.monotonic() > until:
            return


def process_alone(mail: IncomingMail) -> int:
    try:
        return process_mails([mail])
    except Exception:
        logger.exception("incoming mail %s cannot be filed", mail.pk)
        nothing = {"kind": IncomingMail.Kind.OTHER, "became": Became.UNREADABLE, "filed_at": timezone.now()}
        return IncomingMail.objects.filter(pk=mail.pk).update(**nothing)


@transaction.atomic
def process_mails(waiting: Sequence[IncomingMail]) -> int:
    """Process as many mails as time allows and return the number."""
    in_hand = [(mail, classify_mail(mail)) for mail in take_within_time(waiting)]
    mails, keys = [mail for mail, _ in in_hand], [signs for _, signs in in_hand]
    ours = load_known_mails(keys)
    matches = [match_mail(signs, ours) for signs in keys]
    for mail, one in zip(mails, matches, strict=True):
        set_match(mail, one)
    IncomingMail.objects.bulk_update(mails, UPDATED_FIELDS)
    save_evidence(mails, keys, matches)
    return len(mails)


def classify_mail(mail: IncomingMail) -> MatchKeys:
    raw = bytes(mail.beginning)  # type: ignore[attr-defined]
    verdict, head = classify(raw), parse_heading(raw)
    set_classification(mail, verdict, head)
    return MatchKeys(verdict, mail.envelope_to, head.author, remove_nul(head.message_id))


def set_classification(mail: IncomingMail, verdict: Verdict, head: Heading) -> None:
    mail.kind, mail.away_until, mail.message_id = verdict.kind, verdict.away_until, remove_nul(verdict.message_id)
    mail.recipients = [{name: remove_nul(value) for name, value in asdict(one).items()} for one in verdict.recipients]
    mail.author, mail.subject = remove_nul(head.author)[:320], remove_nul(head.subject)


def remove_nul[T](value: T) -> T:
    """Return `value` without NUL if `value` is text, because PostgreSQL cannot store NUL."""
    return value.replace("\0", "") if isinstance(value, str) else value  # type: ignore[return-value]


def set_match(mail: IncomingMail, found: Match) -> None:
    mail.matched_by, mail.notice_id, mail.filed_at = found.by, found.notice_id, timezone.now()
    mail.delivery = found.matched_deliveries[0].delivery if found.matched_deliveries else None
    if found.is_forged:
        mail.became = Became.FORGED
    elif found.matched_deliveries:
        mail.became = Became.MATCHED
    else:
        mail.became = Became.OURS if found.is_ours else Became.UNMATCHED


def save_evidence(mails: Sequence[IncomingMail], read: Sequence[MatchKeys], found: Sequence[Match]) -> None:
    """Save the evidence of the mails and apply the evidence to the deliveries.

    The deliveries are locked first, so that the last worker to apply evidence sees all of it.
    """
    pks = sorted({about.delivery.pk for one in found for about in one.matched_deliveries})
    locked = Delivery.objects.select_for_update(no_key=True).order_by("pk").in_bulk(pks)
    begun = load_attempts(pks)
    Evidence.objects.bulk_create(
        build_evidence(mail, signs.verdict, about, proves, lease_at_receipt(locked[about.delivery.pk], mail, begun))
        for mail, signs, one in zip(mails, read, found, strict=True)
        for about in one.matched_deliveries
        if (proves := State.DELIVERED if one.is_ours else state_proved_by(signs.verdict, about.outcome))
    )
    apply_evidence(locked.values())


def build_evidence(mail: IncomingMail, verdict: Verdict, about: MatchedDelivery, proves: State, lease: int) -> Evidence:
    """Return unsaved evidence. `lease` is the attempt that counts when the mail does not name an attempt."""
    outcome = about.outcome or next(iter(verdict.recipients), None)
    return Evidence(
        delivery=about.delivery,
        lease=lease if about.lease is None else about.lease,
        proves=proves,
        said_at=mail.received_at,
        mail=mail,
        status=remove_nul(outcome.status)[:12] if outcome else "",
        reason=remove_nul(outcome.reason) if outcome else "",
        away_until=verdict.away_until,
    )


def load_attempts(deliveries: Sequence[int]) -> dict[int, dict[int, datetime]]:
    """Return {delivery id: {lease: start of the attempt}}, leases in ascending order."""
    begun: dict[int, dict[int, datetime]] = defaultdict(dict)
    attempts = Attempt.objects.filter(delivery__in=deliveries).order_by("lease")
    for delivery, lease, started_at in attempts.values_list("delivery", "lease", "started_at"):
        begun[delivery][lease] = started_at
    return begun


def lease_at_receipt(delivery: Delivery, mail: IncomingMail, begun: dict[int, dict[int, datetime]]) -> int:
    """Return the lease of the last attempt begun before the mail came.

    If the delivery's present attempt is not saved yet, that attempt counts.
    """
    attempts = begun.get(delivery.pk, {})
    if delivery.lease not in attempts:
        return delivery.lease
    return max((lease for lease, at in attempts.items() if at <= mail.received_at), default=delivery.lease)
