"""Dispatches and receipts by the API: taken in once, answered after the commit, and refused with a sentence."""

import json
import threading

import pytest
from django.db import connection

from letters.models import LetterDispatch, Receipt
from letters.models.api import ApiToken
from tests.letters.tracking.test_take_in import dispatch, receipt

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def assert_refused(answer, status):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    [(key, sentence)] = answer.json().items()
    assert (key, sentence[-1]) == ("fejl", ".")
    assert int(answer.get("Content-Length", len(answer.content))) == len(answer.content)


def test_rows_count_once_and_meet(send):
    sent = [dispatch(1), dispatch(2)]
    assert send("afsendelser", sent).json() == {"nye": 2, "kendte": 0, "afviste": []}
    assert send("afsendelser", sent).json() == {"nye": 0, "kendte": 2, "afviste": []}
    assert send("afsendelser", dispatch(3)).json() == {"nye": 1, "kendte": 0, "afviste": []}
    for new in (1, 0):
        assert send("kvitteringer", receipt(2)).json() == {"nye": new, "kendte": 1 - new, "afviste": []}
    assert list(LetterDispatch.objects.filter(outcome__is_delivered=True).values_list("source_id", flat=True)) == ["A2"]


def test_a_row_that_cannot_be_used_is_named_and_the_others_are_taken_in(send):
    answer = send("afsendelser", [dispatch(1), dispatch(2, sent_at="i går"), dispatch(3, channel="")])
    assert answer.json()["nye"] == 1
    assert [one["nummer"] for one in answer.json()["afviste"]] == [2, 3]
    assert "sent_at" in answer.json()["afviste"][0]["grund"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        ("{", "", 400),
        (b"\xff\xfe\xfd", "", 400),
        ("[" * 100_000, "", 400),
        ('{"size": ' + "9" * 5000 + "}", "", 400),
        ("", "", 415),
        (" ", "", 400),
        ("null", "", 422),
        ("7", "", 422),
        ([[dispatch(1)]], "", 422),
        ([dispatch(1), dispatch(2, size="mange")], "", 422),
        ([dispatch(1), dispatch(2, channel={"a": 1})], "", 422),
        (dispatch(1, subject="\ud800"), "", 422),
        (dispatch(1, recipient="\ud800"), "", 422),
        ([{}] * 5001, "", 422),
        ("a=1", "application/x-www-form-urlencoded", 415),
        ("a", "text/plain", 415),
        (b"x", "multipart/form-data; boundary=x", 415),
        (b" " * 5_000_001, "", 413),
        (b"[" + b" " * 10_000_000 + b"]", "", 413),
    ],
)
def test_what_is_no_list_of_rows_is_refused_whole(send, content, kind, status):
    assert_refused(send("afsendelser", content, kind), status)
    assert not LetterDispatch.objects.exists()


def test_a_refusal_names_the_row_and_the_field(send):
    answer = send("afsendelser", [dispatch(1), dispatch(2, subject=3)])
    assert answer.json() == {"fejl": "Række 2: feltet subject har en forkert type. Der er ikke gemt noget."}


def test_odd_values_are_no_error_of_ours(send):
    rows = [
        dispatch(1, subject="a\0b\t\\N\n" + "æ" * 9000, sender="\\.", recipient="\0@\0"),
        dispatch(2, size=10**4000),
        dispatch(3, size=-1),
        dispatch(4, sent_at="9999-12-31T23:59:59-23:59"),
        dispatch(5, sent_at="0001-01-01T00:00:00+14:00"),
        dispatch(6, sent_at="2020-01-01T00:00:00+23:59"),
        dispatch(7, id="\0", message_uuid="\0", ukendt=[[{}]]),
    ]
    answer = send("afsendelser", rows)
    assert answer.status_code == 200
    assert [one["nummer"] for one in answer.json()["afviste"]] == [2, 3, 4, 5, 7]
    answer = send("kvitteringer", [receipt(1, at="0001-01-01T00:00:00+14:00"), receipt(2, status="\0", error="\0")])
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "afsendelser", 405), ("PUT", "afsendelser", 405), ("POST", "andet", 404),
     ("GET", "", 404), ("GET", "andet/", 404), ("GET", "beskedfordeler", 405)],
)  # fmt: skip
def test_other_addresses_and_methods_are_refused_in_json(send, method, path, status):
    assert_refused(send(path, "", method=method), status)


def test_nothing_is_answered_before_the_commit(failing_commit, send):
    assert_refused(send("kvitteringer", receipt(1)), 500)
    assert not Receipt.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_connections_at_once_take_each_row_in_once(send):
    batches, answers = [[dispatch(one) for one in range(200)], [dispatch(one) for one in range(199, -1, -1)]], []

    def post(batch):
        answers.append(send("afsendelser", batch).json())
        connection.close()

    threads = [threading.Thread(target=post, args=[batch]) for batch in batches]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (sum(one["nye"] for one in answers), sum(one["kendte"] for one in answers)) == (200, 200)
    assert LetterDispatch.objects.count() == 200


def test_the_body_is_in_no_log(send, caplog):
    secret = "Afgørelse om støtte"
    send("afsendelser", [dispatch(1, subject=secret), dispatch(2, subject=secret, size="x")])
    send("afsendelser", json.dumps(dispatch(1, subject=secret))[:-1])
    assert secret not in caplog.text
    assert ApiToken.objects.get().digest not in caplog.text
