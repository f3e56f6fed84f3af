"""A mail comes in: first it is a row, then the one who brought it is told that we have it (promises.md, *Mail* 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from notifications import bells
from notifications.models import IncomingMail

#: the largest mail that we take; the classifiers read its beginning
MOST_BYTES = 20 * 1024 * 1024
#: longest address that a server may use, and some room
LONGEST_ADDRESS = 320


def receive(raw: bytes, sender: str, recipients: Iterable[str], at: datetime | None = None) -> int:
    """Keep the mail, once for each address that it was for; committed when this returns. Returns how many are new.

    The same bytes to the same address are a mail that we have: somebody was killed before he could tell, or before he
    heard that he was told.
    """
    received_at, sha256 = at or timezone.now(), hashlib.sha256(raw).hexdigest()
    mails = [
        IncomingMail(
            raw=raw,
            sha256=sha256,
            received_at=received_at,
            envelope_from=clean(sender),
            envelope_to=clean(recipient),
        )
        for recipient in recipients
    ]
    with transaction.atomic():
        before = IncomingMail.objects.filter(sha256=sha256).count()
        IncomingMail.objects.bulk_create(mails, ignore_conflicts=True)
        new = IncomingMail.objects.filter(sha256=sha256).count() - before
        if new and IncomingMail.objects.waiting().count() <= new:
            bells.ring_for_incoming()  # whoever comes goes on until none waits, so one bell is enough
    return new


def clean(address: str) -> str:
    """An address as PostgreSQL can hold it; the domain has no case."""
    local, at, domain = address.replace("\0", "").strip("<> ").rpartition("@")
    return f"{local}{at}{domain.lower()}"[:LONGEST_ADDRESS]
