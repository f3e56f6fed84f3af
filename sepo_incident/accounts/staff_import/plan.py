"""Compare the rows of a staff file with our users: new, changed or left. Changes no user."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from sepo_incident.accounts.models import StaffImport, StaffRow
from sepo_incident.accounts.users import FORMER_EMAILS_SQL
from sepo_incident.core import danish
from sepo_incident.core.sql_files import read_sql

Verdict = StaffRow.Verdict
HAS_REMARKS = ~Q(problems=[]) & ~Q(verdict=Verdict.REJECTED)


@dataclass(frozen=True)
class VerdictCounts:
    """The number of rows per verdict.

    `missing`: people who leave because a file with every employee omits the person; such people have no row.
    """

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


_REPLACE_FORMER_EMAILS_SQL = read_sql(__file__, "replace_former_emails.sql", former_emails=FORMER_EMAILS_SQL)
_REJECT_DUPLICATES_SQL = read_sql(__file__, "reject_duplicates.sql")
_RESOLVE_LEADER_NAMES_SQL = read_sql(__file__, "resolve_leader_names.sql")
_REMARK_UNKNOWN_LEADERS_SQL = read_sql(__file__, "remark_unknown_leaders.sql")
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
    statements = (
        (_REPLACE_FORMER_EMAILS_SQL, _REJECT_DUPLICATES_SQL, _RESOLVE_LEADER_NAMES_SQL, _REMARK_UNKNOWN_LEADERS_SQL)
        if is_first
        else ()
    )
    with connection.cursor() as cursor:
        # The planner has no statistics for new rows, and would compare every row with every user in a nested loop.
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'")
        for statement in (*statements, _SET_VERDICTS_SQL, _REJECT_LAST_ADMINISTRATORS_SQL):
            cursor.execute(statement, sql_parameters(staff))


def sql_parameters(staff: StaffImport) -> dict[str, Any]:
    by = staff.committed_by_id or staff.created_by_id
    today = danish.local_date(timezone.now())
    return {"staff": staff.pk, "is_everybody": staff.is_everybody, "by": by, "today": today, "now": timezone.now()}


def list_missing_user_ids(staff: StaffImport) -> list[int]:
    """Return the ids of users who leave because a file with every employee omits the user."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSING_USERS_SQL, sql_parameters(staff))
        return [pk for (pk,) in cursor.fetchall()]


def count_verdicts(staff: StaffImport) -> VerdictCounts:
    """Return the counts as of now, or for a saved file the counts at the commit."""
    if staff.counts:
        return VerdictCounts(**staff.counts)
    verdict_counts = {each.name.lower(): Count("pk", Q(verdict=each)) for each in Verdict}
    counts = staff.rows.aggregate(rows=Count("pk"), noticed=Count("pk", HAS_REMARKS), **verdict_counts)
    return VerdictCounts(**counts, missing=len(list_missing_user_ids(staff)), blank=staff.blank_rows)
