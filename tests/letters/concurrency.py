"""Acts at the same time, each in a thread with a database connection of its own."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, connections, transaction

from sepo_incident.embedded.processes import wait_until

#: pg_stat_activity is cached for the length of a transaction, so the snapshot is cleared first
WAITING_SESSIONS = """
    SELECT pg_stat_clear_snapshot();
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def act_during(first: Callable[[], object], second: Callable[[], object]) -> object:
    """Start `second` while the transaction of `first` is open, and commit when it waits. Return its result."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            result = pool.submit(_act_and_close, second)
            wait_until(lambda: result.done() or _is_any_session_waiting(), seconds=10)
            assert not result.done(), "it waits for the first"
        return result.result(10)


def act_at_once(act: Callable[..., object], arguments: Iterable[object]) -> list[object]:
    """Return the results of `act` for each argument, all at the same time."""
    arguments = list(arguments)
    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(lambda argument: _act_and_close(act, argument), arguments))


def _act_and_close(act: Callable[..., object], *arguments: object) -> object:
    try:
        return act(*arguments)
    finally:
        connections.close_all()


def _is_any_session_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING_SESSIONS)
        return bool(cursor.fetchall())
