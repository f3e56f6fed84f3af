"""When others' rules would say that letters vanish, on a made-up flow (`letters/samples/sample_flow.py`).

Each rule reads one channel and returns the ticks, every 5 minutes, at which it alarms. A letter is bad when it has no
final receipt `deadline` after it is known to be sent. A receipt that is not final counts as none, because lost letters
get it too.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from letters.samples.flow_traffic import FINAL
from letters.samples.sample_flow import Flow

STEP = timedelta(minutes=5)
#: (times the budget, long window, short window), of Google's SRE workbook, chapter 5.
BURN_RATES = (
    (14.4, timedelta(hours=1), timedelta(minutes=5)),
    (6, timedelta(hours=6), timedelta(minutes=30)),
)


class Deadlines(NamedTuple):
    """The letters of a channel by the tick at which their deadline has passed, summed from the first tick on."""

    first: int
    letters: list[int]
    bad: list[int]

    def within(self, tick: int, window: timedelta) -> tuple[int, int]:
        """Return (letters, bad letters) whose deadline passed in the window that ends at the tick."""
        to = tick - self.first + 1
        start = max(0, to - window // STEP)
        return self.letters[to] - self.letters[start], self.bad[to] - self.bad[start]

    def ticks(self) -> range:
        return range(self.first, self.first + len(self.letters) - 1)

    def share(self, tick: int, window: timedelta) -> float:
        letters, bad = self.within(tick, window)
        return bad / letters if letters else 0.0


def find_deadlines(flow: Flow, channel: str, deadline: timedelta) -> Deadlines:
    """Return the deadlines of the letters that are handed over on the channel."""
    answered: dict[str, datetime] = {}
    for one in flow.receipts:
        if one["channel"] == channel and (one.get("code") or one["status"]) in FINAL:
            answered.setdefault(one["message_uuid"], datetime.fromisoformat(one["received_at"]))
    letters: Counter[int] = Counter()
    bad: Counter[int] = Counter()
    for one in flow.dispatches:
        if one["channel"] == channel and one["stage"] == "handed_over":
            due = datetime.fromisoformat(one["known_at"]) + deadline
            tick = _tick_after(due)
            letters[tick] += 1
            bad[tick] += one["message_uuid"] not in answered or answered[one["message_uuid"]] > due
    ticks = range(min(letters, default=0), max(letters, default=-1) + 1)
    sums = ([0, *accumulate(count[tick] for tick in ticks)] for count in (letters, bad))
    return Deadlines(ticks.start, *sums)


def unacknowledged(flow: Flow, channel: str, deadline: timedelta = timedelta(minutes=30)) -> list[datetime]:
    """Return the ticks at which another letter has waited too long: MedCom's rule, or a fixed limit of 72 hours."""
    due = find_deadlines(flow, channel, deadline)
    return _times(tick for tick in due.ticks() if due.within(tick, STEP)[1])


def waited_72_hours(flow: Flow, channel: str) -> list[datetime]:
    """Return the ticks at which another letter has waited for 72 hours."""
    return unacknowledged(flow, channel, timedelta(hours=72))


def share_after_24_hours(flow: Flow, channel: str, limit: float = 0.01) -> list[datetime]:
    """Return the ticks at which more than `limit` of a day's letters have waited for 24 hours."""
    day = timedelta(hours=24)
    due = find_deadlines(flow, channel, day)
    return _times(tick for tick in due.ticks() if due.share(tick, day) > limit)


def burn_rate(
    flow: Flow, channel: str, quiet_until: datetime, deadline: timedelta = timedelta(hours=4)
) -> list[datetime]:
    """Return the ticks at which the error budget burns too fast in a long window and in the short one of its end.

    `quiet_until`: the share of bad letters until then is the budget. `deadline`: with an hour, 3 % of the quick
    channel's letters are bad on quiet days, and the budget hides any loss under 18 %; with four hours, under 8 %.
    """
    due = find_deadlines(flow, channel, deadline)
    last = _tick_after(quiet_until)
    budget = due.share(last, STEP * max(1, last - due.first + 1))
    return _times(
        tick
        for tick in due.ticks()
        if tick > last
        and any(min(due.share(tick, one), due.share(tick, other)) > rate * budget for rate, one, other in BURN_RATES)
    )


def first_after(alarms: list[datetime], moment: datetime) -> datetime | None:
    """Return the first alarm at or after the moment."""
    place = bisect(alarms, moment - timedelta(microseconds=1))
    return alarms[place] if place < len(alarms) else None


def _tick_after(moment: datetime) -> int:
    """Return the number, counted from 1970, of the first tick at or after the moment."""
    return -(-int(moment.timestamp()) // int(STEP.total_seconds()))


def _times(ticks: Iterable[int]) -> list[datetime]:
    return [datetime.fromtimestamp(tick * STEP.total_seconds(), UTC) for tick in ticks]
