"""Find letters that are missing: they have been overtaken by letters that were sent later and have arrived.

`detect` runs every five minutes. A letter's age is not the time since it was sent but how much younger letters its leg
has finished: when a whole channel waits, nothing ages, and when it goes on, what it left behind shows at once. A slice
is surprising when more of its letters are missing than usual; from a threshold on it is an alarm, which stays until its
letters have receipts or a person closes it. What is usual: `learning.py`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from letters.models import Channel, Leg, LegSlice, SilenceSign, TouchedBucket
from letters.tracking import missing_reports
from letters.tracking.silence import alarms
from letters.tracking.silence.alarms import Sign
from letters.tracking.silence.learning import LEAST_TOLERANCE, fewest_surprising, learn, slowness, surprise
from letters.tracking.silence.legs import (
    FEWEST_WAITING,
    LEAST_SILENCE,
    LEAST_WAIT,
    OLDEST,
    SLOW_LEG,
    WHOLE,
    WINDOWS,
    bucket_of,
    days_off_around,
    leg_sql,
    time_of,
)
from sepo_incident.core import database

#: Surprise in nats from which on a channel or a slice is an alarm, and a slice is the cause of one. There are hundreds
#: of slices, so one of them has to be more surprising.
CHANNEL_ALARM, SLICE_ALARM, CAUSE = 10.0, 16.0, 8.0
#: More is asked of a channel that answers by the hour or the day: its letters are not independent.
SLOW_CHANNEL = 8.0
QUICK_GRACE = timedelta(minutes=20)
#: Five minutes in which waiting letters get other receipts before their leg can stand still.
FEWEST_ANSWERED = 3
#: Five minutes with slow letters in two hours: those of a few holds come in fewer.
LEAST_SLOW_STEPS = 6
#: Expected letters before a source can be missed.
FEWEST_EXPECTED = 12.0
#: Buckets for which a source may say nothing.
LONGEST_PAUSE = 9
#: One search at a time: the next one waits, and finds what is new.
LOCK_NAMESPACE = 72
#: After so many new buckets PostgreSQL knows too little of the tables to plan well.
MANY_BUCKETS = 5000
Kind = SilenceSign.Kind


@dataclass
class Missing:
    """How many letters of a slice are missing in each window of ages, expected to be missing, and there in all."""

    kind: str
    value: str
    norms: list[float]
    missing: list[int]
    expected: list[float]
    letters: list[float]
    surprises: list[float] = field(default_factory=list)

    @property
    def window(self) -> int:
        return max(range(len(WINDOWS)), key=self.surprises.__getitem__)

    @property
    def surprise(self) -> float:
        return self.surprises[self.window]

    @property
    def lost_share(self) -> float:
        """The share of the slice's letters that are missing beyond what is expected."""
        at = self.window
        return max(0.0, (self.missing[at] - self.expected[at]) / max(1.0, self.letters[at]))


def detect(at: datetime) -> float:
    """Count, learn and look for missing letters as of `at`; raise, sharpen and close alarms.

    Return the largest surprise of a leg as a whole, of which more than `CHANNEL_ALARM` is an alarm.
    """
    largest = 0.0
    with transaction.atomic():
        database.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK_NAMESPACE])
        if TouchedBucket.objects.count() > MANY_BUCKETS:
            database.analyze("letters_letterdispatch", "letters_dispatchoutcome", "letters_receipt")
        for kind in Leg.Kind:
            count_flow(kind, at)
        learn(at)
        found: list[Sign] = []
        for kind in Leg.Kind:
            paces = database.fetch_all(leg_sql("slow_legs.sql", kind), {"kind": kind, "at": at})
            signs, surprising = partial(kind, at, {leg: slowest for leg, *_, slowest in paces})
            found += [*stopped(kind, at), *signs, *slow(kind, paces, at)]
            largest = max(largest, surprising)
        found += [*refused(at), *dead_feeds(at)]
        silent = {sign.leg for sign in found if sign.kind in (Kind.DEAD_FEED, Kind.STOP)}
        found += [sign for sign in dropped(at) if sign.leg not in silent]
        found += reported(at)
        alarms.keep(found, at)
        Leg.objects.update(searched_at=at)
    return largest


def count_flow(kind: Leg.Kind, at: datetime) -> None:
    """Count the letters that were taken in since the last time, move the frontier, and measure the pace."""
    database.execute(
        "INSERT INTO letters_leg (channel_id, kind, tolerances) SELECT DISTINCT channel_id, kind, '{}'::float[]"
        " FROM letters_touchedbucket WHERE kind = %s ON CONFLICT DO NOTHING",
        [kind],
    )
    values = {"kind": kind, "at": at, "from": at - timedelta(days=43)}
    for name in ("count_flow.sql", "move_frontiers.sql", "measure_pace.sql"):
        database.execute(leg_sql(name, kind), values)


