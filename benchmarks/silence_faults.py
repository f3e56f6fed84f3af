"""Play each fault of the sample flow against the search and against others' rules: `make bench-silence` or

    .venv/bin/python benchmarks/silence_faults.py [--seeds 201-203] [--faults case stop …] [--letters 4000] [--step 10]

Six weeks of letters to learn from, then the fault from Monday 9 December 2019 at 07:00 on. Prints a line of JSON per
seed and fault, and last the table and the chart of docs/silence.md. Seeds from 201 on were never tuned on. A seed takes
half an hour.
"""

import argparse
import json
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from filled_database import filled_database
from silence_peers import burn_rate, first_after, share_after_24_hours, unacknowledged, waited_72_hours

HISTORY, WEEK = timedelta(days=42), timedelta(days=7)
START = datetime(2019, 12, 9, 6, tzinfo=UTC)
CHRISTMAS = datetime(2019, 12, 23, 6, tzinfo=UTC)
#: Days that a fault is played, where two are too few.
DAYS = {"leak": 10, "ramp": 7, "unsent": 5, "drop_unit": 5, "drop_template": 5, "dead_feed_night": 4, "stop_night": 4}
#: A listed letter is judged when it is so old.
OLD_ENOUGH = timedelta(hours=8)
LEARNED = "learned"
DAY_MINUTES = 24 * 60
TABLE_HEADER = [
    *("fault", "median minutes", "worst", "right slice", "precision", "recall"),
    *("burn rate", "30 minutes", "share after 24 h", "72 h"),
]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", default="201-203")
    parser.add_argument("--faults", nargs="*")
    parser.add_argument("--letters", type=int, default=4000)
    parser.add_argument("--step", type=int, default=10, help="minutes between two searches")
    asked = parser.parse_args()
    first, _, last = asked.seeds.partition("-")
    found = defaultdict(list)
    with filled_database(100):
        from letters.samples.sample_flow import FAULTS

        for seed in range(int(first), int(last or first) + 1):
            for at in (START, CHRISTMAS):
                names = [name for name in asked.faults or FAULTS if (name == "case_in_lull") == (at == CHRISTMAS)]
                if names:
                    learn(seed, at, asked.letters)
                for name in names:
                    figures = play(seed, name, at, asked.letters, timedelta(minutes=asked.step))
                    found[name].append(figures)
                    print(json.dumps({"seed": seed, "fault": name} | figures), flush=True)
    print(as_table(found), as_chart(found), sep="\n\n")


@contextmanager
def database_of_its_own(name: str, template: str) -> Iterator[None]:
    """Run the block on a copy of a database, which is deleted at the end."""
    with copied_database(name, template):
        try:
            yield
        finally:
            drop_database(name)


