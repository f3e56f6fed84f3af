"""Tokens of systems: making and ending them, and the check of a request before its body is read.

A token has 256 random bits, so its SHA-256 is as good as a slow hash, and the database finds it by its index.
"""

import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from letters.models.api import ApiToken, ApiTokenUse
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import database, logs

#: In a process. Five times what Beskedfordeler sends at most; a system that sends in a loop leaves the site to others.
REQUESTS_PER_MINUTE = 18_000
USE_WRITTEN_EVERY = timedelta(minutes=1)


@transaction.atomic
def create_token(system: str, scopes: Sequence[str], expires_at: datetime, by: User) -> str:
    """Return a new token of the system. Raise ValidationError if the system has one."""
    token = f"sepo_{secrets.token_urlsafe(32)}"
    made = ApiToken(system=system, digest=_digest(token), scopes=list(scopes), expires_at=expires_at, created_by=by)
    made.validate_constraints()
    set_actor(by.pk)
    made.save()
    ApiTokenUse.objects.create(token=made)
    transaction.on_commit(lambda: logs.log_security_event("api_token_created", by.pk, api_token_id=made.pk))
    return token


@transaction.atomic
def end_token(token: ApiToken, reason: str, by: User) -> None:
    """End the token now. A token that has ended stays as it is."""
    set_actor(by.pk)
    if ApiToken.objects.filter(pk=token.pk, ended_at=None).update(ended_at=timezone.now(), reason=reason):
        transaction.on_commit(lambda: logs.log_security_event("api_token_ended", by.pk, api_token_id=token.pk))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


#: A model would cost half of the time that a single receipt takes.
FIND_CALLER_SQL = """
    SELECT token.id, token.digest, token.scopes, token_use.last_used_at, clock.now
    FROM letters_apitoken AS token JOIN letters_apitokenuse AS token_use ON token_use.token_id = token.id,
        (SELECT %(now)s::timestamptz) AS clock (now)
    WHERE token.digest = %(digest)s AND token.ended_at IS NULL AND token.expires_at > clock.now
"""


class Caller(NamedTuple):
    """The token of a request, and PostgreSQL's time when it came."""

    token_id: int
    digest: str
    scopes: list[str]
    last_used_at: datetime | None
    now: datetime


class ApiRequest(HttpRequest):
    """A request that passed `SystemToken`. For type annotations."""

    auth: Caller


class SystemToken(HttpBearer):
    """Refuses a request without a valid token of the scope, or whose content is of another type."""

    def __init__(self, scope: str, content_type: str):
        super().__init__()
        self.scope, self.content_type = scope, content_type

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        found = database.fetch_planned(FIND_CALLER_SQL, {"digest": _digest(token), "now": database.clock_parameter()})
        if not found:
            return None
        caller = Caller(*found[0])
        if self.scope not in caller.scopes:
            raise HttpError(403, "scope")
        if self.content_type not in (request.content_type or ""):
            raise HttpError(415, "content type")
        if caller.last_used_at is None or caller.last_used_at < caller.now - USE_WRITTEN_EVERY:
            ApiTokenUse.objects.filter(pk=caller.token_id).update(last_used_at=caller.now)
        return caller


class PerMinute(BaseThrottle):
    """Counts the requests of each token in the present minute, in each process by itself."""

    def __init__(self) -> None:
        super().__init__()
        self._minute, self._counts = 0, Counter[str]()

    def allow_request(self, request: HttpRequest) -> bool:
        minute, digest = int(time.time()) // 60, cast(ApiRequest, request).auth.digest
        if minute != self._minute:
            self._minute, self._counts = minute, Counter()
        self._counts[digest] += 1
        return self._counts[digest] <= REQUESTS_PER_MINUTE

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return 60 - time.time() % 60
