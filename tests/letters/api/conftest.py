"""A system with a token, and its requests."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from letters.api import tokens
from letters.models.api import ApiToken

ALL = ApiToken.Scope.values


@pytest.fixture
def new_token(cast):
    """`new_token(*scopes, days=1)` returns a token of a new system."""

    def make(*scopes: str, days: int = 1) -> str:
        expires_at = timezone.now() + timedelta(days=days)
        return tokens.create_token(f"System {ApiToken.objects.count()}", scopes or ALL, expires_at, cast.mette)

    return make


@pytest.fixture
def send(new_token):
    """`send(path, content)` posts to the API with a token of every scope. Content that is no text is sent as JSON."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    token = new_token()

    def post(path: str, content: object, kind: str = "", token: str = token, method: str = "POST", **headers: str):
        data = content if isinstance(content, (str, bytes)) else json.dumps(content)
        kind = kind or ("application/xml" if path == "beskedfordeler" else "application/json")
        headers = ({"authorization": f"Bearer {token}"} if token else {}) | headers
        return client.generic(method, f"/api/v1/{path}", data, kind, headers=headers)

    return post


@pytest.fixture
def failing_commit(transactional_db):
    """Let the commit of every new receipt fail."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
            "CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON letters_receipt DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION fail()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER fails ON letters_receipt; DROP FUNCTION fail()")
