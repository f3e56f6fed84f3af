"""Which delivery a mail is about: the return path it was sent to, the envelope's id, the number of the mail.

The strongest sign decides. One that is made up ends the search: somebody who forges a return path is not asked what
else the mail says. The number of a mail is no secret, for every copy of a notice has the same: by it alone whoever
answers speaks for themself, and a report is only shown.

``known`` looks up what several mails may be about, and ``match`` decides for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from notifications.inbound.classifying import Outcome, Verdict
from notifications.models import Delivery, IncomingMail, Notice, State
from notifications.models.notice import CANARIES

By = IncomingMail.MatchedBy

#: what comes from the mailbox that got the mail, and not from a mail server that has heard of it
ANSWERS = {"human", "auto_reply", "challenge"}
NOT_TAKEN = {State.REFUSED, State.REFUSED_SPAM, State.GIVEN_UP}

#: «bounce+1234-<20 hex digits>@…», whatever stands where the number should
RETURN_PATH = re.compile(r"bounce\+(.*)@[^@]*", re.IGNORECASE | re.DOTALL)
#: «1234-<20 hex digits>», and «-2» behind it in an ENVID: the attempt
TOKEN = re.compile(r"([0-9]{1,18})-([0-9a-f]{20})(?:-([0-9]{1,9}))?", re.IGNORECASE)


class Signs(NamedTuple):
    """What tells whom a mail is about. ``envelope_to``: the address it was sent to; ``author``: who wrote it;
    ``message_id``: its own."""

    verdict: Verdict
    envelope_to: str
    author: str
    message_id: str

    @property
    def token(self) -> str | None:
        """Of the return path, which the envelope knows better than the mail; empty where it holds something else."""
        returned_to = RETURN_PATH.fullmatch(self.envelope_to)
        return returned_to[1] if returned_to else self.verdict.token or None


class Known(NamedTuple):
    """Of our mails, those that are named: deliveries by number, and the deliveries of a notice by its Message-ID."""

    deliveries: dict[int, Delivery]
    notices: dict[str, list[Delivery]]

    def delivery(self, token: str) -> Delivery | None:
        found = TOKEN.fullmatch(token)
        delivery = self.deliveries.get(int(found[1])) if found else None
        return delivery if delivery and found and delivery.return_token == found[2].lower() else None


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


def known(signs: Iterable[Signs]) -> Known:
    """Three queries, however many mails they are."""
    every = list(signs)
    named = [TOKEN.fullmatch(token) for one in every for token in (one.token or "", one.verdict.envelope_id)]
    numbers = {number for one in every for number in (one.verdict.message_id, one.message_id) if number}
    notices = Notice.objects.filter(message_id__in=numbers).prefetch_related("deliveries")
    return Known(
        Delivery.objects.in_bulk([int(found[1]) for found in named if found]),
        {one.message_id: sorted(one.deliveries.all(), key=lambda mail: mail.pk) for one in notices},
    )


def match(signs: Signs, ours: Known) -> Match:
    verdict = signs.verdict
    if signs.token is not None:
        return by_token(By.TOKEN, signs.token, verdict, ours)
    if TOKEN.fullmatch(verdict.envelope_id):
        return by_token(By.ENVELOPE_ID, verdict.envelope_id, verdict, ours)
    if verdict.message_id:
        return by_message_id(signs, ours)
    return our_own(signs, ours)


def by_token(by: str, token: str, verdict: Verdict, ours: Known) -> Match:
    """It names one delivery, and only we can make it: whatever the mail says, it says it of that one."""
    delivery = ours.delivery(token)
    if delivery is None:
        return FORGED
    outcome = named(delivery.address, verdict.recipients)
    return Match(by, delivery.notice_id, [About(delivery, outcome, attempt_named(delivery, verdict))])


def attempt_named(delivery: Delivery, verdict: Verdict) -> int | None:
    """Which attempt the report is about, where it gives back the ENVID that we gave with it."""
    found = TOKEN.fullmatch(verdict.envelope_id)
    is_ours = found and found[1] == str(delivery.pk) and found[2].lower() == delivery.return_token
    return min(int(found[3]), delivery.lease) if found and found[3] and is_ours else None


def by_message_id(signs: Signs, ours: Known) -> Match:
    """An answer is about the mail that went to whoever wrote it. A report is about none: a leader in copy knows the
    number of the sender's mail and its address, and can write one. Nor does somebody answer a mail that the server
    refused to take: that one is only shown."""
    deliveries = ours.notices.get(signs.verdict.message_id, [])
    if not deliveries:
        return NOBODYS
    taken = [one for one in deliveries if one.state not in NOT_TAKEN]
    authors = [About(one) for one in taken if one.address.casefold() == signs.author.casefold()]
    return Match(By.MESSAGE_ID, deliveries[0].notice_id, authors if signs.verdict.kind in ANSWERS else [])


def our_own(signs: Signs, ours: Known) -> Match:
    """A notice itself: a canary has come to the address of ours that it was sent to, or somebody passes one on."""
    deliveries = ours.notices.get(signs.message_id, [])
    if not deliveries:
        return NOBODYS
    canaries = [one for one in deliveries if one.notice.kind in CANARIES]
    arrived = [About(one) for one in canaries if one.address.casefold() == signs.envelope_to.casefold()]
    return Match(By.MESSAGE_ID, deliveries[0].notice_id, arrived, is_ours=True)


def named(address: str, outcomes: Iterable[Outcome]) -> Outcome | None:
    return next((one for one in outcomes if one.address.casefold() == address.casefold()), None)
