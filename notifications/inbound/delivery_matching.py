"""Match an incoming mail to a delivery by return path, envelope id (ENVID) or Message-ID, in this order.

The first key found decides. A forged return path ends the search. The Message-ID is no secret, since all copies of a
notice have the same: matched by Message-ID alone, an answer counts only for the answer's author, and only if our mail
server vouches for the author. A report is only shown.

`load_known_mails` loads the candidates for several mails, and `match_mail` decides for a single mail.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from notifications.mail_classifier import Outcome, Verdict
from notifications.models import Delivery, IncomingMail, Notice, State
from notifications.models.notice import CANARY_KINDS

MatchedBy = IncomingMail.MatchedBy

#: kinds of mail sent by the recipient's mailbox, and not by a mail server
ANSWER_KINDS = {"human", "auto_reply", "challenge"}
REJECTED_STATES = {State.REFUSED, State.REFUSED_SPAM, State.GIVEN_UP}

#: «bounce+1234-<20 hex digits>@…», also with anything else in place of the token
BOUNCE_ADDRESS = re.compile(r"bounce\+(.*)@[^@]*", re.IGNORECASE | re.DOTALL)
#: «1234-<20 hex digits>», in an ENVID followed by «-2», the lease of the attempt
RETURN_TOKEN = re.compile(r"([0-9]{1,18})-([0-9a-f]{20})(?:-([0-9]{1,9}))?", re.IGNORECASE)
#: The return path and the ENVID of a mail with a sign-in code (`sign_in_codes.build_envelope`).
CODE_MAIL = re.compile(r"kode@[^@]*|kode-[0-9]+", re.IGNORECASE)


class MatchKeys(NamedTuple):
    """The keys by which a mail is matched.

    `envelope_to` is the address that the mail was sent to, `author` the address of the author, `is_authenticated`
    whether our mail server vouches for the author, and `message_id` the Message-ID of the incoming mail itself.
    """

    verdict: Verdict
    envelope_to: str
    author: str
    is_authenticated: bool
    message_id: str

    @property
    def token(self) -> str | None:
        """Return the token of the return path, or None.

        The envelope's recipient is more reliable than the mail. A return path without a valid token gives the text
        found there.
        """
        returned_to = BOUNCE_ADDRESS.fullmatch(self.envelope_to)
        return returned_to[1] if returned_to else self.verdict.token or None


class KnownMails(NamedTuple):
    """The deliveries that incoming mails name: by primary key, and grouped by notice under the Message-ID."""

    deliveries: dict[int, Delivery]
    notices: dict[str, list[Delivery]]

    def delivery(self, token: str) -> Delivery | None:
        found = RETURN_TOKEN.fullmatch(token)
        delivery = self.deliveries.get(int(found[1])) if found else None
        return delivery if delivery and found and delivery.return_token == found[2].lower() else None


class MatchedDelivery(NamedTuple):
    """A delivery that a mail is about.

    `outcome` is the report's outcome for the delivery's address, and `lease` the attempt, if the mail names
    either.
    """

    delivery: Delivery
    outcome: Outcome | None = None
    lease: int | None = None


class Match(NamedTuple):
    """The result of matching a mail.

    `by` is empty if the mail is about no notice of ours. `notice_id` may be set without any delivery. `is_ours`
    means that the mail is a copy of the notice itself, not a mail about the notice. `is_about_code` means that the mail
    is about a mail with a sign-in code, of which no notice is saved.
    """

    by: str = ""
    notice_id: int | None = None
    matched_deliveries: list[MatchedDelivery] = []
    is_forged: bool = False
    is_ours: bool = False
    is_about_code: bool = False


def load_known_mails(keys: Collection[MatchKeys]) -> KnownMails:
    """Return the deliveries and notices that the mails may be about. At most three queries."""
    tokens = [RETURN_TOKEN.fullmatch(token) for one in keys for token in (one.token or "", one.verdict.envelope_id)]
    message_ids = {number for one in keys for number in (one.verdict.message_id, one.message_id) if number}
    notices = Notice.objects.filter(message_id__in=message_ids).prefetch_related("deliveries")
    return KnownMails(
        Delivery.objects.in_bulk([int(found[1]) for found in tokens if found]),
        {one.message_id: sorted(one.deliveries.all(), key=lambda mail: mail.pk) for one in notices},
    )


def match_mail(keys: MatchKeys, known_mails: KnownMails) -> Match:
    verdict = keys.verdict
    if keys.token is not None:
        return match_by_token(MatchedBy.TOKEN, keys.token, verdict, known_mails)
    if RETURN_TOKEN.fullmatch(verdict.envelope_id):
        return match_by_token(MatchedBy.ENVELOPE_ID, verdict.envelope_id, verdict, known_mails)
    if CODE_MAIL.fullmatch(keys.envelope_to) or CODE_MAIL.fullmatch(verdict.envelope_id):
        return Match(is_about_code=True)
    if verdict.message_id:
        return match_by_message_id(keys, known_mails)
    return match_own_notice(keys, known_mails)


def match_by_token(by: str, token: str, verdict: Verdict, known_mails: KnownMails) -> Match:
    """Match to the one delivery that the token names. Only we can make a token, so any other is forged."""
    delivery = known_mails.delivery(token)
    if delivery is None:
        return Match(is_forged=True)
    outcomes = (one for one in verdict.recipients if one.address.casefold() == delivery.address.casefold())
    matched = MatchedDelivery(delivery, next(outcomes, None), find_attempt(delivery, verdict))
    return Match(by, delivery.notice_id, [matched])


def find_attempt(delivery: Delivery, verdict: Verdict) -> int | None:
    """Return the lease of the attempt that the report's ENVID names, or None."""
    found = RETURN_TOKEN.fullmatch(verdict.envelope_id)
    is_ours = found and found[1] == str(delivery.pk) and found[2].lower() == delivery.return_token
    return min(int(found[3]), delivery.lease) if found and found[3] and is_ours else None


def match_by_message_id(keys: MatchKeys, known_mails: KnownMails) -> Match:
    """Match an answer to the delivery of the answer's author. A report gets no delivery.

    A leader in Cc knows Message-ID and address of the sender's mail and could forge a report, or an answer of the
    sender. An answer to a mail that the server refused to take is only shown too.
    """
    deliveries = known_mails.notices.get(keys.verdict.message_id, [])
    if not deliveries:
        return Match()
    taken = [one for one in deliveries if one.state not in REJECTED_STATES]
    authors = [MatchedDelivery(one) for one in taken if one.address.casefold() == keys.author.casefold()]
    counts = keys.verdict.kind in ANSWER_KINDS and keys.is_authenticated
    return Match(MatchedBy.MESSAGE_ID, deliveries[0].notice_id, authors if counts else [])


def match_own_notice(keys: MatchKeys, known_mails: KnownMails) -> Match:
    """Match a copy of a notice itself.

    Only a canary that reached the address it was sent to gets a delivery. A notice that somebody forwards gets none.
    """
    deliveries = known_mails.notices.get(keys.message_id, [])
    if not deliveries:
        return Match()
    canaries = [one for one in deliveries if one.notice.kind in CANARY_KINDS]
    arrived = [MatchedDelivery(one) for one in canaries if one.address.casefold() == keys.envelope_to.casefold()]
    return Match(MatchedBy.MESSAGE_ID, deliveries[0].notice_id, arrived, is_ours=True)
