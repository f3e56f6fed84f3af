"""The journal mailbox: secure mails of colleagues, in copy to an address of ours.

Each recipient of a mail becomes a dispatch with what the header says. The mail itself is thrown away. The internet
writes to the address too, also under colleagues' names: a mail counts only if its author has an address of ours and our
mail server vouches for the author.
"""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings

from letters import recipient_keys
from letters.tracking.take_in import Taken, take_in_dispatches
from notifications.mail_classifier.author import is_author_authenticated
from notifications.mail_classifier.mail_parser import parse_mail
from notifications.mail_classifier.text_patterns import clean_address, parse_mailbox
from sepo_incident.accounts.users import is_own_address

logger = logging.getLogger(__name__)

#: The name of the channel on pages.
CHANNEL = "Sikker post fra Outlook"
#: How old, and how far ahead, the author's clock may be.
OLDEST, AHEAD = timedelta(days=7), timedelta(hours=1)
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")


def is_journal(address: str) -> bool:
    """Return whether the address is that of the journal mailbox."""
    return bool(address) and address.casefold() == settings.MAIL["journal_address"].casefold()


def take_in_copy(raw: bytes, now: datetime) -> Taken:
    """Take in a dispatch for each recipient of the mail. The same Message-ID and recipient count once."""
    header = _END_OF_HEADER.split(raw, 1)[0]
    mail = parse_mail(header)
    author, message_id = parse_mailbox(mail.header("from"))[1], mail.header("message-id")
    is_ours = bool(settings.MAIL["own_domains"]) and is_own_address(author)
    if not (is_ours and message_id and is_author_authenticated(header, settings.MAIL["authenticated_by"])):
        logger.info("a mail to the journal mailbox counts for nothing: nobody vouches for its author")
        return Taken()
    told = {
        "channel": CHANNEL,
        "mail_id": message_id,
        "sender": author,
        "subject": mail.header("subject"),
        "size": len(raw),
        "sent_at": _sent_at(mail.header("date"), now).isoformat(),
        "known_at": now.isoformat(),
    }
    rows = (
        told | {"id": uuid5(NAMESPACE_URL, f"{message_id}\n{key}"), "recipient": address}
        for key, address in _recipients(header)
    )
    return take_in_dispatches(rows, now)


def _recipients(header: bytes) -> Iterator[tuple[str, str]]:
    """Yield (keyed hash, address) of each recipient but the journal mailbox."""
    found = BytesHeaderParser().parsebytes(header)
    fields = [str(field) for name in ("to", "cc") for field in found.get_all(name, [])]
    addresses = (clean_address(address) for _, address in getaddresses(fields, strict=False))
    keys = {recipient_keys.hash_recipient(one): one for one in addresses if one and not is_journal(one)}
    yield from keys.items()


def _sent_at(date: str, now: datetime) -> datetime:
    """Return the time of the mail's Date header, or `now` if the time is implausible."""
    try:
        sent_at = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):
        return now
    sent_at = sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)
    return sent_at if now - OLDEST <= sent_at <= now + AHEAD else now
