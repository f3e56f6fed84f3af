"""Lists, assignments and staff files give and take roles one at a time.

Two may be at work at once, and what one of them gives must be seen before the other takes a role back. The turn is
taken after people are written, by everybody, so that nobody waits in a ring.
"""

from django.db import connection

from sepo_incident.ledgers.acting import done_by

_ONE_AT_A_TIME = "LOCK TABLE accounts_membership IN SHARE ROW EXCLUSIVE MODE"


def take_turn_with_roles(by_id: int | None) -> None:
    """Until the end of the transaction, for the person who gives and takes."""
    done_by(by_id)
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
