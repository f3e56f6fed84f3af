"""What the pages show of channels: letters by hour against the usual number, waiting letters and the last receipt."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import count, islice
from statistics import mean
from typing import NamedTuple

from django.utils import timezone

from letters.tracking.silence.legs import bucket_of, time_of
from sepo_incident.core import calendar, danish, database
from sepo_incident.core.charts import Bar, BarPart, HourChart, build_bar, build_hour_chart
from sepo_incident.core.sql_files import read_sql

AGES = ("under 1 time", "1–4 timer", "4–24 timer", "over 1 døgn")
#: Days of the same kind that tell how many letters are usual.
DAYS_COMPARED = 5
#: {(channel, day): letters by hour}
type Flow = dict[tuple[int, date], list[int]]


class DayFlow(NamedTuple):
    """The letters of a day. `usual`: as many as usual in all, None: not known yet."""

    day: date
    letters: int
    usual: int | None
    bar: Bar


class ChannelRow(NamedTuple):
    """A channel now. `waiting`: (age, letters without a final receipt). `sentence`: today's letters in words.

    `file_until`: the end of the file that has told of its last letter, None where a system tells.
    """

    pk: int
    name: str
    is_learnt: bool
    waiting: Sequence[tuple[str, int]]
    last_receipt: datetime | None
    file_until: datetime | None
    chart: HourChart
    sentence: str
    last_days: Sequence[DayFlow]


def find_channels(now: datetime, channel: int | None = None, days: int = 1) -> list[ChannelRow]:
    """Return all channels, or one of them, with today's letters and those of the last `days`. Two queries."""
    today = danish.local_date(now)
    last_days = [today - timedelta(days=number) for number in range(days)]
    asked = {"channel": channel, "bucket": bucket_of(now)}
    told = database.fetch_all(read_sql(__file__, "channels.sql"), asked)
    flow = _read_flow({one for day in last_days for one in (day, *_days_alike(day))}, channel)
    return [_channel_row(row, flow, last_days, now) for row in told]


def _read_flow(days: Iterable[date], channel: int | None) -> Flow:
    flow: Flow = defaultdict(lambda: [0] * 24)
    values = {"days": list(days), "channel": channel}
    for pk, day, hour, letters in database.fetch_all(read_sql(__file__, "letters_by_hour.sql"), values):
        flow[pk, day][hour] = letters
    return flow


def _days_alike(day: date) -> list[date]:
    """Return the last days before the day that are working days as it is, or closed as it is."""
    before = (day - timedelta(days=number) for number in count(1))
    is_open = calendar.is_working_day(day)
    return list(islice((one for one in before if calendar.is_working_day(one) == is_open), DAYS_COMPARED))


def _channel_row(told: tuple, flow: Flow, last_days: Sequence[date], now: datetime) -> ChannelRow:
    pk, name, is_learnt, first, waiting, last_receipt, file_until = told
    begun = danish.local_date(time_of(first)) if first is not None else last_days[0]

    def usual(day: date) -> list[float]:
        """Return the usual letters by hour. The day on which the channel began was not a whole one."""
        return [mean(hour) for hour in zip(*(flow[pk, one] for one in _days_alike(day) if one > begun), strict=True)]

    today = last_days[0]
    letters, expected = flow[pk, today], usual(today)
    local = timezone.localtime(now)
    until_now = sum(expected[: local.hour]) + (expected[local.hour] * local.minute / 60 if expected else 0)
    sentence = _today_in_words(sum(letters), round(until_now) if expected else None, today)
    most = max(sum(flow[pk, day]) for day in last_days)

    def day_flow(day: date) -> DayFlow:
        number, by_hour = sum(flow[pk, day]), usual(day)
        bar = build_bar([BarPart("s-esc", number, "breve")], most)
        return DayFlow(day, number, round(sum(by_hour)) if by_hour else None, bar)

    return ChannelRow(
        pk,
        name,
        is_learnt,
        list(zip(AGES, waiting, strict=True)),
        last_receipt,
        file_until,
        build_hour_chart(f"{name} time for time. {sentence}", letters, expected, local.hour + local.minute / 60),
        sentence,
        [day_flow(day) for day in last_days],
    )


def _today_in_words(letters: int, usual: int | None, today: date) -> str:
    told = f"{danish.count(letters, 'brev', 'breve')} afleveret i dag"
    if usual is None:
        return f"{told}. Vi ved ikke endnu, hvor mange der plejer at være."
    kind = "en arbejdsdag" if calendar.is_working_day(today) else "en lukkedag"
    return f"{told}. På dette tidspunkt af {kind} plejer det at være {danish.number(usual)}."
