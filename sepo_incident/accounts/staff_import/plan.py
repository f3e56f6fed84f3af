"""Compare the rows of a staff file with our users: new, changed or left. Changes no user."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from sepo_incident.accounts.models import StaffImport, StaffRow
from sepo_incident.accounts.users import FORMER_EMAILS_SQL
from sepo_incident.core import danish

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


#: An address that was corrected since means the same person.
_REPLACE_FORMER_EMAILS_SQL = [
    f"""
    UPDATE accounts_staffrow AS r SET {column} = former.now FROM ({FORMER_EMAILS_SQL}) AS former
    WHERE r.staff_import_id = %(staff)s AND r.{column} = former.old
    """  # noqa: S608
    for column in ("email", "leader_email")
]

#: Only the first row of a person counts. The second row may have a different name.
_REJECT_DUPLICATES_SQL = """
    WITH numbered AS (
        SELECT id, email, name, first_value(row) OVER same AS first_row, first_value(name) OVER same AS first_name,
               row_number() OVER same AS number
        FROM accounts_staffrow WHERE staff_import_id = %(staff)s AND verdict <> 'REJECTED'
        WINDOW same AS (PARTITION BY email ORDER BY row)
    )
    UPDATE accounts_staffrow AS r
    SET verdict = 'REJECTED',
        problems = r.problems || jsonb_build_array(jsonb_build_object(
            'column', 'E-mail', 'severity', 'reject', 'value', r.email, 'message',
            CASE WHEN lower(n.name) = lower(n.first_name) THEN 'Personen står også i række '
                 ELSE 'En anden person har den samme e-mail i række ' END
            || replace(to_char(n.first_row, 'FM9,999,999'), ',', '.') || '. Den række gælder.'))
    FROM numbered AS n WHERE n.id = r.id AND n.number > 1
"""
#: A leader's name is resolved if only a single person has the name: in the unit, otherwise in the whole file and among
#: our users.
_RESOLVE_LEADER_NAMES_SQL = """
    WITH known AS (
        SELECT lower(name) AS name, unit_id, email FROM accounts_staffrow
        WHERE staff_import_id = %(staff)s AND verdict <> 'REJECTED' AND left_on IS NULL
        UNION
        SELECT lower(name), unit_id, lower(email) FROM accounts_user WHERE left_on IS NULL
    ), here AS (
        SELECT name, unit_id, min(email) AS email FROM known GROUP BY name, unit_id HAVING count(DISTINCT email) = 1
    ), anywhere AS (
        SELECT name, min(email) AS email FROM known GROUP BY name HAVING count(DISTINCT email) = 1
    ), named AS (
        SELECT r.id, coalesce(here.email, anywhere.email) AS email
        FROM accounts_staffrow AS r
        LEFT JOIN here ON here.name = lower(r.leader_name) AND here.unit_id = r.unit_id
        LEFT JOIN anywhere ON anywhere.name = lower(r.leader_name)
        WHERE r.staff_import_id = %(staff)s AND r.verdict <> 'REJECTED' AND r.leader_name <> ''
    )
    UPDATE accounts_staffrow AS r
    SET leader_email = coalesce(named.email, ''),
        problems = r.problems || CASE WHEN named.email IS NOT NULL THEN '[]'::jsonb ELSE
            jsonb_build_array(jsonb_build_object('column', 'Leder', 'severity', 'notice', 'value', r.leader_name,
                'message', 'Vi kan ikke se, hvem lederen er. Skriv lederens e-mail.')) END
    FROM named WHERE named.id = r.id
"""
_REMARK_UNKNOWN_LEADERS_SQL = """
    UPDATE accounts_staffrow AS r
    SET problems = r.problems || jsonb_build_array(jsonb_build_object('column', 'Leder', 'severity', 'notice',
        'value', r.leader_email, 'message', 'Lederen står hverken i filen eller her. Tilføj lederen til filen.'))
    WHERE r.staff_import_id = %(staff)s AND r.verdict <> 'REJECTED' AND r.leader_email <> ''
      AND NOT EXISTS (SELECT FROM accounts_user WHERE lower(email) = r.leader_email)
      AND NOT EXISTS (SELECT FROM accounts_staffrow AS o WHERE o.staff_import_id = %(staff)s
                      AND o.verdict <> 'REJECTED' AND o.email = r.leader_email)
