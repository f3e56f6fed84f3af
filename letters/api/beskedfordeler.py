"""Beskedfordeler's push: keep the message as it came, take in its receipt, and say so.

Source: KOMBIT's Beskedfordeler, `ModtagBesked`; `StandardRetur` of OIO Sag og Dokument 3.0.
"""

import hashlib
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from django.db import transaction
from django.db.models.functions import Now

from letters.models.api import PushedMessage
from letters.tracking.receipt_formats import read_push
from letters.tracking.take_in import take_in_read_receipt
from sepo_incident.core.encryption import cipher

TAKEN_IN, NOT_READ = 20, 40
CIPHER = "pushed message"
#: How long a message is kept as it came.
KEPT = timedelta(days=30)
ANSWER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<ModtagBeskedOutput xmlns="urn:oio:sts:1.0.0"><StandardRetur xmlns="urn:oio:sagdok:3.0.0">'
    "<StatusKode>{code}</StatusKode><FejlbeskedTekst>{text}</FejlbeskedTekst></StandardRetur></ModtagBeskedOutput>"
)


def take_in_push(raw: bytes, now: datetime) -> str:
    """Store the message, take in its receipt, and return the answer to Beskedfordeler after the commit.

    A message that cannot be read is kept. One whose BeskedId another message had with other content is kept too; its
    receipt is not taken in, because nobody knows which of the two is true.
    """
    message_id, receipt = read_push(raw)
    digest = hashlib.sha256(raw).hexdigest()
    problem = receipt.problem or ("" if message_id else "Beskeden har intet BeskedId.")
    found = {"digest": digest, "problem": problem, "raw": cipher(CIPHER).encrypt(raw), "received_at": now}
    message_id = message_id or digest
    with transaction.atomic():
        first, _ = PushedMessage.objects.get_or_create(found, message_id=message_id, is_conflict=False)
        if first.digest != digest:
            conflict = found | {"is_conflict": True}
            PushedMessage.objects.get_or_create(conflict, message_id=message_id, digest=digest)
        elif not problem:
            take_in_read_receipt(receipt, now)
    return ANSWER.format(code=NOT_READ if problem else TAKEN_IN, text=escape(problem or "OK"))


def delete_old_contents() -> None:
    """Delete the content of old messages. Their rows stay, so that the same BeskedId is still known."""
    PushedMessage.objects.filter(received_at__lt=Now() - KEPT).exclude(raw=b"").update(raw=b"")
