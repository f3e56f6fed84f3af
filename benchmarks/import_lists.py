"""What a list costs on its way in, beside the least it could cost: ``make bench-import`` or

    .venv/bin/python benchmarks/import_lists.py [--rows 3400 100000] [--kinds xlsx csv] [--million]

Prints a line of JSON per list: seconds and the most memory (MiB, our process and the reading child together), then

- ``again``: the same rows in another file, all of them known;
- ``floor``: the fastest reader, then COPY into the same letters table with its indexes and foreign keys;
- ``bulk_create``: openpyxl (or csv), then Django's ``bulk_create`` into it.

Real engines in a folder of their own. Each import runs in a process of its own, on tables that are empty but for people
and units. A million rows are more bytes than a browser may send us, so here the limit of the file's size is lifted.
"""

import argparse
import csv
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ |= {"DJANGO_SETTINGS_MODULE": "sepo_incident.settings", "DEMO": "1", "LOG_LEVEL": "WARNING"}
os.environ.setdefault("SEPO_DATA", str(Path(tempfile.gettempdir()) / f"sepo-lists-{os.getpid()}"))

MILLION = 1_000_000
#: Each block of sample rows has its own people, up to as many as a city employs.
BLOCKS = 30
DAYS = 11


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[3_400, 100_000])
    parser.add_argument("--kinds", nargs="+", default=["xlsx", "csv"], choices=["xlsx", "csv"])
    parser.add_argument("--million", action="store_true", help="and a list of a million rows: half an hour")
    parser.add_argument("--import-file", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.import_file:
        print(json.dumps(import_file(asked.import_file)))
        return
    from sepo_incident import embedded

    try:
        with embedded.engines():
            measure([*asked.rows, *([MILLION] if asked.million else [])], asked.kinds)
    finally:
        shutil.rmtree(os.environ["SEPO_DATA"], ignore_errors=True)


def measure(sizes: list[int], kinds: list[str]) -> None:
    set_up()
    from django.core.management import call_command

    from letters.categories import editing
    from letters.models import Incident
    from letters.samples import FIRST_DAY

    call_command("migrate", verbosity=0)
    last_day = FIRST_DAY + timedelta(days=DAYS - 1)
    deadline = last_day + timedelta(days=30)
    days = {"first_day": FIRST_DAY, "last_day": last_day, "deadline": deadline}
    editing.give_defaults(Incident.objects.create(slug="lister", title="Lister", **days))
    for size in sizes:
        for kind in kinds:
            print(json.dumps({"rows": size, "kind": kind} | side_by_side(size, kind)), flush=True)


def set_up() -> None:
    import warnings

    import django

    warnings.filterwarnings("ignore", message="No directory at")
    django.setup()


def side_by_side(size: int, kind: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        first, again = Path(folder) / f"liste.{kind}", Path(folder) / f"igen.{kind}"
        write(first, kind, list(sample(size)))
        shutil.copy(first, again)
        other_bytes(again, kind)
        empty_tables()
        told: dict[str, Any] = {"import": in_own_process(first), "again": in_own_process(again)}
        for name, way in (("floor", floor), ("bulk_create", bulk_create)):
            empty_tables()
            told[name] = seconds(way, first, kind)
    whole = told["import"]["seconds"]
    told["ratios"] = {
        "import / floor": round(whole / told["floor"], 2),
        "again / import": round(told["again"]["seconds"] / whole, 2),
        "bulk_create / import": round(told["bulk_create"] / whole, 2),
    }
    return told


def sample(size: int) -> Iterator[list[Any]]:
    """Rows as a list has them: the demo's, over and over, each with a number, a minute and a recipient of its own."""
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


def write(path: Path, kind: str, rows: list[list[Any]]) -> None:
    from letters import exporting
    from letters.samples import COLUMNS

    if kind == "csv":
        path.write_bytes(exporting.to_csv(COLUMNS, rows))
    else:
        path.write_bytes(exporting.to_xlsx(COLUMNS, rows, "Liste"))


def other_bytes(path: Path, kind: str) -> None:
    """The same rows in a file that we have not met."""
    if kind == "csv":
        path.write_bytes(path.read_bytes() + b"\r\n")
    else:
        import zipfile

        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = b"again"


def empty_tables() -> None:
    """But for people and units; nothing else refers to letters here."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE letters_importrow, letters_letter, letters_importfile, letters_importbatch CASCADE")
        cursor.execute("CHECKPOINT")


def in_own_process(path: Path) -> dict[str, Any]:
    asked = subprocess.run(
        [sys.executable, __file__, "--import-file", str(path)], stdout=subprocess.PIPE, check=True, env=os.environ
    )
    return dict(json.loads(asked.stdout))


def import_file(path: str) -> dict[str, Any]:
    """Bytes to letters, as the workers do it, and where the time went."""
    set_up()
    from letters.importing import batches, duplicates, looking, plan, reader
    from letters.importing import commit as committing
    from letters.models import Incident

    looking.MAX_BYTES = 2 * 1024**3
    reader.WALL_SECONDS = 600
    spent: dict[str, float] = {}
    timed(plan, "stage", spent, "stage")
    timed(duplicates, "judge", spent, "plan")
    timed(plan, "compare", spent, "plan")
    incident = Incident.objects.get()
    content = Path(path).read_bytes()
    begun = time.perf_counter()
    batch, _ = batches.receive(incident, Path(path).name, content, by=None)
    child_kib = batches.read(batch.pk)
    checked = time.perf_counter()
    timed(committing, "commit", spent, "commit")
    batch.refresh_from_db()
    if batch.refusal:
        raise SystemExit(batch.refusal)
    plan_until_check = spent["plan"]
    batches.ask_to_commit(batch, by=None)
    batches.commit(batch.pk)
    own_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts = plan.count(batch)
    return {
        "seconds": round(time.perf_counter() - begun, 2),
        "to_check_page": round(checked - begun, 2),
        "read": round(checked - begun - spent["stage"] - plan_until_check, 2),
        "stage": round(spent["stage"], 2),
        "plan": round(plan_until_check, 2),
        "commit": round(spent["commit"], 2),
        "peak_mib": (own_kib + child_kib) // 1024,
        "child_mib": child_kib // 1024,
        "new": counts.new,
        "known": counts.known,
        "rejected": counts.rejected,
    }


def timed(module: Any, name: str, spent: dict[str, float], phase: str) -> None:
    does = getattr(module, name)

    def run(*args: Any) -> Any:
        begun = time.perf_counter()
        try:
            return does(*args)
        finally:
            spent[phase] = spent.get(phase, 0.0) + time.perf_counter() - begun

    setattr(module, name, run)


def seconds(way: Callable[[Iterator[list[Any]]], None], path: Path, kind: str) -> float:
    begun = time.perf_counter()
    fast = way is floor
    way(csv_rows(path) if kind == "csv" else calamine_rows(path) if fast else openpyxl_rows(path))
    return round(time.perf_counter() - begun, 2)


def csv_rows(path: Path) -> Iterator[list[Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        next(rows)
        for row in rows:
            row[1] = datetime.strptime(row[1], "%d-%m-%Y %H:%M")  # type: ignore[call-overload]
            yield row


def calamine_rows(path: Path) -> Iterator[list[Any]]:
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows()
    next(rows)
    yield from rows


def openpyxl_rows(path: Path) -> Iterator[list[Any]]:
    from openpyxl import load_workbook

    rows = load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True)
    next(rows)
    yield from rows


def an_empty_batch() -> tuple[Any, dict[str, int], int]:
    """(a batch, address → person, a unit): what a row needs to become a letter."""
    from letters.models import ImportBatch, Incident
    from sepo_incident.accounts.models import Unit, User

    batch = ImportBatch.objects.create(incident=Incident.objects.get(), filename="", sha256="")
    people = dict(User.objects.values_list("email", "pk"))
    return batch, people, Unit.objects.last().pk


def floor(rows: Iterator[list[Any]]) -> None:
    """No row is looked at: cells go as they are, names of people as the ids they have."""
    from django.db import connection, transaction

    batch, people, unit = an_empty_batch()
    columns = (
        "incident_id, batch_id, source_ref, sent_at, sender_name, sender_id, leader_name, leader_id, unit_id, "
        "recipient_kind, recipient_key, subject, category, is_personnel_case"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        text = io.StringIO()
        for row in rows:
            ids = people.get(row[3], "\\N"), people.get(row[5], "\\N")
            text.write(
                f"{batch.incident_id}\t{batch.pk}\t{row[0]}\t{row[1]}\t{row[2]}\t{ids[0]}\t{row[4]}\t{ids[1]}\t{unit}\t"
                f"CITIZEN\t{row[11]:0>64}\t{row[12]}\tMøder\tf\n"
            )
        text.seek(0)
        cursor.copy_expert(f"COPY letters_letter ({columns}) FROM STDIN", text)


def bulk_create(rows: Iterator[list[Any]]) -> None:
    from django.db import transaction

    from letters.models import Letter

    batch, people, unit = an_empty_batch()
    letters = (
        Letter(
            incident_id=batch.incident_id,
            batch=batch,
            source_ref=row[0],
            sent_at=row[1].replace(tzinfo=UTC),
            sender_name=row[2] or "",
            sender_id=people.get(row[3]),
            leader_name=row[4] or "",
            leader_id=people.get(row[5]),
            unit_id=unit,
            recipient_kind="CITIZEN",
            recipient_key=f"{row[11]:0>64}",
            subject=row[12] or "",
            category="Møder",
        )
        for row in rows
    )
    with transaction.atomic():
        Letter.objects.bulk_create(letters, batch_size=5_000)


if __name__ == "__main__":
    main()
