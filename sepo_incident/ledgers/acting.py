"""Who is at work, for the tables that have no ledger of their own."""

from django.db import connection


def done_by(user_id: int | None) -> None:
    """What is changed from here until the end of the transaction is told of this person; None: of nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ledgers.done_by', %s, true)", [str(user_id or "")])
