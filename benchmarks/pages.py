"""Measure queries and milliseconds per page in the server, with the demo's incident: `make bench-pages` or

    .venv/bin/python benchmarks/pages.py [--letters 3400] [--times 20]

Runs real engines in a separate data folder. A first request counts the queries; the time is the median of the next
`--times` requests.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ |= {"DJANGO_SETTINGS_MODULE": "sepo_incident.settings", "DEMO": "1", "LOG_LEVEL": "WARNING"}
os.environ["SEPO_DATA"] = str(Path(tempfile.gettempdir()) / f"sepo-pages-{os.getpid()}")

from sepo_incident import embedded  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=3400)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    try:
        with embedded.running_engines():
            measure(asked.letters, asked.times)
    finally:
        shutil.rmtree(os.environ["SEPO_DATA"], ignore_errors=True)


def measure(letters: int, times: int) -> None:
    import warnings

    import django

    warnings.filterwarnings("ignore", message="No directory at")
    django.setup()
    from django.core.management import call_command

    from sepo_incident.demo.sample_incident import fill_database

    call_command("migrate", verbosity=0)
    fill_database(letters)
    print(f"{letters} letters, median of {times}")
    print(f"{'page':<44}{'as':<14}{'queries':>8}{'ms':>8}")
    for label, persona, path in list_pages():
        queries, milliseconds = measure_page(persona, path, times)
        print(f"{label:<44}{persona:<14}{queries:>8}{milliseconds:>8.0f}")


def list_pages() -> list[tuple[str, str, str]]:
    """Return (label, persona, path) of the measured pages."""
    from letters.models import CategoryRule
    from letters.samples.sample_letters import SENDER_OF_FOURTEEN
    from sepo_incident.accounts.models import Unit

    root, buf = Unit.root(), Unit.objects.get(code="BUF")
    school = Unit.objects.get(name=SENDER_OF_FOURTEEN.unit)
    letter = school.letters.filter(sender__name=SENDER_OF_FOURTEEN.name).order_by("pk").first()
    return [
        ("board of the whole municipality", "kit", f"/enhed/{root.pk}/"),
        ("board of BUF", "koordinator", f"/enhed/{buf.pk}/"),
        ("letter list of BUF, filtered, page 3", "koordinator", f"/enhed/{buf.pk}/?words=e&page=3"),
        ("board of one school", "leder", f"/enhed/{school.pk}/"),
        ("Mine breve", "medarbejder", "/mine-breve/"),
        ("Brevet", "medarbejder", f"/brev/{letter.pk}/"),
        ("Hændelsen", "kit", "/haendelse/"),
        ("Emneområder", "kit", "/emneomraader/"),
        ("Emneområder, a rule", "kit", f"/emneomraader/{CategoryRule.objects.get(name='Møder').pk}/"),
        ("Beskeder", "kit", "/beskeder/"),
        ("Henvendelser", "dit", "/henvendelser/"),
    ]


def measure_page(persona: str, path: str, times: int) -> tuple[int, float]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from sepo_incident.demo import personas

    client = Client()
    client.force_login(personas.find_user_by_key(persona))
    client.get(path, headers={"host": "127.0.0.1"})
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path, headers={"host": "127.0.0.1"})
    queries = len(captured)  # count now: the next request empties the log
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}")
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        client.get(path, headers={"host": "127.0.0.1"})
        taken.append((time.perf_counter() - begun) * 1000)
    return queries, statistics.median(taken)


if __name__ == "__main__":
    main()
