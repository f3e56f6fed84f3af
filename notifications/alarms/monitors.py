"""Monitors, the conditions of `alarm_list`, and canaries: mails to ourselves that show whether mail works.

Each monitor reads the database and returns a finding, or None if all is well.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Exists, Max, Min, OuterRef, Q

from letters.models import Leg
from letters.tracking.silence.open_alarms import listed_letters, open_signs
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
from notifications.models.delivery import DeliveryQuerySet
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.audit import verification
from sepo_incident.audit.verification import BrokenChain
from sepo_incident.core import danish, database

Outcome = Attempt.Outcome


class Finding(NamedTuple):
    """The facts of an alarm: number affected, total, time of the first, and details as Danish text."""

    number: int
    total: int | None = None
    since: datetime | None = None
    words: str = ""


#: Too many refusals: SPAM_REFUSALS within SPAM_WINDOW, or one in SPAM_SHARE mails.
SPAM_WINDOW = timedelta(hours=1)
SPAM_REFUSALS = 3
SPAM_SHARE = 100
#: a mail due for this long means that no worker runs
QUEUE_WAIT = timedelta(minutes=15)
#: how long an incoming mail may wait to be read
INBOX_WAIT = timedelta(minutes=15)
#: how long nothing may be heard after a mail that a report was requested for, and from how many such mails the silence
#: is an alarm; a receipt may take SILENCE_GRACE, so a younger mail is not silent yet
MAX_SILENCE = timedelta(hours=2)
MIN_SILENT_MAILS = 10
SILENCE_GRACE = timedelta(minutes=20)
#: the history is verified every hour; this long without success is a fault
HISTORY_CHECKED_WITHIN = timedelta(hours=3)
#: missing letters are looked for every five minutes
SEARCHED_WITHIN = timedelta(minutes=15)
#: how long a canary may take to arrive, and how long a bounce canary may take to return from a foreign server
CANARY_WAIT = timedelta(minutes=30)
BOUNCE_WAIT = timedelta(hours=2)

ARRIVED_STATES = [State.DELIVERED, State.ACKNOWLEDGED]
BOUNCED_STATES = [State.RETURNED, State.REFUSED, State.REFUSED_SPAM]


def find_spam_refusals(now: datetime) -> Finding | None:
    """Find spam refusals within `SPAM_WINDOW`: at least three, or at least 1 % of all mails tried.

    Refusals from before a person resumed the sending are ignored. Reports of spam from other mail servers count
    towards the three but not towards the percentage, because any recipient of a mail can forge a report.
    """
    resumed = SendingChange.objects.filter(kind=SendingChange.Kind.RESUMED, dispatch=None).aggregate(at=Max("at"))["at"]
    since = max(filter(None, [now - SPAM_WINDOW, resumed]))
    tried = Attempt.objects.filter(delivery=OuterRef("pk"), ended_at__gt=since)
    reported = Evidence.objects.filter(delivery=OuterRef("pk"), proves=State.REFUSED_SPAM, occurred_at__gt=since)
    refused_directly = Q(Exists(tried.filter(outcome=Outcome.REFUSED_SPAM)))
    refused = refused_directly | Q(Exists(reported))
    found = Delivery.objects.filter(Exists(tried) | Exists(reported)).aggregate(
        total=Count("pk"),
        number=Count("pk", filter=refused),
        since=Min("changed_at", filter=refused),
        to_us=Count("pk", filter=refused_directly),
    )
    is_share = found.pop("to_us") * SPAM_SHARE >= max(found["total"], 1)
    return Finding(**found) if is_share or found["number"] >= SPAM_REFUSALS else None


def find_stuck_queue(now: datetime) -> Finding | None:
    """Find mails that have been due for more than `QUEUE_WAIT`."""
    stuck = Delivery.objects.due(now - QUEUE_WAIT).aggregate(number=Count("pk"), since=Min("next_attempt_at"))
    return Finding(**stuck) if stuck["number"] else None


def find_stuck_inbox(now: datetime) -> Finding | None:
    """Find incoming mails that have not been read for `INBOX_WAIT`."""
    waiting = IncomingMail.objects.waiting().aggregate(number=Count("pk"), since=Min("received_at"))
    is_stuck = waiting["since"] is not None and waiting["since"] <= now - INBOX_WAIT
    return Finding(**waiting) if is_stuck else None


def silent_mails(now: datetime) -> DeliveryQuerySet:
    """Return the accepted mails about letters with delivery reports requested, if nothing was heard of any mail since.

    Incoming mail about no delivery, such as advertising, does not count, and neither do receipts for mails about no
    letter: canaries have their own monitors, and the receipt for the alarm's own mail would end the alarm.
    """
    to_people = Delivery.objects.exclude(notice__kind__in=KINDS_WITHOUT_LETTERS)
    evidence = Evidence.objects.filter(delivery__in=to_people, decision=None)
    last = evidence.aggregate(at=Max("occurred_at"))["at"]
    report_requested = Attempt.objects.filter(delivery=OuterRef("pk"), outcome=Outcome.ACCEPTED, dsn_offered=True)
    since = {"accepted_at__gt": last} if last else {}
    return to_people.filter(Exists(report_requested), accepted_at__lte=now - SILENCE_GRACE, **since)


def measure_silence(now: datetime) -> Finding | None:
    """Return the number of silent mails, however few, if the first has been silent for `MAX_SILENCE`."""
    silent = silent_mails(now).aggregate(number=Count("pk"), since=Min("accepted_at"))
    return Finding(**silent) if silent["since"] and silent["since"] <= now - MAX_SILENCE else None


def find_silence(now: datetime) -> Finding | None:
    """Find `MIN_SILENT_MAILS` silent mails. Fewer may all have gone to places that send no receipts."""
    silence = measure_silence(now)
    return silence if silence and silence.number >= MIN_SILENT_MAILS else None


def find_lost_mails(kind: Kind, expected_states: list[State], wait: timedelta, now: datetime) -> Finding | None:
    """Find canaries of `kind`, sent `wait` ago and after the last that ended in one of the `expected_states`."""
    sent = Delivery.objects.filter(notice__kind=kind)
    last_success = sent.in_states(expected_states).aggregate(at=Max("notice__created_at"))["at"]
    after = {"notice__created_at__gt": last_success} if last_success else {}
    gone = sent.filter(notice__created_at__lte=now - wait, **after).aggregate(
        number=Count("pk"), since=Min("notice__created_at")
    )
    return Finding(**gone) if gone["number"] else None


find_lost_canaries = partial(find_lost_mails, Kind.CANARY, ARRIVED_STATES, CANARY_WAIT)
find_lost_bounce_canaries = partial(find_lost_mails, Kind.BOUNCE_CANARY, BOUNCED_STATES, BOUNCE_WAIT)


def find_wrong_sums(now: datetime) -> Finding | None:
    """Find sums that do not agree. Counts all tables, so this monitor runs less often than the rest."""
    wrong = [str(one) for one in reconciliation.check_sums() if not one.agrees]
    return Finding(len(wrong), words="\n".join(wrong)) if wrong else None


def find_altered_history(now: datetime, whole: bool = False) -> Finding | None:
    """Find rows of append-only tables that do not agree with the hash chain: new rows, or with `whole` all rows."""
    try:
        verification.run_scheduled_verification(whole)
    except BrokenChain as broken:
        return Finding(len(str(broken).splitlines()), words=str(broken))
    return None


def find_unchecked_history(now: datetime) -> Finding | None:
    """Find that no verification of the history has succeeded for `HISTORY_CHECKED_WITHIN`.

    Returns None while an alarm about the history is open.
    """
    since = verification.last_verified_at()
    is_open = Alarm.objects.open().filter(kind=Alarm.Kind.HISTORY).exists()
    if since is None or since > now - HISTORY_CHECKED_WITHIN or is_open:
        return None
    words = (
        f"Historikken er ikke gennemgået siden {danish.moment(since)}. Programmet er standset, "
        "eller gennemgangen slår fejl."
    )
    return Finding(1, since=since, words=words)


#: at most one canary an hour, even if the scheduler runs the task too often or after a jump of the clock
CANARY_INTERVAL = timedelta(minutes=55)


def send_canaries() -> list[Notice]:
    """Send the canaries to the configured addresses, unless sent within `CANARY_INTERVAL`. Return the notices."""
    now = database.now()
    text = f"Mailen viser, om mails kommer frem. Du skal ikke gøre noget.\nSendt {danish.moment(now)}.\n"
    to = {Kind.CANARY: settings.MAIL["canary_address"], Kind.BOUNCE_CANARY: settings.MAIL["bounce_canary_address"]}
    recent = Notice.objects.filter(kind__in=to, created_at__gt=now - CANARY_INTERVAL)
    sent = set(recent.values_list("kind", flat=True))
    return [
        enqueue_standalone_mail(kind, address, "Prøve: kommer mails frem?", text)
        for kind, address in to.items()
        if address and kind not in sent
    ]


def find_missing_letters(now: datetime) -> Finding | None:
    """Find the open alarms of silence: letters of a channel are missing, or no longer come."""
    signs = open_signs()
    if not signs:
        return None
    words = [f"{one.alarm.channel_name}: {one.get_kind_display()} siden {danish.moment(one.since)}." for one in signs]
    return Finding(listed_letters().count(), since=min(one.since for one in signs), words="\n".join(words))


def find_stopped_search(now: datetime) -> Finding | None:
    """Find that missing letters have not been looked for in `SEARCHED_WITHIN`. Without a channel nothing is missed."""
    last = Leg.objects.aggregate(at=Max("searched_at"))["at"]
    return Finding(1, since=last) if last and last < now - SEARCHED_WITHIN else None
