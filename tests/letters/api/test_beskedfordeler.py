"""Beskedfordeler's push: kept once, taken in, and acknowledged after the commit."""

import re
import threading
from base64 import b64encode
from datetime import timedelta

import pytest
import time_machine
from django.db import InternalError, connection
from django.utils import timezone

from letters.api.beskedfordeler import CIPHER, KEPT
from letters.models import Receipt
from letters.models.api import PushedMessage
from notifications.tasks import delete_expired_rows
from sepo_incident.core.encryption import cipher
from tests.letters.api.test_rows import assert_refused
from tests.letters.tracking.test_receipt_formats import DELIVERED, FAILED, RECEIVED, pko, push

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
BESKED = "0b1f6d1c-6a0b-4d0e-9c2f-5f3c0e520a03"


def message(code=DELIVERED, receipt=None, besked_id=BESKED):
    """Return a push with a BeskedId, as Beskedfordeler sends it."""
    wrapped = f"<k:BeskedId><s:UUIDIdentifikator>{besked_id}</s:UUIDIdentifikator></k:BeskedId>"
    return push(code, receipt or pko()).replace("<k:Beskedkuvert>", f"{wrapped}<k:Beskedkuvert>")


def codes_of(*answers):
    """Return the StatusKode of each answer, whose status is 200."""
    assert {(one.status_code, one["Content-Type"]) for one in answers} == {(200, "application/xml")}
    return [int(re.search(rb"<StatusKode>(\d+)</StatusKode>", one.content)[1]) for one in answers]


def test_a_message_is_kept_taken_in_and_acknowledged_once(send):
    assert codes_of(send("beskedfordeler", message()), send("beskedfordeler", message())) == [20, 20]
    [kept], [receipt] = PushedMessage.objects.all(), Receipt.objects.all()
    assert (kept.message_id, kept.is_conflict, kept.problem) == (BESKED, False, "")
    assert cipher(CIPHER).decrypt(bytes(kept.raw)).decode() == message()
    assert (receipt.is_delivered, receipt.received_at) == (True, kept.received_at)


def test_the_same_id_with_other_content_is_kept_for_people_and_not_counted(send):
    other = message(FAILED, pko("Fejlet"))
    assert codes_of(*(send("beskedfordeler", one) for one in (message(), other, other, message()))) == [20] * 4
    assert sorted(PushedMessage.objects.values_list("is_conflict", flat=True)) == [False, True]
    assert Receipt.objects.get().is_delivered


def test_the_content_of_old_messages_is_deleted_and_their_ids_stay_known(send):
    with time_machine.travel(timezone.now() - KEPT - timedelta(hours=1)):
        send("beskedfordeler", message())
    send("beskedfordeler", message(besked_id="2"))
    delete_expired_rows()
    assert {one.message_id: bool(one.raw) for one in PushedMessage.objects.all()} == {BESKED: False, "2": True}
    send("beskedfordeler", message())
    send("beskedfordeler", message(FAILED, pko("Fejlet")))
    assert PushedMessage.objects.filter(message_id=BESKED, is_conflict=True).count() == 1
    assert Receipt.objects.get().is_delivered


@pytest.mark.parametrize("changes", [{"raw": b"x"}, {"raw": b"", "problem": "x"}, {"digest": "x"}, None])
def test_a_message_is_append_only(send, changes):
    send("beskedfordeler", message())
    with pytest.raises(InternalError, match="Cannot"):
        PushedMessage.objects.update(**changes) if changes else PushedMessage.objects.all().delete()


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (push(DELIVERED, pko()), "BeskedId"),
        (message(receipt="<Andet/>"), "anden type"),
        ("<a/>", "kender"),
        ("ikke xml", "hverken"),
        ("<a>" * 100_000, "gyldig XML"),
        ('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + message(receipt=pko(uuid="&e;")), "DTD"),
        ('<!DOCTYPE a [<!ENTITY e "x">]>' + message(besked_id="&e;"), "DTD"),
        (
            '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><l>&c;</l>',
            "DTD",
        ),
        ("\0", "tom"),
    ],
)
def test_what_cannot_be_read_is_kept_and_not_acknowledged(send, sent, reason):
    answers = [send("beskedfordeler", sent) for _ in range(2)]
    assert codes_of(*answers) == [40, 40]
    assert reason in answers[0].content.decode()
    assert reason in PushedMessage.objects.get().problem
    assert not Receipt.objects.exists()


def test_a_message_that_contradicts_its_envelope_delivers_nothing(send):
    assert codes_of(send("beskedfordeler", message(RECEIVED, pko()))) == [20]
    assert (Receipt.objects.get().is_final, Receipt.objects.get().is_delivered) == (False, False)


def test_head_is_answered_without_a_token(send):
    answer = send("beskedfordeler", "", method="HEAD", token="")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("size", "kind", "status"), [(1_000_001, "", 413), (10_000_000, "", 413), (9, "text/plain", 415)]
)
def test_large_messages_and_other_types_are_refused_and_not_kept(send, size, kind, status):
    assert_refused(send("beskedfordeler", "x" * size, kind), status)
    assert not PushedMessage.objects.exists()


def test_nothing_is_acknowledged_before_the_commit(failing_commit, send):
    assert_refused(send("beskedfordeler", message()), 500)
    assert not PushedMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_and_other_content_at_once_are_told_apart(send):
    answers = []

    def post(content):
        answers.append(send("beskedfordeler", content))
        connection.close()

    contents = [message(), message(FAILED, pko("Fejlet"))] * 4
    threads = [threading.Thread(target=post, args=[one]) for one in contents]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert codes_of(*answers) == [20] * 8
    assert sorted(PushedMessage.objects.values_list("is_conflict", flat=True)) == [False, True]
    assert Receipt.objects.count() == 1


def test_no_cpr_number_is_stored_in_the_clear(send):
    sent = message(receipt=pko(uuid="0707614285"), besked_id="070761-4285")
    send("beskedfordeler", sent)
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text || r::text FROM letters_pushedmessage p, letters_receipt r")
        [(text,)] = cursor.fetchall()
    assert "4285" not in text
    assert b64encode(sent.encode())[:40].decode() not in text
