"""Measure a decision about 5.000 letters, and how fast pages answer meanwhile: `make bench-bulk` or

    .venv/bin/python benchmarks/bulk_decision.py [--letters 5000]

Runs real engines in a separate data folder. A coordinator's requests run in this process, the worker's part in a
process of its own. Printed are seconds, CPU seconds, queries, and the worker's peak memory above the memory after
starting.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ |= {"DJANGO_SETTINGS_MODULE": "sepo_incident.settings", "DEMO": "1", "LOG_LEVEL": "WARNING"}
os.environ.setdefault("SEPO_DATA", str(Path(tempfile.gettempdir()) / f"sepo-bulk-{os.getpid()}"))

from sepo_incident import embedded  # noqa: E402

WORKER = "--carry-on"
HOST = {"host": "127.0.0.1"}
ANSWERS = {"remedy": "RESEND", "is_resent": "ja", "deadline_missed": "nej", "consequence_review": "NONE"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=5000)
    parser.add_argument(WORKER, type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.carry_on:
        print(json.dumps(run_worker(asked.carry_on)))
        return
    try:
        with embedded.running_engines():
            measure(asked.letters)
    finally:
        shutil.rmtree(os.environ["SEPO_DATA"], ignore_errors=True)


def set_up() -> None:
    import warnings

    import django

    warnings.filterwarnings("ignore", message="No directory at")
    django.setup()


def run_worker(pk: int) -> dict[str, float]:
    """Run the worker's part of the bulk decision and return seconds, CPU seconds, queries and MiB."""
    set_up()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from followups import services

    connection.ensure_connection()
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak memory of this process
    memory, begun, cpu = kib("VmRSS"), time.perf_counter(), time.process_time()
    with CaptureQueriesContext(connection) as captured:
        services.continue_bulk_decision(pk)
    return {
        "seconds": time.perf_counter() - begun,
        "cpu": time.process_time() - cpu,
        "queries": len(captured),
        "mib": (kib("VmHWM") - memory) / 1024,
    }


def kib(what: str) -> int:
    """Return a figure of this process's memory in KiB from /proc: `VmRSS` is current, `VmHWM` is the peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def measure(letters: int) -> None:
    set_up()
    from django.core.management import call_command
    from django.test import Client

    from followups.models import BulkDecision, FollowUp
    from sepo_incident.accounts.models import Membership, Unit
    from sepo_incident.demo import personas
    from sepo_incident.demo.sample_incident import fill_database

    call_command("migrate", verbosity=0)
    fill_database(letters * 8 // 5)  # more letters than needed: some are decided, are personnel cases, or have a date
    coordinator = personas.find_user_by_key("koordinator")
    Membership.objects.create(user=coordinator, unit=Unit.root(), role=Membership.Role.COORDINATOR)
    client = Client()
    client.force_login(coordinator)
    chosen = choose_letters(letters, coordinator)
    print(f"{letters} letters{'':<22}{'seconds':>9}{'CPU':>8}{'queries':>9}{'MiB':>7}")
    where = f"/enhed/{Unit.root().pk}/sammen/"
    measure_request("the form", lambda: client.get(f"{where}?status=OPEN&alle=1", headers=HOST))
    posted = ANSWERS | {"breve": chosen}
    measure_request("the preview", lambda: client.post(where, posted | {"trin": "vis"}, headers=HOST))
    measure_request("the button", lambda: client.post(where, posted | {"trin": "gem"}, headers=HOST))
    bulk = BulkDecision.objects.get()
    measure_worker("the worker decides", bulk.pk, client)
    print(f"{FollowUp.objects.filter(decisions__bulk_decision=bulk).count()} letters have the decision")
    measure_request("the page of the result", lambda: client.get(f"/samlet/{bulk.pk}/", headers=HOST))
    measure_request("the button that undoes", lambda: client.post(f"/samlet/{bulk.pk}/fortryd/", headers=HOST))
    measure_worker("the worker undoes", bulk.pk, client)


def choose_letters(letters: int, coordinator: Any) -> str:
    """Return that many decidable letters in the format of the page's form field."""
    from followups import seen_versions
    from followups.rules import rights
    from letters.models import Letter

    found = Letter.objects.visible_to(coordinator).filter(rights.decidable_by(coordinator), followup__due_on=None)
    return seen_versions.format_versions(
        seen_versions.letters_at_current_version(found.filter(pk__in=found.order_by("pk").values("pk")[:letters]))
    )


def measure_request(label: str, request: Callable[[], Any]) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    begun, cpu = time.perf_counter(), time.process_time()
    with CaptureQueriesContext(connection) as captured:
        answer = request()
    if answer.status_code not in (200, 302):
        raise SystemExit(f"{label} answered {answer.status_code}")
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    print(f"{label:<32}{seconds:>9.2f}{cpu:>8.2f}{len(captured.captured_queries):>9}")


def measure_worker(label: str, pk: int, client: Any) -> None:
    """Run the worker in a separate process, requesting the progress page as often as a browser does."""
    worker = subprocess.Popen([sys.executable, __file__, WORKER, str(pk)], stdout=subprocess.PIPE, text=True)
    answers = []
    while worker.poll() is None:
        begun = time.perf_counter()
        client.get(f"/samlet/{pk}/", headers=HOST | {"HX-Request": "true"})
        answers.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.2)
    cost = json.loads(worker.communicate()[0].splitlines()[-1])
    print(f"{label:<32}{cost['seconds']:>9.2f}{cost['cpu']:>8.2f}{cost['queries']:>9}{cost['mib']:>7.0f}")
    print(f"meanwhile its page answers in {statistics.median(answers):.0f} ms, at the most {max(answers):.0f}")


if __name__ == "__main__":
    main()
