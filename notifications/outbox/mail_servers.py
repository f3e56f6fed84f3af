"""Which mail server: the first that answers and has a connection free for us.

What the workers must agree on is in PostgreSQL: which server is set aside (a row), and who has a connection (a lock
that goes with its worker, however that ends).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zlib import crc32

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from notifications.models import MailServer
from notifications.outbox.smtp_replies import Reply

#: how long one that does not answer is set aside: the first time, the second …
SET_ASIDE_DURATIONS = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Server:
    """Where it is, who we are to it, and how to talk: seconds to wait for an answer, and whether only under TLS."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    starttls: bool
    timeout: float

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


def configured_servers() -> list[Server]:
    """In the order in which they are to be used."""
    mail = settings.MAIL
    return [Server(**server, starttls=mail["starttls"], timeout=mail["timeout"]) for server in mail["servers"]]


def servers_by_availability(now: datetime | None = None) -> list[Server]:
    """Those that are set aside come last, the one first that is soonest back: when none answers, all are tried."""
    aside = dict(MailServer.objects.aside(now or timezone.now()).values_list("name", "aside_until"))
    return sorted(configured_servers(), key=lambda server: aside.get(server.name, EPOCH))


def set_server_aside(server: Server, reply: Reply) -> None:
    """It did not answer. Of several workers who find that out at the same time one counts."""
    now = timezone.now()
    words = {"reply": f"{reply.code or ''} {reply.text}".strip(), "changed_at": now}
    row, is_new = MailServer.objects.get_or_create(
        name=server.name, defaults={"failures": 1, "aside_until": now + SET_ASIDE_DURATIONS[0], **words}
    )
    if not is_new:
        wait = SET_ASIDE_DURATIONS[min(row.failures, len(SET_ASIDE_DURATIONS) - 1)]
        again = MailServer.objects.filter(pk=row.pk, failures=row.failures, aside_until__lte=now)
        again.update(failures=F("failures") + 1, aside_until=now + wait, **words)


def clear_set_aside(server: Server) -> None:
    """It answers again."""
    MailServer.objects.filter(name=server.name).delete()


@contextmanager
def reserve_connection(server: Server) -> Iterator[bool]:
    """One of the connections that the server takes from all of us together; False when all are taken.

    A lock of our session in PostgreSQL: it ends with us, also by a kill.
    """
    key = lock_key_of(server)
    places = range(settings.MAIL["connections"])
    ours = next((place for place in places if call_lock_function("pg_try_advisory_lock", key, place)), None)
    try:
        yield ours is not None
    finally:
        if ours is not None:
            call_lock_function("pg_advisory_unlock", key, ours)


def lock_key_of(server: Server) -> int:
    """The server's number among PostgreSQL's locks."""
    return crc32(server.name.encode()) - 2**31


def call_lock_function(function: str, key: int, place: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [key, place])
        return bool(cursor.fetchone()[0])
