"""Load two processes of the site with the everyday mix on the demo's fourth day: `make bench-load` or

    .venv/bin/python benchmarks/load.py [--seconds 60] [--connections 16] [--people 200] [--threads 8]

The mix: half letters of different senders, a tenth *Mine breve*, four tenths boards of schools and administrations.
Prints a line of JSON per run: `bare` (a view that shows nothing), `mix`, `people` (with six seconds of thought), and
`decisions`: the mix with a tenth of decisions, none of which may be lost or doubled.
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
from urllib.parse import urlencode

from filled_database import ROOT, filled_database, signed_in

from tests.followups.decision_posts import RESEND_POST

PORT = 8765
MAIL_PORT = 8766
THOUGHT, WARM_UP = 6, 6  # seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, value in (("seconds", 60), ("connections", 16), ("people", 200), ("threads", 8), ("letters", 3400)):
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{MAIL_PORT}"
    with mail_sink(), filled_database(asked.letters, days=4):
        from followups.models import Decision

        bare, (mix, decisions) = [request("/sundhed/siden/", "")], everyday_mix()
        with_decisions = [one for ten in zip(*[iter(mix)] * 9, decisions, strict=False) for one in ten]
        with site(asked.threads):
            for name, pages, connections, thought in (
                ("bare", bare, asked.connections, 0),
                ("mix", mix, asked.connections, 0),
                ("people", mix, asked.people, THOUGHT),
                ("decisions", with_decisions, asked.connections, 0),
            ):
                before = Decision.objects.count()
                figures = asyncio.run(load(pages, connections, asked.seconds, thought))
                if figures["saved"] != Decision.objects.count() - before:
                    raise SystemExit(f"{Decision.objects.count() - before} decisions, {figures['saved']} answers")
                print(json.dumps({"run": name} | figures), flush=True)


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
        asyncio.run(load([request("/sundhed/siden/", "")], 16, WARM_UP, 0))
        yield
        server.terminate()


def request(path: str, cookie: str, body: str = "") -> bytes:
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nCookie: {cookie}\r\n"
    about = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{head}{about}\r\n{body}".encode()


def everyday_mix() -> tuple[list[bytes], list[bytes]]:
    """Return the requests of the mix, in random order: 1.000 with a whole list, and decisions of other letters."""
    from django.conf import settings

    from letters.models import Letter
    from sepo_incident.accounts.models import Membership, Unit

    random.seed(4)
    cookies: dict[int, str] = {}

    def page(path: str, user, body: str = "") -> bytes:
        if user.pk not in cookies:
            key = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
            cookies[user.pk] = f"{settings.SESSION_COOKIE_NAME}={key}; {settings.CSRF_COOKIE_NAME}={'c' * 32}"
        return request(path, cookies[user.pk], body)

    with_sender = Letter.objects.active().exclude(sender=None).select_related("sender", "followup").order_by("?")
    letters = list(with_sender[:600])
    undecided = with_sender.filter(followup__status="OPEN", is_personnel_case=False)
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
    token = {"csrfmiddlewaretoken": "c" * 32}
    decisions = [
        page(f"/brev/{one.pk}/", one.sender, urlencode(RESEND_POST | token | {"version": one.followup.version}))
        for one in undecided
    ]
    return mix * 9, decisions


async def site_answers() -> None:
    for _ in range(200):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", PORT)
            writer.close()
            return
        await asyncio.sleep(0.1)


async def load(pages: list[bytes], connections: int, seconds: float, thought: float) -> dict[str, float]:
    """Return requests per second, milliseconds (median, the slowest of 100), saved decisions and other answers."""
    taken: list[float] = []
    refused = saved = 0
    waiting, end = cycle(pages), time.perf_counter() + seconds

    async def visit() -> None:
        nonlocal refused, saved
        await asyncio.sleep(random.random() * thought)
        while time.perf_counter() < end:
            begun = time.perf_counter()
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)  # one per request, as the proxy does
            writer.write(next(waiting))
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            taken.append((time.perf_counter() - begun) * 1000)
            saved += head.startswith(b"http/1.1 302")
            refused += not head.startswith((b"http/1.1 200", b"http/1.1 302"))
            writer.close()
            if thought:
                await asyncio.sleep(random.uniform(0.5, 1.5) * thought)

    await asyncio.gather(*(visit() for _ in range(connections)))
    slow = statistics.quantiles(taken, n=100)
    return {
        "per_second": round(len(taken) / seconds, 1),
        "p50": round(slow[49]),
        "p99": round(slow[98]),
        "saved": saved,
        "refused": refused,
    }


if __name__ == "__main__":
    main()
