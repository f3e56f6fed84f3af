"""Measure the search in the header, by role and by what is searched for: `make bench-search` or

    .venv/bin/python benchmarks/search.py [--letters 3400 100000] [--times 20]

Prints the queries and the median milliseconds in the server of what htmx asks for while somebody types. Beside 100.000
letters there are ten times as many people. Runs real engines in a separate data folder.
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
os.environ["SEPO_DATA"] = str(Path(tempfile.gettempdir()) / f"sepo-search-{os.getpid()}")

from benchmarks.copied_letters import multiply_letters, multiply_people  # noqa: E402
from sepo_incident import embedded  # noqa: E402

#: More letters than the sample has are copies, and this many copies of each person come with them.
SAMPLE, COPIES_OF_PEOPLE = 3400, 9
#: The first is a lookup, the last two are what somebody has typed on the way to a longer word.
KINDS = ("person", "brev-id", "code", "subject", "unit", "two words", "in", "sk")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, nargs="+", default=[3400, 100_000])
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    try:
        with embedded.running_engines():
            measure(asked.letters, asked.times)
    finally:
        shutil.rmtree(os.environ["SEPO_DATA"], ignore_errors=True)


def measure(sizes: list[int], times: int) -> None:
    import warnings

    import django

    warnings.filterwarnings("ignore", message="No directory at")
    django.setup()
    from django.core.management import call_command

    from sepo_incident.demo.sample_incident import fill_database

    call_command("migrate", verbosity=0)
    fill_database(min(SAMPLE, *sizes))
    for number, letters in enumerate(sorted(sizes)):
        if number:
            multiply_letters(letters)
            multiply_people(COPIES_OF_PEOPLE)
        print_table(letters, times)


def print_table(letters: int, times: int) -> None:
    from sepo_incident.accounts.models import User

    people, texts = list_readers(), list_texts()
    print(f"{letters} letters, {User.objects.count()} people: queries / milliseconds, median of {times}")
    print(f"{'search':<28}" + "".join(f"{name:>16}" for name in people))
    for kind, text in texts.items():
        cells = [measure_search(user, text, times) for user in people.values()]
        print(f"{f'{kind}: {text}':<28.28}" + "".join(f"{f'{queries} / {ms:.0f}':>16}" for queries, ms in cells))


def list_readers() -> dict[str, object]:
    """Return {role: a person with the role}."""
    from sepo_incident.accounts.models import Membership, Unit, User
    from sepo_incident.demo import personas

    reader = User.objects.filter(email="laeser@kk.example").first()
    if reader is None:
        reader = User.objects.create_user("laeser@kk.example", "Sofie Lange", unit=Unit.root())
        Membership.objects.create(user=reader, unit=Unit.root(), role=Membership.Role.READER)
    keys = {
        "KIT": "kit",
        "coordinator": "koordinator",
        "leader": "leder",
        "employee": "medarbejder",
        "HR": "hr",
    }
    return {role: personas.find_user_by_key(key) for role, key in keys.items()} | {"READER": reader}


def list_texts() -> dict[str, str]:
    """Return {kind: text} of the searches. The letter is a readable one of the sender with fourteen letters."""
    from letters.models import Letter
    from letters.samples.sample_letters import SENDER_OF_FOURTEEN

    name, unit = SENDER_OF_FOURTEEN.name, SENDER_OF_FOURTEEN.unit
    letters = Letter.objects.filter(sender__name=name, is_personnel_case=False).exclude(recipient_key="")
    letter = letters.order_by("pk").first()
    code = letter.recipient_label.rpartition(" ")[2]
    found = (name, letter.source_ref, code, "partshøring", unit, "indkaldelse samtale", "in", "sk")
    return dict(zip(KINDS, found, strict=True))


def measure_search(user: object, text: str, times: int) -> tuple[int, float]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    client = Client(headers={"host": "127.0.0.1", "HX-Request": "true"})
    client.force_login(user)
    url, data = reverse("search"), {"ord": text}
    client.post(url, data)
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(url, data)
    queries = len(captured)  # count now: the next request empties the log
    if answer.status_code != 200:
        raise SystemExit(f"the search answered {answer.status_code}")
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        client.post(url, data)
        taken.append((time.perf_counter() - begun) * 1000)
    return queries, statistics.median(taken)


if __name__ == "__main__":
    main()
