"""Take in letters and their receipts, shuffled, doubled and late, and search for missing ones: `make bench-tracking` or

    .venv/bin/python benchmarks/tracking.py [--letters 10000000] [--processes 2] [--ticks 72]

60 days of five channels, 5.000 units and 45.000 senders. From noon of the last day the letters of one subject get no
receipts. Prints a line of JSON per step: rows a second that go in, the first search (which learns), the searches of
every five minutes after noon, the plain statements that are their limits, and single receipts through the API.
"""

import argparse
import asyncio
import json
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

from filled_database import filled_database
from load import PORT, load, site

DAYS, BATCH = 60, 5000
FIRST = datetime(2019, 10, 10, 6, tzinfo=UTC)
LAST_DAY = FIRST + timedelta(days=DAYS - 1)
#: From here on, the rows come in as the clock goes.
NOON = LAST_DAY + timedelta(hours=5)
WORKDAY, TICK = timedelta(hours=11), timedelta(minutes=5)
CHANNELS, UNITS, SENDERS = ("SEPO", "OPUS", "KMD", "Fjernprint", "NemPost"), 5000, 45_000
SUBJECTS = [f"Emne {letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
LOST_SUBJECT = SUBJECTS[7]
API_SECONDS, API_CONNECTIONS = 20, 16
KINDS = ("dispatches", "receipts")
ANTI_JOIN_SQL = """
    SELECT count(*) FROM letters_letterdispatch AS letter
    WHERE sent_known_at < %s AND NOT EXISTS (
        SELECT FROM letters_receipt AS receipt WHERE receipt.dispatch_id = letter.id AND receipt.is_final
    )
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, value in (("letters", 10_000_000), ("processes", 2), ("ticks", 72)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--take", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.take:
        take_in_part(asked.take, asked.letters, asked.part, asked.processes)
        return
    with filled_database(100):
        for kind in KINDS:
            say(f"take in {kind}", take_in_all(kind, asked.letters, asked.processes))
        say("search", search(asked.letters, asked.ticks))
        say("limits", measure_limits(asked.letters))
        say("api", measure_api())


def say(step: str, figures: dict[str, Any]) -> None:
    print(json.dumps({"step": step} | figures), flush=True)


# --- Rows ---------------------------------------------------------------------------------------------------------


def rows_of_day(day: int, letters: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the dispatches and the receipts of a day, each shuffled. A receipt in a hundred comes twice, one late."""
    chance, begin = random.Random(day), FIRST + timedelta(days=day)
    dispatches, receipts = [], []
    for _ in range(letters // DAYS):
        bits = f"{chance.getrandbits(128):032x}"
        uuid = f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-8{bits[17:20]}-{bits[20:]}"
        sender = chance.randrange(SENDERS)
        subject = SUBJECTS[sender % len(SUBJECTS)]
        sent = begin + chance.random() * WORKDAY
        delay = timedelta(days=chance.random() * 3) if chance.random() < 0.005 else timedelta(seconds=90)
        dispatches.append({
            "id": uuid, "message_uuid": uuid, "channel": CHANNELS[sender % len(CHANNELS)],
            "unit": f"enhed {sender % UNITS}", "sender": f"p{sender}@kk.example", "subject": subject,
            "size": chance.randrange(200_000), "recipient": f"{bits[:10]}@borger.example", "sent_at": sent.isoformat(),
            "known_at": sent.isoformat(),
        })  # fmt: skip
        if subject == LOST_SUBJECT and sent >= NOON:
            continue
        came = (sent + delay * chance.expovariate(1)).isoformat()
        receipts.append({"message_uuid": uuid, "status": "COMPLETED", "at": came, "received_at": came})
        if chance.random() < 0.01:
            receipts.append(receipts[-1])
    chance.shuffle(dispatches)
    chance.shuffle(receipts)
    return dispatches, receipts


def rows_until_noon(day: int, letters: int, kind: str) -> list[dict[str, Any]]:
    clock = {"dispatches": "known_at", "receipts": "received_at"}[kind]
    return [row for row in rows_of_day(day, letters)[KINDS.index(kind)] if row[clock] <= NOON.isoformat()]


# --- Taking in ----------------------------------------------------------------------------------------------------


def take_in_all(kind: str, letters: int, processes: int) -> dict[str, Any]:
    """Take in the rows from several processes. Their seconds leave out the making of the rows."""
    command = [sys.executable, __file__, "--take", kind, "--letters", str(letters), "--processes", str(processes)]
    parts = [
        subprocess.Popen([*command, "--part", str(part)], stdout=subprocess.PIPE, text=True)
        for part in range(processes)
    ]
    told = [json.loads(part.communicate()[0].splitlines()[-1]) for part in parts]
    rows, seconds = sum(one["rows"] for one in told), statistics.mean(one["seconds"] for one in told)
    return {
        "rows": rows,
        "rows_per_second": round(rows / seconds),
        "largest_process_mib": max(one["mib"] for one in told),
        "database_mib": database_mib(),
    }


def take_in_part(kind: str, letters: int, part: int, processes: int) -> None:
    """Take in the rows of each of the days of a process."""
    import django

    django.setup()
    from letters.tracking import take_in

    take = {"dispatches": take_in.take_in_dispatches, "receipts": take_in.take_in_receipts}[kind]
    rows, seconds = 0, 0.0
    for day in range(part, DAYS, processes):
        said = rows_until_noon(day, letters, kind)
        begun = time.perf_counter()
        for batch in batched(said, BATCH):
            take(batch, NOON)
        seconds += time.perf_counter() - begun
        rows += len(said)
    print(json.dumps({"rows": rows, "seconds": seconds, "mib": own_mib()}))


def own_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def database_mib() -> int:
    from sepo_incident.core import database

    [(size,)] = database.fetch_all("SELECT pg_database_size(current_database()) / 1048576")
    return int(size)


# --- Searching ----------------------------------------------------------------------------------------------------


def search(letters: int, ticks: int) -> dict[str, Any]:
    """Learn at noon, and then search every five minutes while the rest of the day comes in."""
    from letters.tracking.silence.detection import detect
    from letters.tracking.silence.open_alarms import listed_letters
    from letters.tracking.take_in import take_in_dispatches, take_in_receipts

    begun = time.perf_counter()
    detect(NOON)
    learning = time.perf_counter() - begun
    waiting = list(rows_after_noon(letters))
    first_lost = min(row["sent_at"] for at, kind, row in waiting if row.get("subject") == LOST_SUBJECT)
    taken, listed_at = [], None
    for number in range(1, ticks + 1):
        at = NOON + number * TICK
        while waiting and waiting[0][0] <= at.isoformat():
            batch = [waiting.pop(0) for _ in range(min(BATCH, len(waiting))) if waiting[0][0] <= at.isoformat()]
            take_in_dispatches([row for _, kind, row in batch if kind == "dispatches"], at)
            take_in_receipts([row for _, kind, row in batch if kind == "receipts"], at)
        begun = time.perf_counter()
        detect(at)
        taken.append((time.perf_counter() - begun) * 1000)
        if listed_at is None and listed_letters().exists():
            listed_at = at
    return {
        "first_search_s": round(learning, 1),
        "tick_ms": round(statistics.median(taken)),
        "slowest_tick_ms": round(max(taken)),
        "minutes_from_lost_to_listed": listed_at
        and round((listed_at - datetime.fromisoformat(first_lost)).total_seconds() / 60),
        "mib": own_mib(),
    }


def rows_after_noon(letters: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (time, kind, row) of the last day's afternoon in the order in which they become known."""
    dispatches, receipts = rows_of_day(DAYS - 1, letters)
    rows = [(row["known_at"], "dispatches", row) for row in dispatches]
    rows += [(row["received_at"], "receipts", row) for row in receipts]
    yield from sorted((one for one in rows if one[0] > NOON.isoformat()), key=lambda one: one[0])


# --- Limits -------------------------------------------------------------------------------------------------------


def measure_limits(letters: int) -> dict[str, Any]:
    """Measure a COPY of the same rows into bare tables, and a plain anti-join for letters without a final receipt."""
    from django.db import connection

    from letters.tracking import take_in
    from sepo_incident.core import database

    figures: dict[str, Any] = {}
    columns = (take_in.DISPATCH_COLUMNS, take_in.RECEIPT_COLUMNS)
    read = (take_in.dispatch_row, take_in.receipt_row)
    for kind, types, to_row, said in zip(KINDS, columns, read, rows_of_day(0, letters), strict=True):
        rows = [to_row(one, NOON) for one in said]
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE bare_{kind} ({', '.join(f'{name} {of}' for name, of in types.items())})")
            begun = time.perf_counter()
            database.copy_from_lines(cursor, f"COPY bare_{kind} FROM STDIN", map(copy_line, rows))
            figures[f"copy_{kind}_per_second"] = round(len(rows) / (time.perf_counter() - begun))
    begun = time.perf_counter()
    database.fetch_all(ANTI_JOIN_SQL, [LAST_DAY + WORKDAY])
    return figures | {"anti_join_ms": round((time.perf_counter() - begun) * 1000)}


def copy_line(values: Any) -> str:
    """Return the values as a line of COPY's text format."""
    return "\t".join("\\N" if one is None else str(one) for one in values) + "\n"


# --- The API ------------------------------------------------------------------------------------------------------


def measure_api() -> dict[str, Any]:
    """Measure requests with a single receipt against two processes of the site."""
    from django.utils import timezone

    from letters.api.tokens import create_token
    from letters.models import Receipt
    from letters.models.api import ApiToken
    from sepo_incident.accounts.models import User

    expires_at = timezone.now() + timedelta(days=1)
    token = create_token(
        "Måling", [ApiToken.Scope.RECEIPTS], expires_at, User.objects.create(name="Måling", email="m@kk.example")
    )
    known = LAST_DAY.isoformat()
    sent = [receipt_request(f"m{number}", known, token) for number in range(40_000)]
    before = Receipt.objects.count()
    with site(8):
        figures = asyncio.run(load(sent, API_CONNECTIONS, API_SECONDS, 0))
    stored = Receipt.objects.count() - before
    return {**{name: figures[name] for name in ("per_second", "p50", "p99", "refused")}, "stored": stored}


def receipt_request(uuid: str, at: str, token: str) -> bytes:
    body = json.dumps({"message_uuid": uuid, "status": "COMPLETED", "received_at": at})
    head = f"POST /api/v1/kvitteringer HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


if __name__ == "__main__":
    main()
