"""A dispatch as a workbook: one row for each recipient, what became of the mail, and what the mail server said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from letters import exporting
from notifications.models import Delivery, Dispatch
from notifications.showing.explaining import why
from sepo_incident import cpr, danish

COLUMNS = {
    "Modtager": 28,
    "Rolle": 14,
    "Enhed": 32,
    "Adresse": 32,
    "Tilstand": 18,
    "Hvad er der sket": 70,
    "Hvem skal gøre noget": 24,
    "Sidst ændret": 18,
    "Alder": 12,
    "Forsøg": 9,
    "Svarkode": 10,
    "Mailserverens svar": 70,
    "Nummer hos mailserveren": 24,
}


def workbook(dispatch: Dispatch, now: datetime) -> bytes:
    """All its mails, whatever the filter shows. Nothing of a letter stands in it."""
    return exporting.to_xlsx(list(COLUMNS), rows_of(dispatch, now), "Mails", list(COLUMNS.values()))


def rows_of(dispatch: Dispatch, now: datetime) -> Iterator[list[object]]:
    mails = Delivery.objects.filter(notice__dispatch=dispatch).select_related("recipient__unit")
    for mail in mails.order_by("notice_id", "-role", "pk").iterator(chunk_size=2000):
        person = mail.recipient
        yield [
            person.name if person else "",
            mail.get_role_display(),
            person.unit.name if person and person.unit else "",
            mail.address,
            mail.look.label,
            why(mail, now),
            mail.owner.label,
            danish.here(mail.changed_at).replace(tzinfo=None),
            danish.duration(now - mail.changed_at),
            mail.attempts,
            mail.code,
            cpr.mask(mail.reply),
            mail.queue_id,
        ]
