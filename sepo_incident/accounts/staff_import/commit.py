"""Commit a staff file: save people and leader roles in a single transaction. A second commit changes nothing.

Nobody is deleted: a person who has left keeps the letters and cannot sign in. A role given by a person stays. A
LEADER role given by a file is removed when a file says so, or when the holder leaves.
"""

from dataclasses import asdict

from django.db import connection, transaction
from django.utils import timezone

from sepo_incident.accounts import users
from sepo_incident.accounts.models import StaffImport, StaffRow, User
from sepo_incident.accounts.roles import lock_roles
from sepo_incident.accounts.staff_import.plan import LEAVING_SQL, count_verdicts, set_verdicts, sql_parameters
from sepo_incident.core import database
from sepo_incident.core.conflict import Conflict
from sepo_incident.core.sql_files import read_sql

Status = StaffImport.Status

_INSERT_NEW_PEOPLE_SQL = users.insert_users_sql("""
    SELECT email, name, unit_id FROM accounts_staffrow WHERE staff_import_id = %(staff)s AND verdict = 'NEW'
""")
_UPDATE_CHANGED_PEOPLE_SQL = read_sql(__file__, "update_changed_people.sql")
_CLOSE_LEAVING_USERS_SQL = read_sql(__file__, "close_leaving_users.sql", **LEAVING_SQL)
_DELETE_ROLES_OF_LEFT_SQL = """
    DELETE FROM accounts_membership AS m USING accounts_user AS u
    WHERE u.id = m.user_id AND u.left_on IS NOT NULL AND m.role = 'LEADER'
      AND (m.made_by_import OR m.made_by_staff_file)
"""
_NAMED_LEADERS_SQL = read_sql(__file__, "named_leaders.sql")
_INSERT_LEADERS_SQL = read_sql(__file__, "insert_leaders.sql", named_leaders=_NAMED_LEADERS_SQL)
_UNMARK_FORMER_LEADERS_SQL = read_sql(__file__, "unmark_former_leaders.sql", named_leaders=_NAMED_LEADERS_SQL)
#: A role also given by a list of letters stays until no letter supports the role.
_DELETE_UNSUPPORTED_ROLES_SQL = "DELETE FROM accounts_membership WHERE id = ANY(%s) AND NOT made_by_import"
_PEOPLE_STATEMENTS = (_INSERT_NEW_PEOPLE_SQL, _UPDATE_CHANGED_PEOPLE_SQL, _CLOSE_LEAVING_USERS_SQL)
_ROLE_STATEMENTS = (_DELETE_ROLES_OF_LEFT_SQL, _INSERT_LEADERS_SQL)


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
    with connection.cursor() as cursor:
        for statement in _PEOPLE_STATEMENTS:
            cursor.execute(statement, values)
        lock_roles(by.pk if by else None)
        for statement in _ROLE_STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute(_UNMARK_FORMER_LEADERS_SQL, values)
        cursor.execute(_DELETE_UNSUPPORTED_ROLES_SQL, [[pk for (pk,) in cursor.fetchall()]])
    database.analyze("accounts_user", "accounts_membership")
    staff.status, staff.committed_at, staff.counts = Status.COMMITTED, timezone.now(), asdict(counts)
    staff.save()
    staff.rows.filter(verdict=StaffRow.Verdict.KNOWN, problems=[]).delete()  # the remaining rows show the changes
    return True
