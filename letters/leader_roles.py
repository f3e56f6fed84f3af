"""Leader roles that follow the letters: the leader of a letter is a leader of the letter's unit.

The role opens the unit's board. A list or an assignment adds the role. The role is removed when no letter supports
the role any more. A role given by a person is never removed.
"""

from django.db import connection

from sepo_incident.accounts.roles import lock_roles

#: Nothing wider than a unit: otherwise a row without a unit would open the letters of a whole area, or of the
#: municipality, to the leader named in the row.
_ADD_ROLES_SQL = """
    INSERT INTO accounts_membership (user_id, unit_id, role, made_by_import)
    SELECT DISTINCT leader_id, l.unit_id, 'LEADER', true
    FROM letters_letter AS l JOIN accounts_unit AS unit ON unit.id = l.unit_id
    JOIN accounts_user AS leader ON leader.id = l.leader_id AND leader.left_on IS NULL
    WHERE incident_id = %(incident)s AND withdrawn_at IS NULL AND leader_id IS NOT NULL
      AND unit.kind IN ('UNIT', 'SUBUNIT')
    ON CONFLICT DO NOTHING
"""
#: A corrected list, or an undone assignment, removes the roles that were given by mistake.
_REMOVE_ROLES_SQL = """
    DELETE FROM accounts_membership AS m
    WHERE m.made_by_import AND NOT m.made_by_staff_file AND NOT EXISTS (
        SELECT FROM letters_letter AS l
        WHERE l.leader_id = m.user_id AND l.unit_id = m.unit_id AND l.withdrawn_at IS NULL
    )
"""


def sync_leader_roles(incident_id: int, by_id: int | None) -> None:
    """Add and remove leader roles, in the transaction that changed the letters. `by_id`: id of the acting user."""
    lock_roles(by_id)
    with connection.cursor() as cursor:
        for statement in (_ADD_ROLES_SQL, _REMOVE_ROLES_SQL):
            cursor.execute(statement, {"incident": incident_id})
