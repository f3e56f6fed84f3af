"""Hourly deletion of expired sessions and the rows about sessions, of old sign-in codes, and of expired counters."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from notifications.models import SignInCode

KEEP_CODES = timedelta(days=30)


def delete_expired_rows() -> None:
    """Delete expired sessions and the rows about them, sign-in codes older than 30 days, and expired counters."""
    SessionStore.clear_expired()
    UserSession.objects.exclude(Exists(Session.objects.filter(pk=OuterRef("session_key")))).delete()
    SignInCode.objects.filter(requested_at__lt=Now() - KEEP_CODES).delete()
    with connection.cursor() as cursor:
        # The table of CACHES in the settings. Django deletes its rows only when it is full.
        cursor.execute("DELETE FROM cache WHERE expires < now()")
