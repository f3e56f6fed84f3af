"""Tokens of systems: made, shown once, used, ended, and refused."""

import hashlib
import re
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.core.signals import request_started
from django.db import close_old_connections
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from letters.api import tokens
from letters.models.api import ApiToken, ApiTokenUse
from sepo_incident.audit.models import RowChange
from sepo_incident.wsgi import application
from tests.letters.api.test_rows import assert_refused
from tests.letters.tracking.test_take_in import dispatch

pytestmark = pytest.mark.django_db
PAGE = "/roller/systemer/"


def filled_in(**other):
    day = timezone.localdate() + timedelta(days=30)
    date = {"last_day_day": day.day, "last_day_month": day.month, "last_day_year": day.year}
    return {"system": "SEPO", "scopes": ["afsendelser"]} | date | other


def end(token, cast):
    tokens.end_token(ApiToken.objects.get(digest=hashlib.sha256(token.encode()).hexdigest()), "Forkert", cast.mette)


@pytest.mark.slow
def test_wrong_expired_and_ended_tokens_are_refused_alike(cast, send, new_token):
    expired, ended = new_token(days=-1), new_token()
    end(ended, cast)
    headers = [{"authorization": value} for value in ("Basic eDp5", "Bearer", "Bearer  ", f"bearer x{expired}", "æ")]
    answers = [send("afsendelser", [], token=token) for token in ("x", expired, ended, ended[:-1], "æ\x7f")]
    answers += [send("afsendelser", [], token="", **one) for one in [{}, *headers]]
    for answer in answers:
        assert_refused(answer, 401)
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer.json() == answers[0].json()
    assert send("afsendelser", []).status_code == 200


@pytest.mark.slow
def test_a_token_of_another_scope_is_refused(send, new_token):
    token = new_token("afsendelser")
    assert send("afsendelser", [], token=token).status_code == 200
    for path in ("kvitteringer", "beskedfordeler"):
        assert_refused(send(path, [], token=token), 403)


def test_a_refused_request_is_read_to_its_end(cast):
    """The proxy hears no answer before it has sent everything."""
    body = BytesIO(b"x" * 1_000_000)
    environ = RequestFactory()._base_environ(REQUEST_METHOD="POST", PATH_INFO="/api/v1/afsendelser")
    told = {"wsgi.input": body, "CONTENT_LENGTH": "1000000", "CONTENT_TYPE": "application/json"}
    request_started.disconnect(close_old_connections)
    application(environ | told, lambda *start: None)
    request_started.connect(close_old_connections)
    assert body.tell() == 1_000_000


def test_a_session_is_no_token(cast, as_user):
    answer = as_user(cast.mette).post("/api/v1/afsendelser", "[]", "application/json")
    assert_refused(answer, 401)


@pytest.mark.slow
def test_last_use_is_written_once_a_minute_and_not_in_the_change_log(send):
    changes = RowChange.objects.count()
    start = timezone.now()
    for seconds, written in ((0, 0), (59, 0), (61, 61)):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            send("afsendelser", [])
        assert ApiTokenUse.objects.get().last_used_at == start + timedelta(seconds=written)
    assert RowChange.objects.count() == changes


@pytest.mark.slow
def test_too_many_requests_in_a_minute_are_refused(send, new_token, monkeypatch):
    monkeypatch.setattr(tokens, "REQUESTS_PER_MINUTE", 3)
    other, start = new_token(), timezone.now().replace(second=50, microsecond=0)
    with time_machine.travel(start, tick=False):
        assert [send("afsendelser", []).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = send("afsendelser", [dispatch(1)])
        assert_refused(refused, 429)
        assert refused["Retry-After"] == "10"
        assert send("afsendelser", [], token=other).status_code == 200
    with time_machine.travel(start + timedelta(seconds=10), tick=False):
        assert send("afsendelser", []).status_code == 200


def test_a_token_is_made_shown_once_and_ended(cast, as_user):
    kit = as_user(cast.mette)
    assert "Ingen systemer endnu" in kit.get(PAGE).text
    assert "Systemer, der sender til os" in kit.get(reverse("roles")).text
    answer = kit.post(PAGE, filled_in())
    [token] = re.findall(r"<code>(sepo_[\w-]{43})</code>", answer.text)
    [row] = ApiToken.objects.all()
    assert row.digest == hashlib.sha256(token.encode()).hexdigest()
    assert timezone.localtime(row.expires_at - timedelta(seconds=1)).date() == timezone.localdate() + timedelta(days=30)
    page = kit.get(PAGE).text
    assert "SEPO" in page
    assert token not in page
    assert token not in str(list(RowChange.objects.values_list("after", flat=True)))
    kit.post(reverse("end_api_token", args=[row.pk]), {"reason": "Systemet er lukket"})
    page = kit.get(PAGE).text
    assert "Systemet er lukket" in page
    assert reverse("end_api_token", args=[row.pk]) not in page
    made, ended = RowChange.objects.filter(table_name="letters_apitoken").order_by("pk")
    assert (made.by_id, ended.by_id, ended.after["reason"]) == (cast.mette.pk, cast.mette.pk, "Systemet er lukket")


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"system": " "}, "Skriv, hvad systemet hedder."),
        ({"system": "070761-4285"}, "CPR-nummer"),
        ({"scopes": []}, "Vælg, hvad systemet må sende."),
        ({"scopes": ["alt"]}, "alt"),
        ({"last_day_year": 2000}, "Datoen skal ligge"),
        ({"last_day_year": 2999}, "Datoen skal ligge"),
        ({"system": "sepo"}, "Systemet har allerede et token."),
    ],
)
def test_a_token_that_cannot_be_made_is_refused(cast, as_user, other, sentence):
    tokens.create_token("SEPO", ["afsendelser"], timezone.now() + timedelta(days=1), cast.mette)
    answer = as_user(cast.mette).post(PAGE, filled_in(system="Ny") | other)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("path", ["openapi.json", "docs"])
def test_the_description_is_for_signed_in_administrators(cast, as_user, client, send, path):
    address = f"/api/v1/{path}"
    assert client.get(address).url.startswith("/log-ind/")
    assert send(path, "", method="GET").status_code == 302
    assert_refused(as_user(cast.karen).get(address), 403)
    answer = as_user(cast.mette).get(address)
    assert answer.status_code == 200
    assert "https://" not in answer.text
