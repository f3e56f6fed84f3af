"""Changes of a staff file: stage the rows, compare them with our users, and commit. Knows no letters, no spreadsheets.

Nobody is deleted: a person who has left keeps the letters and cannot sign in. A role given by a person stays. A
LEADER role given by a file is removed when a file says so, or when the holder leaves.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from sepo_incident.accounts import users
from sepo_incident.accounts.models import StaffImport, StaffRow, User
from sepo_incident.accounts.roles import give_roles_sql, lock_roles, take_roles_sql
from sepo_incident.accounts.users import FORMER_EMAILS_SQL
from sepo_incident.core import danish, database
from sepo_incident.core.database import Conflict
from sepo_incident.core.sql_files import read_sql

Status, Verdict = StaffImport.Status, StaffRow.Verdict
_LOCK_SPACE = 20191219
HAS_REMARKS = ~Q(problems=[]) & ~Q(verdict=Verdict.REJECTED)
_COLUMNS = (
    "staff_import_id", "row", "email", "name", "phone", "unit_id", "leads", "leader_name", "leader_email", "left_on",
    "problems", "changes", "verdict",
)  # fmt: skip
_COPY = f"COPY accounts_staffrow ({', '.join(_COLUMNS)}) FROM STDIN"


@transaction.atomic
def stage_people(staff: StaffImport, people: Iterable[StaffRow]) -> None:
    """Save `staff`, and copy `people` into the rows of `staff`. A file that was waiting is discarded."""
    # of two files at the same time, the second discards the first
    database.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_SPACE])
    for waiting in StaffImport.objects.select_for_update().filter(status=Status.CHECKED):
        discard_staff_import(waiting)
    staff.save()
    with connection.cursor() as cursor:
        database.copy_from_lines(cursor, _COPY, (_copy_line(staff.pk, person) for person in people))


def _copy_line(pk: int, person: StaffRow) -> str:
    """Return a line in COPY's text format. The texts were cleaned of tabs, line breaks and null characters."""
    unit, left_on = (str(value or "\0") for value in (person.unit_id, person.left_on))
    problems = json.dumps(person.problems, ensure_ascii=False)
    line = (
        f"{pk}\t{person.row}\t{person.email}\t{person.name}\t{person.phone}\t{unit}\t{person.leads}\t"
        f"{person.leader_name}\t{person.leader_email}\t{left_on}\t{problems}\t{{}}\t{person.verdict}\n"
    )
    return line.replace("\\", "\\\\").replace("\0", "\\N")


@transaction.atomic
def discard_staff_import(staff: StaffImport) -> bool:
    """Discard a waiting file and delete the rows; the `StaffImport` stays. Return whether the file was waiting."""
    gone = StaffImport.objects.filter(pk=staff.pk, status=Status.CHECKED).update(status=Status.DISCARDED)
    StaffRow.objects.filter(staff_import=staff).delete()
    return bool(gone)


@dataclass(frozen=True)
class VerdictCounts:
    """The number of rows per verdict, and of people `missing` from a file with every employee, who have no row."""

    rows: int
    new: int
    known: int
    changed: int
    left: int
    rejected: int
    noticed: int
    missing: int
    blank: int

    @property
    def coming(self) -> int:
        """Return the number of people that a commit changes."""
        return self.new + self.changed + self.leaving

    @property
    def leaving(self) -> int:
        """Return the number of people that can no longer sign in after a commit."""
        return self.left + self.missing


_FIRST_STATEMENTS = (
    read_sql(__file__, "replace_former_emails.sql", former_emails=FORMER_EMAILS_SQL),
    read_sql(__file__, "reject_duplicates.sql"),
    read_sql(__file__, "resolve_leader_names.sql"),
    read_sql(__file__, "remark_unknown_leaders.sql"),
)
_SET_VERDICTS_SQL = read_sql(__file__, "set_verdicts.sql")
#: The users who leave, and the users who are never locked out. Three statements need both.
LEAVING_SQL = {
    "leaving_users": read_sql(__file__, "leaving_users.sql"),
    "kept_users": read_sql(__file__, "kept_users.sql"),
}
_REJECT_LAST_ADMINISTRATORS_SQL = read_sql(__file__, "reject_last_administrators.sql", **LEAVING_SQL)
_MISSING_USERS_SQL = read_sql(__file__, "missing_users.sql", **LEAVING_SQL)