@contextmanager
def copied_database(name: str, template: str) -> Iterator[None]:
    """Run the block on a copy of a database, which stays."""
    from django.db import connection

    drop_database(name)
    with_postgres(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    usual = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def drop_database(name: str) -> None:
    with_postgres(f'DROP DATABASE IF EXISTS "{name}"')


def with_postgres(statement: str) -> None:
    """Run a statement about databases, while nothing is connected to the usual one."""
    from django.db import connection

    connection.close()
    params = {**connection.get_connection_params(), "dbname": "postgres"}
    params.pop("cursor_factory", None)
    server = psycopg2.connect(**params)
    server.autocommit = True
    server.cursor().execute(statement)
    server.close()


def make(seed: int, at: datetime, days: int, letters: int, faults: Any = ()) -> Any:
    from letters.samples.sample_flow import make_flow

    first = (at - HISTORY).date()
    return make_flow(seed, first, HISTORY.days + days, letters, faults)


def learn(seed: int, at: datetime, letters: int) -> None:
    """Make the database that each fault begins with: six weeks of letters, learnt from."""
    from django.db import connection

    from letters.management.commands.silence_steps import sources_of
    from letters.tracking.silence.detection import detect

    usual = connection.settings_dict["NAME"]
    with copied_database(LEARNED, usual):
        flow = make(seed, at, 1, letters)
        for source in sources_of(flow.dispatches, flow.receipts):
            source.take_in_until(at)
        detect(at)


def play(seed: int, name: str, at: datetime, letters: int, step: timedelta) -> dict[str, Any]:
    """Return when the fault is found and by which slice, which letters are listed, and when others' rules say so."""
    from letters.management.commands.silence_steps import sources_of
    from letters.models import SilenceSign
    from letters.samples.sample_flow import FAULTS
    from letters.tracking.silence.detection import detect
    from letters.tracking.silence.open_alarms import listed_letters

    days = DAYS.get(name, 2)
    flow = make(seed, at, days + 1, letters, [FAULTS[name].starting(at, timedelta(days=days))])
    fault, first_hit = flow.faults[0], datetime.fromisoformat(flow.first_hit[name])
    now, end, found = at, at + timedelta(days=days), None
    with database_of_its_own("run", LEARNED):
        sources = sources_of(flow.dispatches, flow.receipts, at)
        while now < end:
            now += step
            for source in sources:
                source.take_in_until(now)
            detect(now)
            signs = SilenceSign.objects.filter(alarm__channel__name=fault.channel, raised_at__gt=first_hit)
            found = found or signs.order_by("raised_at", "-surprise").first()
        last = SilenceSign.objects.filter(alarm__channel__name=fault.channel).order_by("-surprise").first()
        others = SilenceSign.objects.exclude(alarm__channel__name=fault.channel).count()
        listed = set(listed_letters().values_list("message_uuid", flat=True))
    until = (now - OLD_ENOUGH).isoformat()
    old = {row["message_uuid"] for row in flow.dispatches if row["known_at"] <= until} & set(flow.lost)
    return {
        "minutes": minutes(first_hit, found and found.raised_at),
        "kind": found and found.kind,
        "slice": last and f"{last.slice_kind} {last.slice_value}".strip(),
        "is_slice_right": bool(last) and is_right_slice(fault, last),
        "other_signs": others,
        "lost": len(old),
        "recall": len(listed & old) / len(old) if old else None,
        "precision": len(listed & set(flow.lost)) / len(listed) if listed and old else None,
        "others": peers(flow, fault.channel, first_hit, at),
    }


def is_right_slice(fault: Any, sign: Any) -> bool:
    """Return whether the sign names what the fault hits. Flow and search have two names for some kinds of slice."""
    kind = {"family": "subject", "error": "code"}.get(fault.slice_kind, fault.slice_kind)
    has_same_value = kind in ("channel", "size", "code") or sign.slice_value.casefold() == fault.slice.casefold()
    return sign.slice_kind == kind and has_same_value


def peers(flow: Any, channel: str, first_hit: datetime, at: datetime) -> dict[str, tuple[int | None, float]]:
    """Return {others' rule: (minutes from the first hit to its first alarm, its alarms a day in the week before)}."""
    alarms = {
        "burn_rate": burn_rate(flow, channel, at - WEEK),
        "30_minutes": unacknowledged(flow, channel),
        "share_24_h": share_after_24_hours(flow, channel),
        "72_h": waited_72_hours(flow, channel),
    }
    return {
        rule: (
            minutes(first_hit, first_after(when, first_hit)),
            round(sum(at - WEEK < one <= at for one in when) / 7, 1),
        )
        for rule, when in alarms.items()
    }


def minutes(since: datetime, when: datetime | None) -> int | None:
    return round((when - since).total_seconds() / 60) if when else None


def as_table(found: dict[str, list[dict[str, Any]]]) -> str:
    """Return the medians of all runs as a table of Markdown."""
    rows = [[f"`{name}`", *table_row(runs)] for name, runs in found.items()]
    every = [run["others"] for runs in found.values() for run in runs]
    rows.append(
        ["alarms a day before the fault", *"     ", *(median([one[rule][1] for one in every], 1) for rule in every[0])]
    )
    return "\n".join(f"| {' | '.join(row)} |" for row in (TABLE_HEADER, ["---"] * len(TABLE_HEADER), *rows))


def table_row(runs: list[dict[str, Any]]) -> list[str]:
    """Return the median and worst minutes, right slices, precision, recall, and others' minutes as texts."""
    times = [run["minutes"] for run in runs]
    worst = "not found" if None in times else str(max(times))
    right = sum(run["is_slice_right"] for run in runs)
    shares = [median([run[share] for run in runs], 2) for share in ("precision", "recall")]
    others = [median([run["others"][rule][0] for run in runs]) for rule in runs[0]["others"]]
    return [median(times), worst, f"{right} of {len(runs)}", *shares, *others]


def median(values: list[Any], digits: int = 0) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):.{digits}f}" if known else "–"


def as_chart(found: dict[str, list[dict[str, Any]]]) -> str:
    """Return a Mermaid chart of the median minutes of ours and of the best of the others, each at most a day.

    A rule with more than an alarm a week when nothing is wrong is left out.
    """
    ours, others = [], []
    for runs in found.values():
        best = [
            min((one for one, daily in run["others"].values() if one is not None and daily <= 1 / 7), default=None)
            for run in runs
        ]
        ours.append(in_a_day([run["minutes"] for run in runs]))
        others.append(in_a_day(best))
    return (
        '```mermaid\nxychart-beta horizontal\n    title "Minutes from the first loss to the alarm"\n'
        f"    x-axis [{', '.join(found)}]\n    y-axis 0 --> {DAY_MINUTES}\n    bar {others}\n    bar {ours}\n```"
    )


def in_a_day(times: list[int | None]) -> int:
    return round(statistics.median(DAY_MINUTES if one is None else min(one, DAY_MINUTES) for one in times))


if __name__ == "__main__":
    main()
