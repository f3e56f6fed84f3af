"""Leader roles that follow the letters: the leader of a letter is a leader of the letter's unit.

The role opens the unit's board. A list or an assignment adds the role. The role is removed when no letter supports
the role any more. A role given by a person is never removed.
"""

from django.db import connection

from sepo_incident.accounts.roles import lock_roles
from sepo_incident.core.sql_files import read_sql


def sync_leader_roles(incident_id: int, by_id: int | None) -> None:
    """Add and remove leader roles, in the transaction that changed the letters. `by_id`: id of the acting user."""
    lock_roles(by_id)
    with connection.cursor() as cursor:
        cursor.execute(read_sql(__file__, "sync_leader_roles.sql"), {"incident": incident_id})
