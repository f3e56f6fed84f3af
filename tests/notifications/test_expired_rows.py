"""The nightly deletion of expired sessions, codes and counts: the old rows go, and the new ones stay."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from notifications.models import SignInCode
from notifications.tasks import delete_expired_rows
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def open_session(user, ends_in):
    session = SessionStore()
    session.set_expiry(ends_in)
    session.create()
    UserSession.objects.create(user=user, session_key=session.session_key, ip="192.0.2.1", user_agent="")
    return session.session_key


def cached_keys():
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM cache")
        return {key.rpartition(":")[2] for (key,) in cursor.fetchall()}


def test_expired_sessions_go_with_their_rows_in_other_tables():
    karen = UserFactory()
    open_session(karen, ends_in=-1)
    fresh = open_session(karen, ends_in=60)
    delete_expired_rows()
    assert [*Session.objects.values_list("pk", flat=True)] == [fresh]
    assert [*UserSession.objects.values_list("session_key", flat=True)] == [fresh]


def test_codes_older_than_30_days_go():
    now, karen = timezone.now(), UserFactory()
    _, recent = (SignInCode.objects.create(user=karen, requested_at=now - timedelta(days=days)) for days in (31, 29))
    delete_expired_rows()
    assert [*SignInCode.objects.all()] == [recent]


def test_expired_counts_go():
    cache.set("old", 1, timeout=60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cache SET expires = now() - interval '1 hour'")
    cache.set("new", 1, timeout=60)
    cache.set("endless", 1, timeout=None)
    delete_expired_rows()
    assert cached_keys() == {"new", "endless"}
