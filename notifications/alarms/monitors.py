"""What is watched (promises.md, *Mail* 7). Each watch reads the database as it is ``now`` and says what it found.

Mails of our own that show whether mail works: one to ourselves, and one that must come back (promises.md 7).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Exists, Max, Min, OuterRef, Q
from django.utils import timezone

from notifications.alarms import reconciliation
from notifications.models import (
    KINDS_WITHOUT_LETTERS,
    Alarm,
    Attempt,
    Delivery,
    Evidence,
    IncomingMail,
    Kind,
    Notice,
    SendingChange,
    State,
)
from notifications.models import Kind as MailKind
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.audit import verification
from sepo_incident.audit.verification import BrokenChain
from sepo_incident.core import danish

AlarmKind = Alarm.Kind
Outcome = Attempt.Outcome


class Finding(NamedTuple):
    """The facts of an alarm: how many (of how many), since when, and what there is to say in words."""

    number: int
    total: int | None = None
    since: datetime | None = None
    words: str = ""


#: spam refusals are counted so far back, and so many of them, or one in a hundred mails, are too many
SPAM_WINDOW = timedelta(hours=1)
SPAM_REFUSALS = 3
SPAM_SHARE = 100
#: a mail that may be sent and is not taken for so long: no worker is listening
QUEUE_WAIT = timedelta(minutes=15)
#: a mail that has come in and is not read for so long
INBOX_WAIT = timedelta(minutes=15)
#: so long may nothing at all come back after a mail that something must come back of
MAX_SILENCE = timedelta(hours=2)
#: the history is looked through every hour
HISTORY_CHECKED_WITHIN = timedelta(hours=3)
#: how long a mail to ourselves may be under way, and one that must come back from somebody else
CANARY_WAIT = timedelta(minutes=30)
BOUNCE_WAIT = timedelta(hours=2)

ARRIVED_STATES = [State.DELIVERED, State.ACKNOWLEDGED]
BOUNCED_STATES = [State.RETURNED, State.REFUSED, State.REFUSED_SPAM]


def find_spam_refusals(now: datetime) -> Finding | None:
    """Three refusals as spam within an hour, or one in a hundred of all mails that were tried. Those from before
    somebody let the sending go on are known.

    What a server further on reports counts among the three only: whoever got a mail of ours can make up a report of it.
    """
    resumed = SendingChange.objects.filter(kind=SendingChange.Kind.RESUMED, dispatch=None).aggregate(at=Max("at"))["at"]
    lately = max(filter(None, [now - SPAM_WINDOW, resumed]))
    tried = Attempt.objects.filter(delivery=OuterRef("pk"), ended_at__gt=lately)
    told = Evidence.objects.filter(delivery=OuterRef("pk"), proves=State.REFUSED_SPAM, said_at__gt=lately)
    to_us = Q(Exists(tried.filter(outcome=Outcome.REFUSED_SPAM)))
    refused = to_us | Q(Exists(told))
    found = Delivery.objects.filter(Exists(tried) | Exists(told)).aggregate(
        total=Count("pk"),
        number=Count("pk", filter=refused),
        since=Min("changed_at", filter=refused),
        to_us=Count("pk", filter=to_us),
    )
    is_share = found.pop("to_us") * SPAM_SHARE >= max(found["total"], 1)
    return Finding(**found) if is_share or found["number"] >= SPAM_REFUSALS else None


def find_stuck_queue(now: datetime) -> Finding | None:
    """Mails that a worker should have taken a while ago."""
    stuck = Delivery.objects.due(now - QUEUE_WAIT).aggregate(number=Count("pk"), since=Min("next_attempt_at"))
    return Finding(**stuck) if stuck["number"] else None


def find_stuck_inbox(now: datetime) -> Finding | None:
    """Mails that came in, and that nobody has looked at."""
    waiting = IncomingMail.objects.waiting().aggregate(number=Count("pk"), since=Min("received_at"))
    is_stuck = waiting["since"] is not None and waiting["since"] <= now - INBOX_WAIT
    return Finding(**waiting) if is_stuck else None


def find_silence(now: datetime) -> Finding | None:
    """Mails to people were taken, reports were asked for, and for two hours nothing was heard of any. What comes in and
    is about no mail of ours, such as advertising, is no answer; and neither are receipts for mails about no letter: the
    canaries have watches of their own, and the alarm itself would end by the receipt for its mail."""
    to_people = Delivery.objects.exclude(notice__kind__in=KINDS_WITHOUT_LETTERS)
    heard = Evidence.objects.filter(delivery__in=to_people, decision=None)
    last = heard.aggregate(at=Max("said_at"))["at"]
    asked = Attempt.objects.filter(delivery=OuterRef("pk"), outcome=Outcome.ACCEPTED, dsn_offered=True)
    since = {"accepted_at__gt": last} if last else {"accepted_at__isnull": False}
    unheard = to_people.filter(Exists(asked), **since).aggregate(number=Count("pk"), since=Min("accepted_at"))
    is_silent = unheard["since"] is not None and unheard["since"] <= now - MAX_SILENCE
    return Finding(**unheard) if is_silent else None


def find_lost_canaries(now: datetime) -> Finding | None:
    """Mails to ourselves that have not come, since the last that did."""
    return find_lost_mails(MailKind.CANARY, ARRIVED_STATES, now - CANARY_WAIT)


def find_lost_bounce_canaries(now: datetime) -> Finding | None:
    """Mails to nobody that have not come back, since the last that did."""
    return find_lost_mails(MailKind.BOUNCE_CANARY, BOUNCED_STATES, now - BOUNCE_WAIT)


def find_lost_mails(kind: MailKind, as_it_should: list[State], until: datetime) -> Finding | None:
    """Canaries that were sent until then, after the last that ended as it should."""
    sent = Delivery.objects.filter(notice__kind=kind)
    well = sent.in_states(as_it_should).aggregate(at=Max("notice__created_at"))["at"]
    after = {"notice__created_at__gt": well} if well else {}
    gone = sent.filter(notice__created_at__lte=until, **after).aggregate(
        number=Count("pk"), since=Min("notice__created_at")
    )
    return Finding(**gone) if gone["number"] else None


def find_wrong_sums(now: datetime) -> Finding | None:
    """Sums that do not agree. Counts everything, so it is looked at less often."""
    wrong = [str(one) for one in reconciliation.check_sums() if not one.agrees]
    return Finding(len(wrong), words="\n".join(wrong)) if wrong else None


def find_altered_history(now: datetime, whole: bool = False) -> Finding | None:
    """What is not as it was written in the history: in what is new, or in all of it."""
    try:
        verification.run_scheduled_verification(now, whole)
    except BrokenChain as broken:
        return Finding(len(str(broken).splitlines()), words=str(broken))
    return None


def find_unchecked_history(now: datetime) -> Finding | None:
    """Nobody looks through the history any more, and no alarm says why."""
    since = verification.last_verified_at()
    if (
        since is None
        or since > now - HISTORY_CHECKED_WITHIN
        or Alarm.objects.open().filter(kind=AlarmKind.HISTORY).exists()
    ):
        return None
    words = (
        f"Historikken er ikke gennemgået siden {danish.moment(since)}. Programmet, der gør det (worker), "
        "er standset, eller gennemgangen slår fejl."
    )
    return Finding(1, since=since, words=words)


MONITORS: dict[AlarmKind, Callable[[datetime], Finding | None]] = {
    AlarmKind.SPAM: find_spam_refusals,
    AlarmKind.QUEUE: find_stuck_queue,
    AlarmKind.INBOX: find_stuck_inbox,
    AlarmKind.SILENCE: find_silence,
    AlarmKind.CANARY: find_lost_canaries,
    AlarmKind.BOUNCE_CANARY: find_lost_bounce_canaries,
}


#: a clock that rings too often, or after a jump, sends no more than one an hour
CANARY_INTERVAL = timedelta(minutes=55)


def send_canaries() -> list[Notice]:
    """Send this hour's canaries, to the addresses that are set."""
    now = timezone.now()
    text = (
        "Systemet sender denne mail til sig selv hver time for at se, om mails kommer frem.\n"
        f"Den er fra {danish.moment(now)}. Du skal ikke gøre noget.\n"
    )
    to = {Kind.CANARY: settings.MAIL["canary_address"], Kind.BOUNCE_CANARY: settings.MAIL["bounce_canary_address"]}
    lately = set(
        Notice.objects.filter(kind__in=to, created_at__gt=now - CANARY_INTERVAL).values_list("kind", flat=True)
    )
    return [
        enqueue_standalone_mail(kind, address, "Prøve: kommer mails frem?", text)
        for kind, address in to.items()
        if address and kind not in lately
    ]
