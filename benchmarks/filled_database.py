"""Real engines in a data folder of their own with the demo's incident, and the measuring of a request."""

import os
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from copies import multiply_letters

SAMPLE = 3400
ROOT = Path(__file__).resolve().parent.parent
#: The data folder of the benchmark, of its child processes too.
FOLDER = os.environ.setdefault("BENCHMARK_DATA", f"{tempfile.gettempdir()}/sepo-benchmark-{os.getpid()}")
sys.path.insert(0, str(ROOT))
os.environ |= {"DJANGO_SETTINGS_MODULE": "sepo_incident.settings", "DEMO": "1", "LOG_LEVEL": "WARNING"}
os.environ["SEPO_DATA"] = FOLDER


@contextmanager
def filled_database(letters: int, days: int = 0) -> Iterator[None]:
    """Run the engines during the block, with the demo's incident of `letters` letters, `days` working days on.

    More than `SAMPLE` letters are copies, with copies of their units and people.
    """
    import django

    from sepo_incident import embedded

    try:
        with embedded.running_engines():
            warnings.filterwarnings("ignore", message="No directory at")
            django.setup()
            from django.core.management import call_command

            from sepo_incident.demo.sample_incident import fill_database

            call_command("migrate", verbosity=0)
            fill_database(min(letters, SAMPLE), days)
            if letters > SAMPLE:
                multiply_letters(letters)
            yield
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def signed_in(user: Any, **headers: str) -> Any:
    """Return a test client in which the user is signed in."""
    from django.test import Client

    client = Client(headers={"host": "127.0.0.1", **headers})
    client.force_login(user)
    return client


def measure_request(send: Callable[[], Any], times: int) -> tuple[int, float, float]:
    """Return the queries of a request, and median milliseconds of the next `times` ones: all, and of this process."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    send()
    with CaptureQueriesContext(connection) as captured:
        answer = send()
    queries = len(captured)  # count now: the next request empties the log
    if answer.status_code != 200:
        raise SystemExit(f"{answer.request['PATH_INFO']} answered {answer.status_code}")
    taken, worked = [], []
    for _ in range(times):
        begun, work = time.perf_counter(), time.process_time()
        send()
        taken.append((time.perf_counter() - begun) * 1000)
        worked.append((time.process_time() - work) * 1000)
    return queries, statistics.median(taken), statistics.median(worked)