def partial(kind: Leg.Kind, at: datetime, slowest: dict[int, list[float | None]]) -> tuple[list[Sign], float]:
    """Return a sign for each leg with more overtaken letters than usual, and the largest surprise of a leg.

    `slowest`: {leg: the slowest pace in each window's time, in times of the usual delay}.
    """
    values = {"kind": kind, "at": at, "oldest": OLDEST}
    by_leg: dict[tuple[int, int], list[Missing]] = defaultdict(list)
    for leg, frontier, *told in database.fetch_all(leg_sql("missing_letters.sql", kind), values):
        kind_of_slice, value, norms, missing, expected, letters = told
        slow_today = map(slowness, slowest.get(leg) or [None] * len(WINDOWS))
        expected = [float(one or 0) * slow for one, slow in zip(expected, slow_today, strict=True)]
        letters = [float(one or 0) for one in letters]
        norms = norms or [1.0] * len(WINDOWS)
        by_leg[leg, frontier].append(Missing(kind_of_slice, value, norms, missing, expected, letters))
    legs = Leg.objects.in_bulk([leg for leg, _ in by_leg])
    signs, largest = [], 0.0
    for (leg, frontier), slices in by_leg.items():
        whole = next(one for one in slices if one.kind == LegSlice.Kind.CHANNEL)
        for one in slices:
            one.surprises = [_surprise(legs[leg], whole, one, window) for window in range(len(WINDOWS))]
        more = SLOW_CHANNEL if (legs[leg].grace or QUICK_GRACE) > QUICK_GRACE else 0.0
        largest = max(largest, whole.surprise - more)
        if sign := _named(legs[leg], whole, slices, frontier, more):
            signs.append(sign)
    return signs, largest


def _named(leg: Leg, whole: Missing, slices: list[Missing], frontier: int, more: float) -> Sign | None:
    """Return the sign of a leg with too many missing letters: by the slice that is the cause, or else by the leg.

    `more`: surprise that is asked beyond the thresholds.
    """
    worst = max(slices, key=lambda one: (one is not whole, one.surprise))
    if whole.surprise <= CHANNEL_ALARM + more and worst.surprise <= SLICE_ALARM + more:
        return None
    cause = worst if worst.surprise >= CAUSE and _rest_is_usual(leg, whole, worst) else whole
    at = cause.window
    usual = leg.tolerances[at] * cause.norms[at] * cause.expected[at]
    causes = [cause] if cause is not whole else [one for one in slices if one is whole or one.surprise >= CAUSE]
    return Sign(
        leg.pk,
        Kind.PARTIAL,
        (cause.kind, cause.value),
        _since(leg, cause, frontier),
        missing=cause.missing[at],
        expected=cause.expected[at],
        alarm_from=fewest_surprising(usual, more + (CHANNEL_ALARM if cause is whole else SLICE_ALARM)),
        surprise=max(whole.surprise, worst.surprise),
        frontier=frontier,
        parts=[(one.kind, one.value, one.lost_share) for one in causes],
    )


def _surprise(leg: Leg, whole: Missing, one: Missing, window: int) -> float:
    """Return how surprising a window of a slice is. The slice must be worse than the rest of its leg is today."""
    tolerance, missing, expected = leg.tolerances[window], one.missing[window], one.expected[window]
    if one is not whole:
        if one.letters[window] > 0.8 * whole.letters[window]:
            return 0.0  # the slice is the channel
        rest = (whole.missing[window] - missing + 2) / (max(0.0, whole.expected[window] - expected) + 2)
        tolerance = max(tolerance, rest)
    return surprise(missing, tolerance * one.norms[window] * expected)


def _rest_is_usual(leg: Leg, whole: Missing, cause: Missing) -> bool:
    """Return whether the leg without the slice is no alarm in any window."""
    return all(
        surprise(missing - of_cause, tolerance * (expected - usual_of_cause)) < CAUSE
        for missing, of_cause, tolerance, expected, usual_of_cause in zip(
            whole.missing, cause.missing, leg.tolerances, whole.expected, cause.expected, strict=True
        )
    )


def _since(leg: Leg, cause: Missing, frontier: int) -> datetime:
    values = {
        "leg": leg.pk,
        "slice_kind": cause.kind,
        "slice_value": cause.value,
        "frontier": frontier,
        "oldest": WINDOWS[cause.window][1],
        "share": max(0.01, cause.lost_share),
        "times": leg.tolerances[cause.window] * cause.norms[cause.window],
    }
    rows = database.fetch_all(leg_sql("since.sql", Leg.Kind(leg.kind), cause.kind), values)
    return time_of(rows[0][0] if rows else frontier - 1)


