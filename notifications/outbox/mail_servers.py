"""Choice of mail server: the first that answers and has a free connection.

Workers share two facts in PostgreSQL: set-aside servers (rows) and used connections (session-level advisory locks, so
that a connection is free again when the worker ends, however it ends).
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zlib import crc32

from django.conf import settings
from django.db.models import F

from notifications.models import MailServer
from notifications.outbox.replies_and_retries import Reply
from sepo_incident.core import database
from sepo_incident.core.database import advisory_lock

#: how long a server is set aside after the first failure, the second, …
SET_ASIDE_DURATIONS = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Server:
    """A mail server: host, port, login, whether TLS is required, and the timeout of an answer in seconds."""

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
    """Return the configured servers in order of preference."""
    mail = settings.MAIL
    return [Server(**server, starttls=mail["starttls"], timeout=mail["timeout"]) for server in mail["servers"]]


def servers_by_availability() -> list[Server]:
    """Return all servers: first in order of preference, then the set-aside servers by end of the set-aside time.

    All servers are included, because every server is tried when none answers.
    """
    aside = dict(MailServer.objects.set_aside(database.PresentTime()).values_list("name", "aside_until"))
    return sorted(configured_servers(), key=lambda server: aside.get(server.name, EPOCH))


def set_server_aside(server: Server, reply: Reply) -> None:
    """Set aside a server that did not answer. When several workers notice at the same time, one failure is counted."""
    now = database.now()
    words = {"reply": f"{reply.code or ''} {reply.text}".strip(), "changed_at": now}
    row, is_new = MailServer.objects.get_or_create(
        name=server.name, defaults={"failures": 1, "aside_until": now + SET_ASIDE_DURATIONS[0], **words}
    )
    if not is_new:
        wait = SET_ASIDE_DURATIONS[min(row.failures, len(SET_ASIDE_DURATIONS) - 1)]
        again = MailServer.objects.filter(pk=row.pk, failures=row.failures, aside_until__lte=now)
        again.update(failures=F("failures") + 1, aside_until=now + wait, **words)


@contextmanager
def reserve_connection(server: Server) -> Iterator[bool]:
    """Reserve one of the connections that all workers share. Yield False if all connections are in use.

    The reservation is a session-level PostgreSQL advisory lock and ends with the worker, even when killed.
    """
    with ExitStack() as locks:
        places = (advisory_lock(lock_key_of(server), place) for place in range(settings.MAIL["connections"]))
        yield any(map(locks.enter_context, places))  # takes the first lock that is free


def lock_key_of(server: Server) -> int:
    """Return the first key of the server's advisory locks, a signed 32-bit integer."""
    return crc32(server.name.encode()) - 2**31
