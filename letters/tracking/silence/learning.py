"""Learn what is usual on each leg, from the last five weeks that are at least seven days old.

What is usual: how long letters take, which share of them waits still when it is overtaken, how much worse some slices
are, how long a leg is still and how slow it is at most, and how often more letters are missing than expected.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.db.models import Max, Min, OuterRef, Subquery

from letters.models import FlowCount, Leg, LegSlice, MissingHistory
from letters.tracking.silence.legs import (
    BUCKETS_A_DAY,
    FEWEST_WAITING,
    LEAST_WAIT,
    OLDEST,
    SLOW_LEG,
    TYPICAL_AGES,
    WINDOWS,
    bucket_of,
    days_off_around,
    leg_sql,
    time_of,
)
from sepo_incident.core import database

DAYS = 35
#: A letter is learnt from when it is as old as it is looked at.
AGE = timedelta(days=7)
#: The surprise that a leg's own past may reach: its tolerance is as large as that needs.
PAST_SURPRISE = 6.0
LEAST_TOLERANCE = 1.3
#: Of a leg whose grace is longer: the letters of an hour or of a batch are late together.
LEAST_TOLERANCE_OF_SLOW_LEG = 4.0
#: A delete of Django's joins the table with itself, which took minutes when PostgreSQL knew little of the table.
FORGET_WAITING_SHARES_SQL = """
    DELETE FROM letters_waitingshare AS share USING letters_leg AS leg
    WHERE leg.id = share.leg_id AND leg.kind = %(kind)s
"""


def surprise(missing: float, expected: float) -> float:
    """Return how surprising it is that so many letters are missing, in nats: chance ≤ e^-surprise (Chernoff)."""
    if missing <= expected:
        return 0.0
    expected = max(expected, 1e-3)
    return missing * math.log(missing / expected) - (missing - expected)


def fewest_surprising(expected: float, threshold: float) -> int:
    """Return the smallest number of missing letters that is more surprising than the threshold."""
    return next(missing for missing in count(math.ceil(expected)) if surprise(missing, expected) > threshold)


def slowness(pace: float | None) -> float:
    """Return how many times more letters may wait because the leg is slow today: between 1 and 4."""
    return min(4.0, max(1.0, (pace or 1.0) / 1.3))


def learn(at: datetime) -> None:
    """Learn from each day that has become old enough since the last time, once a day."""
    for kind in Leg.Kind:
        until = _learn_until(kind, at)
        # A leg with few letters is learnt from together with the others: by itself it would ask for it at each search.
        last = Leg.objects.filter(kind=kind).aggregate(Max("learned_until"))["learned_until__max"]
        if until is not None and (last is None or last < until):
            _learn_kind(kind, until, at)


def _learn_until(kind: Leg.Kind, at: datetime) -> int | None:
    """Return the first bucket that is too young to learn from: the start of a day.

    While the system knows less than two weeks, it learns from the older half of them. None: it knows less than a day.
    """
    flow = FlowCount.objects.filter(slice=OuterRef("pk")).order_by("bucket").values("bucket")
    channels = LegSlice.objects.filter(kind=LegSlice.Kind.CHANNEL, leg__kind=kind)
    first = channels.aggregate(first=Min(Subquery(flow[:1])))["first"]
    if first is None:
        return None
    now = bucket_of(at)
    until = now - min(AGE // timedelta(minutes=5), (now - first) // 2)
    until -= until % BUCKETS_A_DAY
    return until if until > first else None


def _learn_kind(kind: Leg.Kind, until: int, at: datetime) -> None:
    database.analyze("letters_flowcount", "letters_legslice", "letters_frontier", "letters_pace")
    values: dict[str, Any] = {
        "kind": kind,
        "from": until - DAYS * BUCKETS_A_DAY,
        "until": until,
        "first": time_of(until - DAYS * BUCKETS_A_DAY),
        "last": time_of(until),
        "oldest": OLDEST,
        "ages": list(TYPICAL_AGES),
        "windows": len(WINDOWS),
        "fewest": FEWEST_WAITING,
        "least_wait": LEAST_WAIT,
        "slow_leg": SLOW_LEG,
        "days_off": days_off_around(at),
    }
    for name in ("learn_delays.sql", "learn_late_letters.sql"):
        database.execute(leg_sql(name, kind), values)
    database.execute(FORGET_WAITING_SHARES_SQL, {"kind": kind})
    for name in ("learn_waiting_shares.sql", "learn_norms.sql", "learn_waits.sql", "learn_gaps.sql"):
        database.execute(leg_sql(name, kind), values)
    if kind == Leg.Kind.RECEIPT:
        database.execute(leg_sql("learn_refusals.sql", kind), values)
    database.execute(leg_sql("learn_history.sql", kind), values)
    Leg.objects.filter(kind=kind, median_delay__isnull=False).update(learned_until=until)
    past: dict[int, list[MissingHistory]] = defaultdict(list)
    for one in MissingHistory.objects.filter(leg__kind=kind, at__gte=values["first"]):
        past[one.leg_id].append(one)
    for leg in Leg.objects.filter(pk__in=past):
        least = LEAST_TOLERANCE_OF_SLOW_LEG if leg.grace and leg.grace > SLOW_LEG else LEAST_TOLERANCE
        leg.tolerances = [max(least, _needed_tolerance(past[leg.pk], window)) for window in range(len(WINDOWS))]
        leg.save(update_fields=["tolerances"])
    database.execute(leg_sql("forget.sql", kind), values)
    # Without the gaps just learnt, PostgreSQL plans the search for dropped slices a hundred times too slow.
    database.analyze("letters_legslice")


def _needed_tolerance(past: Sequence[MissingHistory], window: int) -> float:
    """Return the smallest tolerance with which the window was never more surprising than `PAST_SURPRISE`."""
    return max(
        _tolerance_for(one.missing[window], (one.expected[window] or 0) * slowness(one.slowest[window])) for one in past
    )


def _tolerance_for(missing: int, expected: float) -> float:
    low, high = LEAST_TOLERANCE, 50.0
    if surprise(missing, low * expected) <= PAST_SURPRISE:
        return low
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (middle, high) if surprise(missing, middle * expected) > PAST_SURPRISE else (low, middle)
    return high
