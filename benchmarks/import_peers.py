"""Other ways to import a list. Every way fills the letters table, unchanged, from the same file.

No way hashes recipients, masks CPR numbers, finds mistakes or can be undone; cells are stored as they are.
"""

import csv
import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

COLUMNS = (
    "incident_id, batch_id, source_ref, sent_at, sender_name, sender_id, leader_name, leader_id, unit_id, "
    "recipient_kind, recipient_key, subject, category, is_personnel_case"
)
BATCH_SIZE = 5_000

PhaseSeconds = dict[str, float]


def csv_rows(path: Path) -> Iterator[list[Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=";")
        next(rows)
        yield from rows


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


def create_batch() -> tuple[Any, dict[str, int], int]:
    """Return (a batch, address → person id, a unit id): what a row needs to become a letter."""
    from letters.models import ImportBatch, Incident
    from sepo_incident.accounts.models import Unit, User

    batch = ImportBatch.objects.create(incident=Incident.objects.get(), filename="", sha256="")
    people = dict(User.objects.values_list("email", "pk"))
    return batch, people, Unit.objects.last().pk


def copy_unchecked(path: Path) -> PhaseSeconds:
    """Read with the fastest reader, then COPY into the table with all indexes and foreign keys.

    Rows are not checked: PostgreSQL parses the dates, and all people exist already.
    """
    from django.db import connection, transaction

    batch, people, unit = create_batch()
    begun = time.perf_counter()
    text = io.StringIO()
    for row in csv_rows(path) if path.suffix == ".csv" else calamine_rows(path):
        ids = people.get(row[3], "\\N"), people.get(row[5], "\\N")
        text.write(
            f"{batch.incident_id}\t{batch.pk}\t{row[0]}\t{row[1]}\t{row[2]}\t{ids[0]}\t{row[4]}\t{ids[1]}\t{unit}\t"
            f"CITIZEN\t{row[11]:0>64}\t{row[12]}\tMøder\tf\n"
        )
    text.seek(0)
    read = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL datestyle = 'ISO, DMY'")
        cursor.copy_expert(f"COPY letters_letter ({COLUMNS}) FROM STDIN", text)
    return {"read": read - begun, "copy": time.perf_counter() - read}


def import_export(path: Path) -> PhaseSeconds:
    """Use django-import-export in its fastest setup.

    Bulk mode, no diffs, existing letters looked up once for all rows, and no query for the people of a row.
    """
    import tablib
    from import_export import fields, resources, widgets
    from import_export.instance_loaders import CachedInstanceLoader

    from letters.models import Letter

    batch, people, unit = create_batch()
    constants = {
        "incident_id": batch.incident_id,
        "batch_id": batch.pk,
        "unit_id": unit,
        "recipient_kind": "CITIZEN",
        "category": "Møder",
    }
    texts = ("source_ref", "sender_name", "leader_name", "recipient_key", "subject", *constants)

    class Moment(widgets.Widget):
        def clean(self, value: Any, row: Any = None, **kwargs: Any) -> datetime:
            at = datetime.strptime(value, "%d-%m-%Y %H:%M") if isinstance(value, str) else value
            return at.replace(tzinfo=UTC)

    class LetterResource(resources.ModelResource):
        sent_at = fields.Field("sent_at", "sent_at", Moment())
        locals().update({name: fields.Field(name, name) for name in (*texts, "sender_id", "leader_id")})

        class Meta:
            model = Letter
            fields = ("sent_at", *texts, "sender_id", "leader_id")
            import_id_fields = ("source_ref",)
            instance_loader_class = CachedInstanceLoader
            use_bulk = True
            batch_size = BATCH_SIZE
            skip_diff = True
            skip_html_diff = True
            report_skipped = False

    people_columns = ["sender_name", "sender_id", "leader_name", "leader_id"]
    names = ["source_ref", "sent_at", *people_columns, "recipient_key", "subject"]
    begun = time.perf_counter()
    rows = tablib.Dataset(headers=[*names, *constants])
    for row in csv_rows(path) if path.suffix == ".csv" else openpyxl_rows(path):
        ids = people.get(row[3]), people.get(row[5])
        key = f"{row[11]:0>64}"
        rows.append(
            [row[0], row[1], row[2] or "", ids[0], row[4] or "", ids[1], key, row[12] or "", *constants.values()]
        )
    result = LetterResource().import_data(rows, raise_errors=True, use_transactions=True)
    told = {"all": time.perf_counter() - begun}
    if result.totals["new"] != len(rows):
        raise SystemExit(f"django-import-export: {result.totals}")
    return told


WAYS = {"floor": copy_unchecked, "import_export": import_export}
