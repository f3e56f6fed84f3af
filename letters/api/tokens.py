"""Tokens of systems: making and ending them, and the check of a request before its body is read.

A token has 256 random bits, so its SHA-256 is as good as a slow hash, and the database finds it by its index.
"""

import hashlib
import logging
import secrets
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.cache import caches
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle
from redis.exceptions import RedisError

from letters.models.api import ApiToken, ApiTokenUse
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import logs

logger = logging.getLogger(__name__)
REQUESTS_PER_MINUTE = 6000
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


class SystemToken(HttpBearer):
    """Refuses a request without a valid token of the scope, or whose content is of another type."""

    def __init__(self, scope: str, content_type: str):
        super().__init__()
        self.scope, self.content_type = scope, content_type

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        now = timezone.now()
        valid = ApiToken.objects.filter(digest=_digest(token), ended_at=None, expires_at__gt=now)
        found = valid.select_related("use").first()
        if found is None:
            return None
        if self.scope not in found.scopes:
            raise HttpError(403, "scope")
        if self.content_type not in (request.content_type or ""):
            raise HttpError(415, "content type")
        if found.use.last_used_at is None or found.use.last_used_at < now - USE_WRITTEN_EVERY:
            ApiTokenUse.objects.filter(pk=found.pk).update(last_used_at=now)
        return found


class PerMinute(BaseThrottle):
    """Counts the requests of a token in each minute. Without Valkey nothing is counted, and nothing refused."""

    def allow_request(self, request: HttpRequest) -> bool:
        counts, key = caches["counts"], f"api:{request.auth.digest}:{int(time.time()) // 60}"  # type: ignore[attr-defined]
        try:
            counts.add(key, 0, timeout=120)
            return counts.incr(key) <= REQUESTS_PER_MINUTE
        except (RedisError, ValueError):  # ValueError: Valkey has just been emptied
            logger.warning("the requests of the API are not counted, because Valkey does not answer")
            return True

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return 60 - time.time() % 60
