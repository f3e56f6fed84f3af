"""Load two processes of the site with the everyday mix on the demo's fourth day: `make bench-load` or

    .venv/bin/python benchmarks/load.py [--seconds 60] [--connections 16] [--people 200] [--threads 8]

The mix: half letters of different senders, a tenth *Mine breve*, four tenths boards of schools and administrations.
Prints a line of JSON per run: `bare` (a view that shows nothing), `mix`, and `people` (with six seconds of thought).
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle

from filled_database import ROOT, filled_database, signed_in

PORT = 8765
MAIL_PORT = 8766
THOUGHT = 6  # seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, value in (("seconds", 60), ("connections", 16), ("people", 200), ("threads", 8), ("letters", 3400)):
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{MAIL_PORT}"
    with mail_sink(), filled_database(asked.letters, days=4):
        requests = everyday_mix()
        with site(asked.threads):
            for name, pages, connections, thought in (
                ("bare", [request("/sundhed/siden/", "")], asked.connections, 0),
                ("mix", requests, asked.connections, 0),
                ("people", requests, asked.people, THOUGHT),
            ):
                print(
                    json.dumps({"run": name} | asyncio.run(load(pages, connections, asked.seconds, thought))),
                    flush=True,
                )


@contextmanager
def mail_sink() -> Iterator[None]:
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Sink

    sink = Controller(Sink(), hostname="127.0.0.1", port=MAIL_PORT)
    sink.start()
    yield
    sink.stop()


@contextmanager
def site(threads: int) -> Iterator[None]:
    command = [sys.executable, "-m", "gunicorn", "sepo_incident.wsgi:application", "--bind", f"127.0.0.1:{PORT}"]
    command += ["--workers", "2", "--worker-class", "gthread", "--threads", str(threads), "--no-control-socket"]
    with subprocess.Popen(command, cwd=ROOT) as server:
        asyncio.run(site_answers())
        yield
        server.terminate()


def request(path: str, cookie: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nCookie: {cookie}\r\n\r\n".encode()


def everyday_mix() -> list[bytes]:
    """Return the requests of the mix, in random order: 1.000 with a whole list."""
    from django.conf import settings

    from letters.models import Letter
    from sepo_incident.accounts.models import Membership, Unit

    random.seed(4)
    cookies: dict[int, str] = {}

    def page(path: str, user) -> bytes:
        if user.pk not in cookies:
            key = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
            cookies[user.pk] = f"{settings.SESSION_COOKIE_NAME}={key}"
        return request(path, cookies[user.pk])

    letters = list(Letter.objects.active().exclude(sender=None).select_related("sender").order_by("?")[:600])
    boards = [
        (one.unit, one.user)
        for one in Membership.objects.filter(role__in=["LEADER", "COORDINATOR"]).select_related("unit", "user")
        if one.unit.kind != Unit.Kind.MUNICIPALITY
        and Letter.objects.filter(unit__lineage__contains=[one.unit_id]).exists()
    ]
    mix = [page(f"/brev/{one.pk}/", one.sender) for one in letters[:500]]
    mix += [page("/mine-breve/", one.sender) for one in letters[500:]]
    mix += [page(f"/enhed/{unit.pk}/", user) for unit, user in random.choices(boards, k=400)]
    random.shuffle(mix)
    return mix


async def site_answers() -> None:
    for _ in range(200):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", PORT)
            writer.close()
            return
        await asyncio.sleep(0.1)


async def load(pages: list[bytes], connections: int, seconds: float, thought: float) -> dict[str, float]:
    """Return requests per second, milliseconds (median, the slowest of 100) and answers other than 200."""
    taken: list[float] = []
    refused = 0
    waiting, end = cycle(pages), time.perf_counter() + seconds

    async def visit() -> None:
        nonlocal refused
        await asyncio.sleep(random.random() * thought)
        while time.perf_counter() < end:
            begun = time.perf_counter()
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)  # one per request, as the proxy does
            writer.write(next(waiting))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            taken.append((time.perf_counter() - begun) * 1000)
            refused += not head.startswith(b"http/1.1 200")
            writer.close()
            if thought:
                await asyncio.sleep(random.uniform(0.5, 1.5) * thought)

    await asyncio.gather(*(visit() for _ in range(connections)))
    slow = statistics.quantiles(taken, n=100)
    return {
        "per_second": round(len(taken) / seconds, 1),
        "p50": round(slow[49]),
        "p99": round(slow[98]),
        "not_200": refused,
    }


if __name__ == "__main__":
    main()
