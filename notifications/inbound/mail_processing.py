"""The way of an incoming mail: what happens on a bounce, an auto-reply or an answer.

1. Intake: `mail_intake` stores the mail and wakes a worker, which calls `process_waiting_mails`.
2. Classify: `classify_mail` finds the kind of mail and the outcome for each recipient (`mail_classifier`).
3. Match: `match_mail` finds the delivery that the mail is about (`delivery_matching`).
4. Evidence: `save_evidence` saves what the mail proves about the delivery (`delivery_evidence`).
5. New state: `apply_evidence` lets the strongest evidence decide `Delivery.evidence_state`, and the state follows
   (`models.delivery_states`).
6. Who must act: `STATE_INFO` names the owner of each state and the next step. The person is listed on *Ikke nået*
   (`delivery_problems`), and a mail that a person must read on *Indgående post* (`inbox`).

PostgreSQL is the queue. A batch is one transaction, so a killed worker loses no mail and processes none twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypedDict

from django.conf import settings
from django.db import transaction
from django.db.models import BinaryField
from django.db.models.functions import Substr
from django.utils import timezone

from notifications.inbound.delivery_evidence import apply_evidence, save_evidence
from notifications.inbound.delivery_matching import Match, MatchKeys, load_known_mails, match_mail
from notifications.mail_classifier import classify, mail_parser
from notifications.mail_classifier.author import is_author_authenticated, parse_heading
from notifications.models import Delivery, IncomingMail

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

logger = logging.getLogger(__name__)

MatchStatus = IncomingMail.MatchStatus
BATCH_SIZE = 50
#: seconds for reading a batch, well within the task's time limit; a hostile mail can take more than a second
MAX_READING_SECONDS = 8
UPDATED_FIELDS = [
    *("kind", "author", "subject", "recipients", "message_id", "away_until"),
    *("match_status", "matched_by", "filed_at", "notice", "delivery"),
]
#: the first part of the mail; only MAX_BYTES_READ are read, because the rest may be large
FIRST_BYTES = Substr("raw", 1, mail_parser.MAX_BYTES_READ, output_field=BinaryField())


class FirstBytesAnnotation(TypedDict):
    first_bytes: bytes | memoryview


type WaitingMail = WithAnnotations[IncomingMail, FirstBytesAnnotation]


def process_waiting_mails(until: float) -> int:
    """Process waiting mails until none is left or `time.monotonic` has passed `until`. Return the number of mails."""
    processed = 0
    while time.monotonic() < until and (number := process_batch()):
        processed += number
    return processed


@transaction.atomic
def process_batch() -> int:
    """Process the oldest waiting mails not locked by another worker. Return the number of mails.

    If the batch fails, every mail is processed alone, and only a mail that fails alone is marked as unreadable.
    """
    waiting = IncomingMail.objects.waiting().select_for_update(skip_locked=True, of=("self",), no_key=True)
    mails = list(waiting.defer("raw").annotate(first_bytes=FIRST_BYTES).order_by("pk")[:BATCH_SIZE])
    try:
        return process_mails(mails)
    except Exception:
        logger.warning("one of %s incoming mails makes trouble", len(mails), exc_info=True)
        return sum(process_alone(mail) for mail in take_within_time(mails))


def take_within_time(mails: Sequence[WaitingMail]) -> Iterator[WaitingMail]:
    """Yield mails for up to `MAX_READING_SECONDS`, but at least one mail."""
    until = time.monotonic() + MAX_READING_SECONDS
    for mail in mails:
        yield mail
        if time.monotonic() > until:
            return


def process_alone(mail: WaitingMail) -> int:
    try:
        return process_mails([mail])
    except Exception:
        logger.exception("incoming mail %s cannot be filed", mail.pk)
        unreadable = {
            "kind": IncomingMail.Kind.OTHER,
            "match_status": MatchStatus.UNREADABLE,
            "filed_at": timezone.now(),
        }
        return IncomingMail.objects.filter(pk=mail.pk).update(**unreadable)


@transaction.atomic
def process_mails(waiting: Sequence[WaitingMail]) -> int:
    """Take as many mails as time allows through all steps and return the number."""
    classified = [(mail, classify_mail(mail)) for mail in take_within_time(waiting)]
    known_mails = load_known_mails([keys for _, keys in classified])
    matched = [(mail, keys.verdict, match_mail(keys, known_mails)) for mail, keys in classified]
    for mail, _, match in matched:
        set_match(mail, match)
    IncomingMail.objects.bulk_update([mail for mail, _ in classified], UPDATED_FIELDS)
    # The deliveries are locked first, so that the last worker to apply evidence sees all of it.
    about = {one.delivery.pk for _, _, match in matched for one in match.matched_deliveries}
    deliveries = Delivery.objects.select_for_update(no_key=True).order_by("pk").in_bulk(sorted(about))
    save_evidence(matched, deliveries)
    apply_evidence(deliveries.values())
    return len(matched)


def classify_mail(mail: WaitingMail) -> MatchKeys:
    """Set what the mail says, without saving, and return the keys to match the mail by."""
    raw = bytes(mail.first_bytes)
    verdict, heading = classify(raw), parse_heading(raw)
    mail.kind, mail.away_until, mail.message_id = verdict.kind, verdict.away_until, remove_nul(verdict.message_id)
    mail.recipients = [asdict(one) | {"address": remove_nul(one.address)} for one in verdict.recipients]
    mail.author, mail.subject = remove_nul(heading.author)[:320], heading.subject
    is_authenticated = is_author_authenticated(raw, settings.MAIL["authenticated_by"])
    return MatchKeys(verdict, mail.envelope_to, heading.author, is_authenticated, heading.message_id)


def remove_nul(text: str) -> str:
    """Return the text without NUL, which PostgreSQL cannot store. Subjects and reasons have no control characters."""
    return text.replace("\0", "")


def set_match(mail: IncomingMail, match: Match) -> None:
    mail.matched_by, mail.notice_id, mail.filed_at = match.by, match.notice_id, timezone.now()
    mail.delivery = match.matched_deliveries[0].delivery if match.matched_deliveries else None
    if match.is_forged:
        mail.match_status = MatchStatus.FORGED
    elif match.is_about_code:
        mail.match_status = MatchStatus.CODE
    elif match.matched_deliveries:
        mail.match_status = MatchStatus.MATCHED
    else:
        mail.match_status = MatchStatus.OURS if match.is_ours else MatchStatus.UNMATCHED