"""
#: If the file does not give the unit, the person stays in the present unit.
_VERDICTS_SQL = """
    UPDATE accounts_staffrow AS r SET verdict = j.verdict, changes = j.changes
    FROM (
        SELECT id, changes, CASE
            WHEN user_id IS NULL AND left_on IS NULL THEN 'NEW'
            WHEN left_on IS NOT NULL AND user_id IS NOT NULL AND user_left_on IS NULL THEN 'LEFT'
            WHEN left_on IS NULL AND changes <> '{}' THEN 'CHANGED'
            ELSE 'KNOWN' END AS verdict
        FROM (
            SELECT r.id, r.left_on, u.id AS user_id, u.left_on AS user_left_on, CASE WHEN u.id IS NULL THEN '{}' ELSE
                CASE WHEN r.name NOT IN ('', u.name)
                     THEN jsonb_build_object('name', jsonb_build_array(u.name, r.name)) ELSE '{}' END
                || CASE WHEN r.unit_id <> u.unit_id OR (r.unit_id IS NOT NULL AND u.unit_id IS NULL)
                        THEN jsonb_build_object('unit', jsonb_build_array(coalesce(was.name, ''), now.name))
                        ELSE '{}' END
                || CASE WHEN u.left_on IS NOT NULL AND r.left_on IS NULL
                        THEN jsonb_build_object('left_on', jsonb_build_array(to_char(u.left_on, 'DD-MM-YYYY'), ''))
                        ELSE '{}' END
                END AS changes
            FROM accounts_staffrow AS r
            LEFT JOIN accounts_user AS u ON lower(u.email) = r.email
            LEFT JOIN accounts_unit AS was ON was.id = u.unit_id
            LEFT JOIN accounts_unit AS now ON now.id = r.unit_id
            WHERE r.staff_import_id = %(staff)s AND r.verdict <> 'REJECTED'
        ) AS held_together
    ) AS j WHERE j.id = r.id AND (j.verdict, j.changes) IS DISTINCT FROM (r.verdict, r.changes)
"""
#: Users who are never locked out: the user who imports, and KIT's last administrators if all of KIT's administrators
#: would leave.
KEPT_USERS_SQL = """
    SELECT id FROM accounts_user WHERE id = %(by)s
    UNION ALL
    SELECT u.id FROM accounts_user AS u JOIN accounts_membership AS m ON m.user_id = u.id AND m.role = 'KIT_ADMIN'
    WHERE u.is_active AND NOT EXISTS (
        SELECT FROM accounts_user AS o JOIN accounts_membership AS k ON k.user_id = o.id AND k.role = 'KIT_ADMIN'
        WHERE o.is_active AND o.id NOT IN (SELECT user_id FROM going)
    )
"""
LEAVING_USERS_CTE = """
    going AS (
        SELECT u.id AS user_id, r.left_on FROM accounts_user AS u
        JOIN accounts_staffrow AS r ON r.email = lower(u.email)
        WHERE r.staff_import_id = %(staff)s AND r.verdict = 'LEFT' AND u.id IS DISTINCT FROM %(by)s
        UNION ALL
        SELECT u.id, %(today)s FROM accounts_user AS u
        WHERE %(is_everybody)s AND u.left_on IS NULL AND u.is_active AND u.id IS DISTINCT FROM %(by)s
          AND NOT EXISTS (
            SELECT FROM accounts_staffrow AS r WHERE r.staff_import_id = %(staff)s AND r.email = lower(u.email))
    )
"""
_REJECT_LAST_ADMINISTRATORS_SQL = f"""
    WITH {LEAVING_USERS_CTE}
    UPDATE accounts_staffrow AS r
    SET verdict = 'REJECTED', problems = r.problems || jsonb_build_array(jsonb_build_object('column', 'Aktiv',
        'severity', 'reject', 'value', 'nej',
        'message', 'Personen passer systemet og kan ikke lukkes ude. Giv først en anden rollen.'))
    FROM accounts_user AS u
    WHERE r.staff_import_id = %(staff)s AND r.verdict = 'LEFT' AND r.email = lower(u.email)
    AND u.id IN ({KEPT_USERS_SQL})
"""  # noqa: S608 - nothing in it comes from outside
_MISSING_USERS_SQL = f"""
    WITH {LEAVING_USERS_CTE}
    SELECT u.id FROM going JOIN accounts_user AS u ON u.id = going.user_id
    WHERE u.id NOT IN ({KEPT_USERS_SQL}) AND NOT EXISTS (
        SELECT FROM accounts_staffrow AS r WHERE r.staff_import_id = %(staff)s AND r.email = lower(u.email))
"""  # noqa: S608


@transaction.atomic
def set_verdicts(staff: StaffImport, is_first: bool = False) -> None:
    """Compare the rows with the users as of now and save the verdicts. May be repeated.

    `is_first`: first replace corrected addresses, reject duplicate rows and find the leaders.
    """
    statements = (
        (*_REPLACE_FORMER_EMAILS_SQL, _REJECT_DUPLICATES_SQL, _RESOLVE_LEADER_NAMES_SQL, _REMARK_UNKNOWN_LEADERS_SQL)
        if is_first
        else ()
    )
    with connection.cursor() as cursor:
        # The planner has no statistics for new rows, and would compare every row with every user in a nested loop.
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'")
        for statement in (*statements, _VERDICTS_SQL, _REJECT_LAST_ADMINISTRATORS_SQL):
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
