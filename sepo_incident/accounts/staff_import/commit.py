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
from sepo_incident.accounts.staff_import.plan import (
    KEPT_USERS_SQL,
    LEAVING_USERS_CTE,
    count_verdicts,
    set_verdicts,
    sql_parameters,
)
from sepo_incident.core import database
from sepo_incident.core.conflict import Conflict

Status = StaffImport.Status

_INSERT_NEW_PEOPLE_SQL = users.insert_users_sql("""
    SELECT email, name, unit_id FROM accounts_staffrow WHERE staff_import_id = %(staff)s AND verdict = 'NEW'
""")
#: A person who returns may sign in again; a person whose access was closed by hand may not.
_UPDATE_CHANGED_PEOPLE_SQL = """
    UPDATE accounts_user AS u
    SET name = coalesce(nullif(r.name, ''), u.name), unit_id = coalesce(r.unit_id, u.unit_id), left_on = NULL,
        is_active = u.is_active OR u.left_on IS NOT NULL
    FROM accounts_staffrow AS r
    WHERE r.staff_import_id = %(staff)s AND r.verdict = 'CHANGED' AND r.email = lower(u.email)
"""
_CLOSE_LEAVING_USERS_SQL = f"""
    WITH {LEAVING_USERS_CTE}
    UPDATE accounts_user AS u SET left_on = going.left_on, is_active = false
    FROM going WHERE going.user_id = u.id AND u.id NOT IN ({KEPT_USERS_SQL})
"""  # noqa: S608
_DELETE_ROLES_OF_LEFT_SQL = """
    DELETE FROM accounts_membership AS m USING accounts_user AS u
    WHERE u.id = m.user_id AND u.left_on IS NOT NULL AND m.role = 'LEADER'
      AND (m.made_by_import OR m.made_by_staff_file)
"""
#: A person named as an employee's leader leads the employee's unit. Exception: the employee leads that unit and the
#: named person works elsewhere; then the named person is a leader further up. No file makes a leader of a whole
#: administration: a person gives that role.
_LEADERS_CTE = """
    who_leads AS (
        WITH said AS (
            SELECT r.email AS person, r.email AS leader, r.unit_id FROM accounts_staffrow AS r
            WHERE r.staff_import_id = %(staff)s AND r.verdict <> 'REJECTED' AND r.leads AND r.unit_id IS NOT NULL
            UNION ALL
            SELECT r.email, r.leader_email, r.unit_id FROM accounts_staffrow AS r
            WHERE r.staff_import_id = %(staff)s AND r.verdict <> 'REJECTED' AND r.leader_email <> ''
              AND r.unit_id IS NOT NULL AND r.left_on IS NULL
        ), leads AS (
            SELECT DISTINCT leader, unit_id FROM said
        )
        SELECT DISTINCT u.id AS user_id, said.unit_id
        FROM said JOIN accounts_user AS u ON lower(u.email) = said.leader AND u.left_on IS NULL
        JOIN accounts_unit AS unit ON unit.id = said.unit_id AND unit.kind NOT IN ('MUNICIPALITY', 'ADMINISTRATION')
        WHERE (said.person = said.leader OR u.unit_id = said.unit_id OR NOT EXISTS (
            SELECT FROM leads WHERE leads.leader = said.person AND leads.unit_id = said.unit_id))
    )
"""
_INSERT_LEADERS_SQL = f"""
    WITH {_LEADERS_CTE}
    INSERT INTO accounts_membership (user_id, unit_id, role, made_by_import, made_by_staff_file)
    SELECT user_id, unit_id, 'LEADER', false, true FROM who_leads
    ON CONFLICT (user_id, unit_id, role) DO UPDATE SET made_by_staff_file = true
    WHERE accounts_membership.made_by_import AND NOT accounts_membership.made_by_staff_file
"""  # noqa: S608
#: Only in units that the file mentions. A role also given by a list of letters stays until no letter supports the role.
_UNMARK_FORMER_LEADERS_SQL = f"""
    WITH {_LEADERS_CTE}, gone AS (
        UPDATE accounts_membership AS m SET made_by_staff_file = false
        WHERE m.made_by_staff_file AND m.role = 'LEADER' AND %(has_leaders)s
          AND m.unit_id IN (SELECT unit_id FROM accounts_staffrow
                            WHERE staff_import_id = %(staff)s AND verdict <> 'REJECTED')
          AND NOT EXISTS (SELECT FROM who_leads AS l WHERE l.user_id = m.user_id AND l.unit_id = m.unit_id)
        RETURNING m.id
    )
    SELECT id FROM gone
"""  # noqa: S608
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
