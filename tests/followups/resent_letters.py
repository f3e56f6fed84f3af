"""The dispatch of a resent letter, and its receipts."""

from datetime import datetime

from letters.models import Letter, LetterDispatch
from letters.tracking.take_in import take_in_dispatches, take_in_receipts

DELIVERED, FAILED = "Afleveret Digital Post", "Fejlet"


def dispatch_of(letter: Letter, moment: datetime, number: int = 1, **other) -> LetterDispatch:
    """Take in a dispatch of the letter's subject by its sender to the recipient of the cast's letters."""
    said = {
        "id": f"J{number}", "channel": "Outlook", "mail_id": f"<{number}@kk.example>", "sender": letter.sender.email,
        "subject": letter.subject, "recipient": "borger@borger.example", "sent_at": moment.isoformat(),
    } | other  # fmt: skip
    take_in_dispatches([said], moment)
    return LetterDispatch.objects.get(source_id=f"J{number}")


def take_in_receipt(status: str, moment: datetime, mail_id: str = "<1@kk.example>", error: str = "") -> None:
    take_in_receipts([{"mail_id": mail_id, "status": status, "at": moment.isoformat(), "error": error}], moment)