def stopped(kind: Leg.Kind, at: datetime) -> Iterator[Sign]:
    """Yield a sign for each leg that finishes nothing any more while letters wait."""
    values = {"kind": kind, "at": at, "fewest": FEWEST_WAITING, "least_wait": LEAST_WAIT, "slow_leg": SLOW_LEG}
    for row in database.fetch_all(leg_sql("still_legs.sql", kind), values | {"days_off": days_off_around(at)}):
        leg, letters, wait, longest, first_at, answered, most_answered = row
        limit = max(LEAST_SILENCE, 1.5 * longest)
        surprising = wait / limit
        # While receipts are held, no other receipts come either. They come on when letters are lost at the last step.
        if answered > (answered_limit := max(FEWEST_ANSWERED, 1.5 * most_answered + 1)):
            surprising, limit = max(surprising, answered / answered_limit), LEAST_WAIT
        if surprising > 1:
            yield Sign(
                leg,
                Kind.STOP,
                WHOLE,
                first_at,
                missing=letters,
                surprise=surprising * CHANNEL_ALARM,
                alarm_from=FEWEST_WAITING,
                until=first_at + wait - limit,
            )


def slow(kind: Leg.Kind, paces: Iterable[Sequence[Any]], at: datetime) -> Iterator[Sign]:
    """Yield a sign for each leg that was much slower than ever for half an hour of a working day.

    `paces`: rows of `slow_legs.sql`.
    """
    if not 7 <= timezone.localtime(at).hour < 20:
        return
    for leg, usual, letters, last_two, _ in paces:
        limit = max(5.0, 1.5 * (usual or 0))
        if len(last_two) != 2 or min(letters) < 30 or min(last_two) <= limit:
            continue
        # Letters that were held come all in a few minutes, alone or with quick ones around them.
        values = {"leg": leg, "at": at, "limit": limit}
        [(steps, slow_steps)] = database.fetch_all(leg_sql("slow_steps.sql", kind), values)
        if slow_steps >= max(LEAST_SLOW_STEPS, steps / 2):
            yield Sign(leg, Kind.SLOW, WHOLE, at - timedelta(hours=1), surprise=min(last_two) / limit * CHANNEL_ALARM)


def refused(at: datetime) -> Iterator[Sign]:
    """Yield a sign for each reason for which more letters are refused in a day than usual."""
    values = {"at": at, "bucket": bucket_of(at)}
    for row in database.fetch_all(leg_sql("refusals.sql", Leg.Kind.RECEIPT), values):
        leg, code, now, since, share, letters = row
        expected = share * float(letters or 0)
        surprising = surprise(now, LEAST_TOLERANCE * expected)
        if surprising > SLICE_ALARM:
            yield Sign(
                leg,
                Kind.REFUSED,
                (LegSlice.Kind.CODE, code),
                since,
                missing=now,
                expected=expected,
                surprise=surprising,
                alarm_from=fewest_surprising(LEAST_TOLERANCE * expected, SLICE_ALARM),
            )


def dead_feeds(at: datetime) -> Iterator[Sign]:
    """Yield a sign for each channel of which no letter has come though letters were expected."""
    values = {"bucket": bucket_of(at), "days_off": days_off_around(at)}
    for leg, expected, fewest, gap, longest, last in database.fetch_all(
        leg_sql("dead_feeds.sql", Leg.Kind.RECEIPT), values
    ):
        # On the quietest days a tenth of the usual letters come, or a third of the fewest on an ordinary day.
        least = min(0.1 * float(expected), 0.3 * float(fewest))
        if least > FEWEST_EXPECTED and gap > max(LONGEST_PAUSE, 1.5 * longest + 3):
            since = time_of(last + 1)
            yield Sign(
                leg, Kind.DEAD_FEED, WHOLE, since, missing=round(expected), expected=expected, surprise=0.1 * expected
            )


def dropped(at: datetime) -> Iterator[Sign]:
    """Yield a sign for the unit or subject of each leg that is missed most: its letters are not made any more."""
    values = {"bucket": bucket_of(at), "fewest": FEWEST_EXPECTED}
    worst: dict[int, Sign] = {}
    for leg, kind, value, expected, longest, last in database.fetch_all(
        leg_sql("dropped_slices.sql", Leg.Kind.RECEIPT), values
    ):
        expected, longest = float(expected), float(longest)
        if expected > max(SLICE_ALARM, 2 * longest) and (leg not in worst or expected > worst[leg].surprise):
            worst[leg] = Sign(
                leg, Kind.DROP, (kind, value), time_of(last + 1), round(expected), expected, surprise=expected
            )
    yield from worst.values()


def reported(at: datetime) -> Iterator[Sign]:
    """Yield a sign for each channel with enough reports of missing letters, the unknown channel included."""
    alike = missing_reports.count_alike(at)
    channels = Channel.objects.in_bulk([channel for channel, *_ in alike if channel])
    for channel, reports, since in alike:
        yield Sign(None, Kind.REPORTED, WHOLE, since, missing=reports, channel=channels.get(channel))
