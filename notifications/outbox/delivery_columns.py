"""The first columns of a list of mails as a file: who a mail is to."""

from __future__ import annotations

from collections.abc import Callable

from notifications.models import Delivery
from sepo_incident.accounts.list_export import TableColumn
from sepo_incident.core import danish


def recipient_columns[Row](mail_of: Callable[[Row], Delivery]) -> list[TableColumn[Row]]:
    """Return the columns of a list whose rows have a mail: its recipient, the role and the unit."""
    return [
        TableColumn("Modtager", lambda row: recipient_name(mail_of(row)), 28),
        TableColumn("Rolle", lambda row: danish.capitalized(mail_of(row).get_role_display()), 14),
        TableColumn("Enhed", lambda row: recipient_unit(mail_of(row)), 32),
        TableColumn("Adresse", lambda row: mail_of(row).address, 32),
    ]


def recipient_name(mail: Delivery) -> str:
    return mail.recipient.name if mail.recipient else mail.address


def recipient_unit(mail: Delivery) -> str:
    return mail.recipient.unit.name if mail.recipient and mail.recipient.unit else ""
