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

from notifications.mail_classifier import Outcome, Verdict
from notifications.models import Delivery, IncomingMail, Notice, State
from notifications.models.notice import CANARY_KINDS

MatchedBy = IncomingMail.MatchedBy

#: what comes from the mailbox that got the mail, and not from a mail server that has heard of it
ANSWER_KINDS = {"human", "auto_reply", "challenge"}
REJECTED_STATES = {State.REFUSED, State.REFUSED_SPAM, State.GIVEN_UP}

#: «bounce+1234-<20 hex digits>@…», whatever stands where the number should
BOUNCE_ADDRESS = re.compile(r"bounce\+(.*)@[^@]*", re.IGNORECASE | re.DOTALL)
#: «1234-<20 hex digits>», and «-2» behind it in an ENVID: the attempt
RETURN_TOKEN = re.compile(r"([0-9]{1,18})-([0-9a-f]{20})(?:-([0-9]{1,9}))?", re.IGNORECASE)


class MatchKeys(NamedTuple):
    """What tells whom a mail is about. ``envelope_to``: the address it was sent to; ``author``: who wrote it;
    ``message_id``: its own."""

    verdict: Verdict
    envelope_to: str
    author: str
    message_id: str

    @property
    def token(self) -> str | None:
        """Of the return path, which the envelope knows better than the mail; empty where it holds something else."""
        returned_to = BOUNCE_ADDRESS.fullmatch(self.envelope_to)
        return returned_to[1] if returned_to else self.verdict.token or None


class KnownMails(NamedTuple):
    """Of our mails, those that are named: deliveries by number, and the deliveries of a notice by its Message-ID."""

    deliveries: dict[int, Delivery]
    notices: dict[str, list[Delivery]]

    def delivery(self, token: str) -> Delivery | None:
        found = RETURN_TOKEN.fullmatch(token)
        delivery = self.deliveries.get(int(found[1])) if found else None
        return delivery if delivery and found and delivery.return_token == found[2].lower() else None


class MatchedDelivery(NamedTuple):
    """A delivery that a mail is about; ``outcome``: what is said of it by name; ``lease``: which attempt, if told."""

    delivery: Delivery
    outcome: Outcome | None = None
    lease: int | None = None


class Match(NamedTuple):
    """``by`` is empty for a mail that is about none of ours. A notice may be known and none of its recipients.
    ``is_ours``: it is no mail about the notice, but the notice itself."""

    by: str = ""
    notice_id: int | None = None
    matched_deliveries: list[MatchedDelivery] = []
    is_forged: bool = False
    is_ours: bool = False


NO_MATCH = Match()
FORGED_MATCH = Match(is_forged=True)


def load_known_mails(signs: Iterable[MatchKeys]) -> KnownMails:
    """Three queries, however many mails they are."""
    every = list(signs)
    named = [RETURN_TOKEN.fullmatch(token) for one in every for token in (one.token or "", one.verdict.envelope_id)]
    numbers = {number for one in every for number in (one.verdict.message_id, one.message_id) if number}
    notices = Notice.objects.filter(message_id__in=numbers).prefetch_related("deliveries")
    return KnownMails(
        Delivery.objects.in_bulk([int(found[1]) for found in named if found]),
        {one.message_id: sorted(one.deliveries.all(), key=lambda mail: mail.pk) for one in notices},
    )


def match_mail(signs: MatchKeys, ours: KnownMails) -> Match:
    verdict = signs.verdict
    if signs.token is not None:
        return match_by_token(MatchedBy.TOKEN, signs.token, verdict, ours)
    if RETURN_TOKEN.fullmatch(verdict.envelope_id):
        return match_by_token(MatchedBy.ENVELOPE_ID, verdict.envelope_id, verdict, ours)
    if verdict.message_id:
        return match_by_message_id(signs, ours)
    return match_own_notice(signs, ours)


def match_by_token(by: str, token: str, verdict: Verdict, ours: KnownMails) -> Match:
    """It names one delivery, and only we can make it: whatever the mail says, it says it of that one."""
    delivery = ours.delivery(token)
    if delivery is None:
        return FORGED_MATCH
    outcome = find_outcome(delivery.address, verdict.recipients)
    return Match(by, delivery.notice_id, [MatchedDelivery(delivery, outcome, find_attempt(delivery, verdict))])


def find_attempt(delivery: Delivery, verdict: Verdict) -> int | None:
    """Which attempt the report is about, where it gives back the ENVID that we gave with it."""
    found = RETURN_TOKEN.fullmatch(verdict.envelope_id)
    is_ours = found and found[1] == str(delivery.pk) and found[2].lower() == delivery.return_token
    return min(int(found[3]), delivery.lease) if found and found[3] and is_ours else None


def match_by_message_id(signs: MatchKeys, ours: KnownMails) -> Match:
    """An answer is about the mail that went to whoever wrote it. A report is about none: a leader in copy knows the
    number of the sender's mail and its address, and can write one. Nor does somebody answer a mail that the server
    refused to take: that one is only shown."""
    deliveries = ours.notices.get(signs.verdict.message_id, [])
    if not deliveries:
        return NO_MATCH
    taken = [one for one in deliveries if one.state not in REJECTED_STATES]
    authors = [MatchedDelivery(one) for one in taken if one.address.casefold() == signs.author.casefold()]
    return Match(MatchedBy.MESSAGE_ID, deliveries[0].notice_id, authors if signs.verdict.kind in ANSWER_KINDS else [])


def match_own_notice(signs: MatchKeys, ours: KnownMails) -> Match:
    """A notice itself: a canary has come to the address of ours that it was sent to, or somebody passes one on."""
    deliveries = ours.notices.get(signs.message_id, [])
    if not deliveries:
        return NO_MATCH
    canaries = [one for one in deliveries if one.notice.kind in CANARY_KINDS]
    arrived = [MatchedDelivery(one) for one in canaries if one.address.casefold() == signs.envelope_to.casefold()]
    return Match(MatchedBy.MESSAGE_ID, deliveries[0].notice_id, arrived, is_ours=True)


def find_outcome(address: str, outcomes: Iterable[Outcome]) -> Outcome | None:
    return next((one for one in outcomes if one.address.casefold() == address.casefold()), None)
