"""The plan → people and leaders, in one transaction. Done twice it changes nothing the second time.

Nobody is ever deleted: who has left keeps their letters and cannot sign in. A role that a person gave is left alone;
LEADER from a file goes when a file says so, or with its bearer.
"""

from dataclasses import asdict

from django.db import connection, transaction
from django.utils import timezone

from sepo_incident import sizes
from sepo_incident.accounts import newcomers
from sepo_incident.accounts.models import StaffImport, StaffRow, User
from sepo_incident.accounts.staff.plan import GOING, KEPT, count, judge, values_of
from sepo_incident.accounts.turns import take_turn_with_roles
from sepo_incident.overtaken import Overtaken

Status = StaffImport.Status

_NEW = newcomers.made_of("""
    SELECT email, name, unit_id FROM accounts_staffrow WHERE staff_import_id = %(staff)s AND verdict = 'NEW'
""")
#: Who comes back may sign in again; who was shut out by a person may not.
_CHANGED = """
    UPDATE accounts_user AS u
    SET name = coalesce(nullif(r.name, ''), u.name), unit_id = coalesce(r.unit_id, u.unit_id), left_on = NULL,
        is_active = u.is_active OR u.left_on IS NOT NULL
    FROM accounts_staffrow AS r
    WHERE r.staff_import_id = %(staff)s AND r.verdict = 'CHANGED' AND r.email = lower(u.email)
"""
_LEFT = f"""
    WITH {GOING}
    UPDATE accounts_user AS u SET left_on = going.left_on, is_active = false
    FROM going WHERE going.user_id = u.id AND u.id NOT IN ({KEPT})
"""  # noqa: S608
_LEFT_LEAD_NO_MORE = """
    DELETE FROM accounts_membership AS m USING accounts_user AS u
    WHERE u.id = m.user_id AND u.left_on IS NOT NULL AND m.role = 'LEADER'
      AND (m.made_by_import OR m.made_by_staff_file)
"""
#: Who is named as somebody's leader leads that unit, unless the somebody leads it: then it is a leader further up.
#: No file opens a whole administration: that role a person gives.
_LEADING = """
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
_LEADERS = f"""
    WITH {_LEADING}
    INSERT INTO accounts_membership (user_id, unit_id, role, made_by_import, made_by_staff_file)
    SELECT user_id, unit_id, 'LEADER', false, true FROM who_leads
    ON CONFLICT (user_id, unit_id, role) DO UPDATE SET made_by_staff_file = true
    WHERE accounts_membership.made_by_import AND NOT accounts_membership.made_by_staff_file
"""  # noqa: S608
#: In the units that the file knows. A role that a list of letters gives too stays until no letter says so.
_NO_LONGER_LEADERS = f"""
    WITH {_LEADING}, gone AS (
        UPDATE accounts_membership AS m SET made_by_staff_file = false
        WHERE m.made_by_staff_file AND m.role = 'LEADER' AND %(has_leaders)s
          AND m.unit_id IN (SELECT unit_id FROM accounts_staffrow
                            WHERE staff_import_id = %(staff)s AND verdict <> 'REJECTED')
          AND NOT EXISTS (SELECT FROM who_leads AS l WHERE l.user_id = m.user_id AND l.unit_id = m.unit_id)
        RETURNING m.id
    )
    SELECT id FROM gone
"""  # noqa: S608
_GIVEN_BY_NOTHING = "DELETE FROM accounts_membership WHERE id = ANY(%s) AND NOT made_by_import"
_PEOPLE = (_NEW, _CHANGED, _LEFT)
_ROLES = (_LEFT_LEAD_NO_MORE, _LEADERS)


@transaction.atomic
def commit(staff: StaffImport, by: User | None, leaving: int | None = None) -> bool:
    """Save what a file changes; False where it waits no more. Done twice it changes nothing the second time.

    Raises ``Overtaken``, and then nobody is changed, where ``leaving`` is said and others than so many leave.
    """
    waiting = StaffImport.objects.select_for_update().filter(pk=staff.pk, status=Status.CHECKED)
    if not waiting.exists():
        return False
    staff.committed_by = by
    judge(staff)
    counts = count(staff)
    if leaving not in (None, counts.leaving):
        raise Overtaken
    values = values_of(staff) | {"has_leaders": staff.has_leaders}
    with connection.cursor() as cursor:
        for statement in _PEOPLE:
            cursor.execute(statement, values)
        take_turn_with_roles(by.pk if by else None)
        for statement in _ROLES:
            cursor.execute(statement, values)
        cursor.execute(_NO_LONGER_LEADERS, values)
        cursor.execute(_GIVEN_BY_NOTHING, [[pk for (pk,) in cursor.fetchall()]])
    sizes.learn("accounts_user", "accounts_membership")
    staff.status, staff.committed_at, staff.counts = Status.COMMITTED, timezone.now(), asdict(counts)
    staff.save()
    staff.rows.filter(verdict=StaffRow.Verdict.KNOWN, problems=[]).delete()  # what is left says what it did
    return True
