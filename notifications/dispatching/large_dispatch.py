"""What a large dispatch asks of whoever sends it: a tick that names the number, and a test mail or a reason.

The rule is for dispatches to everybody who is owed a notice (`dispatch_lifecycle.request_dispatch`). The clock has no
finger on a button, and «Send påmindelse nu» has a tick for each person.
"""

from __future__ import annotations

from typing import NamedTuple

from letters.models import Incident
from notifications.models import Notice, NoticeText
from notifications.texts.notice_texts import current_text, get_text_source
from sepo_incident.accounts.models import User
from sepo_incident.core import danish

#: A dispatch of more mails than this, copies included, is large.
MAX_MAILS_AT_ONCE = 100


class Assurance(NamedTuple):
    """What somebody gave with a large dispatch: the number of mails ticked, and the reason for no test mail."""

    mails: int | None = None
    reason: str = ""


NO_ASSURANCE = Assurance()


class NotAssured(Exception):
    """Raised when a large dispatch lacks the tick (`lacks` is "mails") or the test mail ("reason"). In Danish."""

    def __init__(self, lacks: str, message: str):
        super().__init__(message)
        self.lacks = lacks


def is_large(mails: int) -> bool:
    return mails > MAX_MAILS_AT_ONCE


def find_test_mail(kind: str, incident: Incident, text: NoticeText | None, by: User | None) -> Notice | None:
    """Return the newest test mail that `by` sent of the incident's text, by default the default text, or None."""
    source = get_text_source(kind, text, incident.rules)
    return Notice.objects.latest_test_mail(by, source.digest(kind, incident)) if by else None


def require_assurance(kind: str, incident: Incident, mails: int, by: User | None, given: Assurance) -> Notice | None:
    """Return the test mail of the text, if any. Raise NotAssured if `given` is not enough for so many mails."""
    if given.mails != mails:
        raise NotAssured("mails", f"Intet er sendt. Sæt kryds ved, at du vil sende {danish.number(mails)} mails.")
    test_mail = find_test_mail(kind, incident, current_text(kind, incident), by)
    if test_mail is None and not given.reason:
        message = "Intet er sendt. Send en prøvemail af teksten til dig selv, eller skriv, hvorfor du ikke gør det."
        raise NotAssured("reason", message)
    return test_mail
