"""A draft as a file that opens as an unsent mail (``X-Unsent: 1``), so that nothing is lost in an address.

RFC 5322: a mail must have a date and who it is from; an empty To is no address list, so there is none at all, and the
mail program shows the field empty. New Outlook is unreliable with such files: the text is always there to copy too.
"""

from __future__ import annotations

from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

from django.utils import timezone

from followups.drafts.texts import Draft
from sepo_incident import danish
from sepo_incident.accounts.models import User


def as_eml(draft: Draft, writer: User) -> bytes:
    """From whoever opens it, in UTF-8 and quoted-printable, with lines that end in CRLF."""
    message = EmailMessage(policy=policy.SMTP)
    message["X-Unsent"] = "1"
    message["Date"] = danish.here(timezone.now())
    if writer.email.isascii():  # else the mail program writes it, as it knows it
        message["From"] = Address(writer.name, addr_spec=writer.email)
    message["Subject"] = draft.subject
    message.set_content(draft.body, charset="utf-8", cte="quoted-printable")
    return message.as_bytes()
