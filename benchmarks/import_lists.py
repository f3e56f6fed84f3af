"""Measure the import of a list, beside the fastest possible import and other libraries: `make bench-import` or

    .venv/bin/python benchmarks/import_lists.py [--rows 3400 100000] [--kinds xlsx csv] [--million] [--peers FOLDER]

Prints a line of JSON per list. `import`: wall-clock and CPU seconds per phase. `largest_process_mib`: the peak memory
of the largest process, MiB. `again`: the same rows in another file, so that all rows are known. `floor` and
`import_export` (`import_peers.py`) import the same file into the same table.

Runs real engines in a separate data folder. Each way runs in a separate process, on tables that are empty except
for people and units. django-import-export is not a dependency of the project; `make` installs the package in
FOLDER.
"""

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from filled_database import FOLDER

MILLION = 1_000_000
#: Blocks of sample rows; every block has separate people, up to the number that a city employs.
BLOCKS = 30
DAYS = 11


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="*", default=[3_400, 100_000])
    parser.add_argument("--kinds", nargs="+", default=["xlsx", "csv"], choices=["xlsx", "csv"])
    parser.add_argument("--million", action="store_true", help="and a csv of a million rows: a quarter of an hour")
    parser.add_argument("--peers", type=Path, help="where django-import-export is installed")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(run_way(asked.way, asked.file)))
        return
    from sepo_incident import embedded

    if asked.peers:
        os.environ["PYTHONPATH"] = str(asked.peers)
    ways = ["floor", *(["import_export"] if asked.peers else [])]
    try:
        with embedded.running_engines():
            measure([*asked.rows, *([MILLION] if asked.million else [])], asked.kinds, ways)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def measure(sizes: list[int], kinds: list[str], ways: list[str]) -> None:
    set_up()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    make_incident()
    for size in sizes:
        for kind in kinds if size < MILLION else ["csv"]:
            print(json.dumps({"rows": size, "kind": kind} | side_by_side(size, kind, ways)), flush=True)


def make_incident() -> None:
    from letters.categories import category_rules
    from letters.models import Incident
    from letters.samples import FIRST_DAY

    last_day = FIRST_DAY + timedelta(days=DAYS - 1)
    deadline = last_day + timedelta(days=30)
    days = {"first_day": FIRST_DAY, "last_day": last_day, "deadline": deadline}
    category_rules.create_default_rules(Incident.objects.create(slug="lister", title="Lister", **days))


def set_up() -> None:
    import django

    warnings.filterwarnings("ignore", message="No directory at")
    django.setup()


def side_by_side(size: int, kind: str, ways: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        first, again = Path(folder) / f"liste.{kind}", Path(folder) / f"igen.{kind}"
        write(first, kind, size)
        write(again, kind, size, title="Igen")
        empty_tables()
        figures: dict[str, Any] = {"import": in_own_process("import", first), "again": in_own_process("import", again)}
        for way in ways:
            empty_tables()
            figures[way] = in_own_process(way, first)
    whole = figures["import"]["seconds"]
    figures["ratios"] = {f"{way} / import": round(figures[way]["seconds"] / whole, 2) for way in ("again", *ways[1:])}
    figures["ratios"]["import / floor"] = round(whole / figures["floor"]["seconds"], 2)
    return figures


def sample(size: int) -> Iterator[list[Any]]:
    """Yield rows of a list: the demo's rows repeated, each with a new number, minute and recipient."""
    from letters.samples import FIRST_DAY, make_rows

    begin = datetime.combine(FIRST_DAY, datetime.min.time())
    base = make_rows()
    for number in range(size):
        row = base[number % len(base)]
        block = number // len(base) % BLOCKS
        yield [
            f"SEPO-{number:07d}",
            begin + timedelta(minutes=number * DAYS * 24 * 60 // size),
            row.sender,
            row.sender_email.replace("@", f".{block}@"),
            *row[4:11],
            f"recipient-{number}@eboks.example",
            row.subject,
        ]


def write(path: Path, kind: str, size: int, title: str = "") -> None:
    """Write the list. `title`: makes another file of the same rows."""
    from letters.samples import COLUMNS
    from sepo_incident.core import spreadsheets

    if kind == "csv":
        path.write_bytes(spreadsheets.build_csv(COLUMNS, sample(size)) + (b"\r\n" if title else b""))
    else:
        path.write_bytes(spreadsheets.build_xlsx(COLUMNS, sample(size), title or "Liste"))


def empty_tables() -> None:
    """Delete letters, rows and batches. People and units stay; no other table refers to letters in this benchmark."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # otherwise the triggers of append-only tables refuse
        cursor.execute("TRUNCATE letters_importrow, letters_letter, letters_importbatch CASCADE")
        cursor.execute("RESET session_replication_role")
        cursor.execute("CHECKPOINT")


def in_own_process(way: str, path: Path) -> dict[str, Any]:
    from process_usage import run_script

    told, peak = run_script([sys.executable, __file__, "--way", way, "--file", str(path)])
    return told | {"largest_process_mib": peak}


def run_way(way: str, path: Path) -> dict[str, Any]:
    """Import the file in one of the ways; return the seconds, in total and per phase."""
    set_up()
    if way == "import":
        return import_file(path)
    from import_peers import WAYS

    told = {name: round(spent, 2) for name, spent in WAYS[way](path).items()}
    return {"seconds": round(sum(told.values()), 2)} | told


def import_file(path: Path) -> dict[str, Any]:
    """Import a file as the web server and the workers do, and return the seconds of each phase."""
    from django.db import connection
    from process_usage import cpu_with_children

    from letters.importing import batches
    from letters.importing.files import uploads
    from letters.importing.plan import letter_comparison
    from letters.models import ImportBatch, Incident

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    incident = Incident.objects.get()
    begun = time.perf_counter()
    with path.open("rb") as file:
        batch, _ = uploads.receive_file(incident, path.name, file, by=None)
    received = time.perf_counter()
    batches.read_batch(batch.pk)
    checked = time.perf_counter()
    batch.refresh_from_db()
    if batch.status != ImportBatch.Status.CHECKED:
        raise SystemExit(batch.refusal)
    batches.request_commit(batch, by=None)
    batches.commit_batch(batch.pk)
    ended = time.perf_counter()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    counts = letter_comparison.count_rows(batch)
    return {
        "seconds": round(ended - begun, 2),
        "to_check_page": round(checked - begun, 2),
        "receive": round(received - begun, 2),
        "commit": round(ended - checked, 2),
        "cpu": {
            "python": round(time.process_time(), 2),
            "child": round(children.ru_utime + children.ru_stime, 2),
            "postgres": cpu_with_children(backend),
        },
        "new": counts.new,
        "known": counts.known,
        "rejected": counts.rejected,
    }


if __name__ == "__main__":
    main()
