"""Command that replays the December of the case against the search for missing letters: `manage.py replay_2019 --json`.

For each seed a made-up municipality's letters of five channels: six weeks to learn from, then the case from Monday
9 December 2019 at 07:00 until 24 hours after the first loss; and again without a fault over Christmas. The databases
are its own, and are deleted at the end. A seed takes a quarter of an hour.

The last line of `--json`: `first_loss, first_alarm, minutes_to_alarm` of each seed, their median and the `worst`, the
letters `lost, listed_correctly, listed_wrongly`, and of the quiet days `quiet_days, false_alarms,
largest_quiet_surprise, threshold`.
"""

import json
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from letters.management.commands.silence_steps import sources_of
from letters.models import SilenceSign
from letters.samples.sample_flow import FAULTS, Fault, make_flow
from letters.tracking.receipt_formats import parse_moment
from letters.tracking.silence.detection import CHANNEL_ALARM, detect
from letters.tracking.silence.open_alarms import listed_letters

HISTORY = timedelta(days=42)
CASE = datetime(2019, 12, 9, 6, tzinfo=UTC)
CHRISTMAS = datetime(2019, 12, 23, tzinfo=UTC)
STEP = timedelta(minutes=5)
CHANNEL = FAULTS["case"].channel


class Command(BaseCommand):
    help = "Gennemspiller hændelsen i december 2019."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seeds", default="101-110", metavar="FRA-TIL", help="hvilke tilfældige forløb")
        parser.add_argument("--letters", type=int, default=4000, metavar="ANTAL", help="breve på en arbejdsdag")
        parser.add_argument("--quiet-days", type=int, default=9, metavar="ANTAL", help="rolige dage i hvert forløb")
        parser.add_argument("--json", action="store_true", help="tallene som JSON på sidste linje")

    def handle(self, *args: Any, seeds: str, letters: int, quiet_days: int, **options: Any) -> None:
        first, _, last = seeds.partition("-")
        runs = []
        for seed in range(int(first), int(last or first) + 1):
            with own_database():
                run = replay_case(seed, letters)
            with own_database():
                runs.append(run | replay_quiet_days(seed, letters, quiet_days))
            self.stdout.write(json.dumps(runs[-1]))
            self.stdout.flush()
        self.stdout.write(json.dumps(summary(runs)))


@contextmanager
def own_database() -> Iterator[None]:
    """Run the block on an empty database, which is deleted at its end. No table of the search can be emptied."""
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of all seeds. A case that was not found within a day has no minutes."""
    minutes = [one["minutes_to_alarm"] for one in runs]
    found = [one for one in minutes if one is not None]
    sums = ("lost", "listed_correctly", "listed_wrongly", "quiet_days", "false_alarms")
    return {
        "first_loss": [one["first_loss"] for one in runs],
        "first_alarm": [one["first_alarm"] for one in runs],
        "minutes_to_alarm": statistics.median(found) if found else None,
        "worst": max(found) if len(found) == len(minutes) else None,
        **{name: sum(one[name] for one in runs) for name in sums},
        "largest_quiet_surprise": max(one["largest_quiet_surprise"] for one in runs),
        "threshold": CHANNEL_ALARM,
    }


def replay_case(seed: int, letters: int) -> dict[str, Any]:
    """Return how soon the case is found, and which letters are listed 24 hours after the first loss."""
    flow, step = _start(seed, letters, CASE - timedelta(hours=6), [FAULTS["case"].starting(CASE)], days=2)
    first_loss = parse_moment(flow.first_hit["case"])
    first_alarm = None
    for number in range(1, 30 * 12):
        at = CASE - timedelta(hours=5) + number * STEP
        step(at)
        signs = SilenceSign.objects.filter(alarm__channel__name=CHANNEL, raised_at__gt=first_loss)
        first_alarm = first_alarm or signs.values_list("raised_at", flat=True).first()
        if at >= first_loss + timedelta(days=1):
            break
    listed = set(listed_letters().values_list("message_uuid", flat=True))
    return {
        "seed": seed,
        "first_loss": first_loss.isoformat(),
        "first_alarm": first_alarm and first_alarm.isoformat(),
        "minutes_to_alarm": first_alarm and round((first_alarm - first_loss).total_seconds() / 60),
        "lost": len(
            {one["message_uuid"] for one in flow.dispatches if one["known_at"] <= at.isoformat()} & set(flow.lost)
        ),
        "listed_correctly": len(listed & set(flow.lost)),
        "listed_wrongly": len(listed - set(flow.lost)),
    }


def replay_quiet_days(seed: int, letters: int, days: int) -> dict[str, Any]:
    """Return the alarms of so many days over Christmas on which nothing is wrong."""
    _, step = _start(seed + 1000, letters, CHRISTMAS, [], days)
    largest = max((step(CHRISTMAS + number * STEP) for number in range(1, days * 288)), default=0.0)
    signs = SilenceSign.objects.select_related("alarm__channel")
    return {
        "quiet_days": days,
        "false_alarms": len(signs),
        "false": [f"{one.alarm.channel} {one.kind} {one.slice_kind} {one.slice_value}" for one in signs],
        "largest_quiet_surprise": round(largest, 1),
    }


def _start(
    seed: int, letters: int, begin: datetime, faults: list[Fault], days: int
) -> tuple[Any, Callable[..., float]]:
    """Take in six weeks of letters before `begin`. Return the flow, and what takes in until a time and looks then."""
    first: date = (begin - HISTORY).date()
    flow = make_flow(seed, first, HISTORY.days + days + 1, letters, faults)
    sources = sources_of(flow.dispatches, flow.receipts)

    def step(at: datetime) -> float:
        for source in sources:
            source.take_in_until(at)
        return detect(at)

    step(begin)
    return flow, step
