"""Staging of a staff file: the rows stay beside our users until somebody saves or discards the file."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import connection, transaction

from sepo_incident.accounts.models import StaffImport, StaffRow
from sepo_incident.core import database

Status, Verdict = StaffImport.Status, StaffRow.Verdict
_LOCK_SPACE = 20191219


@dataclass(slots=True)
class StaffPerson:
    """A parsed row of a staff file.

    `left_on` is set for an inactive person: the day in the file, otherwise the day when the file was read.
    """

    row: int
    email: str
    name: str = ""
    unit_id: int | None = None
    leads: bool = False
    leader_name: str = ""
    leader_email: str = ""
    left_on: date | None = None
    problems: list[dict[str, str]] = field(default_factory=list)
    is_rejected: bool = False


_COLUMNS = (
    "staff_import_id", "row", "email", "name", "unit_id", "leads", "leader_name", "leader_email", "left_on",
    "problems", "changes", "verdict",
)  # fmt: skip
_COPY = f"COPY accounts_staffrow ({', '.join(_COLUMNS)}) FROM STDIN"


@transaction.atomic
def stage_people(staff: StaffImport, people: Iterable[StaffPerson]) -> None:
    """Save `staff` and copy `people` into rows. A file that was waiting is discarded."""
    with connection.cursor() as cursor:
        # of two files at the same time, the second discards the first
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_SPACE])
    for waiting in StaffImport.objects.select_for_update().filter(status=Status.CHECKED):
        discard_staff_import(waiting)
    staff.save()
    with connection.cursor() as cursor:
        database.copy_from_lines(cursor, _COPY, (_copy_line(staff.pk, person) for person in people))


def _copy_line(pk: int, person: StaffPerson) -> str:
    """Return a line in COPY's text format. The texts were cleaned of tabs, line breaks and null characters."""
    unit, left_on = (str(value or "\0") for value in (person.unit_id, person.left_on))
    problems = json.dumps(person.problems, ensure_ascii=False)
    verdict = Verdict.REJECTED.value if person.is_rejected else ""
    line = (
        f"{pk}\t{person.row}\t{person.email}\t{person.name}\t{unit}\t{person.leads}\t{person.leader_name}\t"
        f"{person.leader_email}\t{left_on}\t{problems}\t{{}}\t{verdict}\n"
    )
    return line.replace("\\", "\\\\").replace("\0", "\\N")


@transaction.atomic
def discard_staff_import(staff: StaffImport) -> bool:
    """Discard a waiting file and delete the rows; the `StaffImport` stays. Return whether the file was waiting."""
    gone = StaffImport.objects.filter(pk=staff.pk, status=Status.CHECKED).update(status=Status.DISCARDED)
    StaffRow.objects.filter(staff_import=staff).delete()
    return bool(gone)