@transaction.atomic
def set_verdicts(staff: StaffImport, is_first: bool = False) -> None:
    """Compare the rows with the users as of now and save the verdicts. May be repeated.

    `is_first`: first replace corrected addresses, reject duplicate rows and find the leaders.
    """
    # The planner has no statistics for new rows, and would compare every row with every user in a nested loop.
    database.execute("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'")
    for statement in (*(_FIRST_STATEMENTS if is_first else ()), _SET_VERDICTS_SQL, _REJECT_LAST_ADMINISTRATORS_SQL):
        database.execute(statement, sql_parameters(staff))


def sql_parameters(staff: StaffImport) -> dict[str, Any]:
    by = staff.committed_by_id or staff.created_by_id
    today = danish.local_date(timezone.now())
    return {"staff": staff.pk, "is_everybody": staff.is_everybody, "by": by, "today": today, "now": timezone.now()}


def list_missing_user_ids(staff: StaffImport) -> list[int]:
    """Return the ids of users who leave because a file with every employee omits the user."""
    return [pk for (pk,) in database.fetch_all(_MISSING_USERS_SQL, sql_parameters(staff))]


def count_verdicts(staff: StaffImport) -> VerdictCounts:
    """Return the counts as of now, or for a saved file the counts at the commit."""
    if staff.counts:
        return VerdictCounts(**staff.counts)
    verdict_counts = {each.name.lower(): Count("pk", Q(verdict=each)) for each in Verdict}
    counts = staff.rows.aggregate(rows=Count("pk"), noticed=Count("pk", HAS_REMARKS), **verdict_counts)
    return VerdictCounts(**counts, missing=len(list_missing_user_ids(staff)), blank=staff.blank_rows)


_INSERT_NEW_PEOPLE_SQL = users.insert_users_sql("""
    SELECT email, name, unit_id, phone, %(now)s::timestamptz AS address_since
    FROM accounts_staffrow
    WHERE staff_import_id = %(staff)s AND verdict IN ('NEW', 'KNOWN', 'CHANGED') AND left_on IS NULL
""")
_PEOPLE_STATEMENTS = (
    _INSERT_NEW_PEOPLE_SQL,
    read_sql(__file__, "update_changed_people.sql"),
    read_sql(__file__, "close_leaving_users.sql", **LEAVING_SQL),
)
_LEADERS_WHO_LEFT_SQL = """
    SELECT m.id FROM accounts_membership AS m JOIN accounts_user AS u ON u.id = m.user_id
    WHERE u.left_on IS NOT NULL AND m.role = 'LEADER'
"""
_NAMED_LEADERS_SQL = read_sql(__file__, "named_leaders.sql")
_FORMER_LEADERS_SQL = read_sql(__file__, "former_leaders.sql", named_leaders=_NAMED_LEADERS_SQL)
#: Roles given by a person or by the municipality's sign-in are left alone.
_ROLE_STATEMENTS = (
    take_roles_sql("made_by_import", _LEADERS_WHO_LEFT_SQL),
    take_roles_sql("made_by_staff_file", _LEADERS_WHO_LEFT_SQL),
    give_roles_sql("made_by_staff_file", _NAMED_LEADERS_SQL),
    take_roles_sql("made_by_staff_file", _FORMER_LEADERS_SQL),
)


@transaction.atomic
def commit_staff_import(staff: StaffImport, by: User | None, leaving: int | None = None) -> bool:
    """Save the changes of a staff file. Return False if the file no longer waits.

    `leaving`: the number of leaving people that the user saw, None to skip the check. Raise Conflict, without
    changing anybody, if a different number would leave now.
    """
    waiting = StaffImport.objects.select_for_update().filter(pk=staff.pk, status=Status.CHECKED)
    if not waiting.exists():
        return False
    staff.committed_by = by
    set_verdicts(staff)
    counts = count_verdicts(staff)
    if leaving not in (None, counts.leaving):
        raise Conflict
    values = sql_parameters(staff) | {"has_leaders": staff.has_leaders}
    for statement in _PEOPLE_STATEMENTS:
        database.execute(statement, values)
    lock_roles(by.pk if by else None)
    for statement in _ROLE_STATEMENTS:
        database.execute(statement, values)
    database.analyze("accounts_user", "accounts_membership")
    staff.status, staff.committed_at, staff.counts = Status.COMMITTED, timezone.now(), asdict(counts)
    staff.save()
    staff.rows.filter(verdict=StaffRow.Verdict.KNOWN, problems=[]).delete()  # the remaining rows show the changes
    return True
