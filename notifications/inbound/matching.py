"""Which delivery a mail is about: the return path it was sent to, the envelope's id, the number of the mail.

The strongest sign decides. One that is made up ends the search: somebody who forges a return path is not asked what
else the mail says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from notifications.inbound.classifying import Outcome, Verdict
from notifications.models import Delivery, IncomingMail, Notice

By = IncomingMail.MatchedBy

#: «bounce+1234-<20 hex digits>@…», whatever stands where the number should
RETURN_PATH = re.compile(r"bounce\+(.*)@[^@]*", re.IGNORECASE | re.DOTALL)
#: «1234-<20 hex digits>», and «-2» behind it in an ENVID: the attempt
TOKEN = re.compile(r"([0-9]{1,18})-([0-9a-f]{20})(?:-([0-9]{1,9}))?", re.IGNORECASE)


class About(NamedTuple):
    """A delivery that a mail is about; ``outcome``: what is said of it by name; ``lease``: which attempt, if told."""

    delivery: Delivery
    outcome: Outcome | None = None
    lease: int | None = None


class Match(NamedTuple):
    """``by`` is empty for a mail that is about none of ours. A notice may be known and none of its recipients.
    ``is_ours``: it is no mail about the notice, but the notice itself."""

    by: str = ""
    notice_id: int | None = None
    abouts: list[About] = []
    is_forged: bool = False
    is_ours: bool = False


NOBODYS = Match()
FORGED = Match(is_forged=True)


def match(verdict: Verdict, envelope_to: str, author: str, message_id: str) -> Match:
    """``envelope_to``: the address that the mail was sent to; ``author``: who wrote it; ``message_id``: its own."""
    returned_to = RETURN_PATH.fullmatch(envelope_to)
    if returned_to or verdict.token:
        return by_token(By.TOKEN, returned_to[1] if returned_to else verdict.token, verdict)
    if TOKEN.fullmatch(verdict.envelope_id):
        return by_token(By.ENVELOPE_ID, verdict.envelope_id, verdict)
    if verdict.message_id:
        return by_message_id(verdict, author)
    return our_own(message_id, envelope_to)


def by_token(by: str, token: str, verdict: Verdict) -> Match:
    """It names one delivery, and only we can make it: whatever the mail says, it says it of that one."""
    delivery = delivery_named(token)
    if delivery is None:
        return FORGED
    outcome = named(delivery.address, verdict.recipients)
    return Match(by, delivery.notice_id, [About(delivery, outcome, attempt_named(delivery, verdict))])


def delivery_named(token: str) -> Delivery | None:
    found = TOKEN.fullmatch(token)
    return Delivery.objects.filter(pk=found[1], return_token=found[2].lower()).first() if found else None


def attempt_named(delivery: Delivery, verdict: Verdict) -> int | None:
    """Which attempt the report is about, where it gives back the ENVID that we gave with it."""
    found = TOKEN.fullmatch(verdict.envelope_id)
    is_ours = found and found[1] == str(delivery.pk) and found[2].lower() == delivery.return_token
    return min(int(found[3]), delivery.lease) if found and found[3] and is_ours else None


def by_message_id(verdict: Verdict, author: str) -> Match:
    """All recipients of a notice got that number, so it depends on whom the mail names, or on who wrote it."""
    notice = Notice.objects.filter(message_id=verdict.message_id).first()
    if notice is None:
        return NOBODYS
    deliveries = list(notice.deliveries.order_by("role", "pk"))
    abouts = [About(one, outcome) for one in deliveries if (outcome := named(one.address, verdict.recipients))]
    if not abouts:
        abouts = [About(one) for one in the_authors(deliveries, author)]
    return Match(By.MESSAGE_ID, notice.pk, abouts)


def our_own(message_id: str, envelope_to: str) -> Match:
    """A notice itself: it has come to the address that it was sent to (a canary), or somebody passes it on to us."""
    notice = Notice.objects.filter(message_id=message_id).first() if message_id else None
    if notice is None:
        return NOBODYS
    arrived = [About(one) for one in notice.deliveries.filter(address__iexact=envelope_to)]
    return Match(By.MESSAGE_ID, notice.pk, arrived, is_ours=True)


def the_authors(deliveries: list[Delivery], author: str) -> list[Delivery]:
    """The one that went to the author; where only one went out, it must be that one."""
    theirs = [one for one in deliveries if one.address.casefold() == author.casefold()]
    return theirs or (deliveries if len(deliveries) == 1 else [])


def named(address: str, outcomes: Iterable[Outcome]) -> Outcome | None:
    return next((one for one in outcomes if one.address.casefold() == address.casefold()), None)
