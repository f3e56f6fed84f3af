"""A status of a receipt that nobody knew proves what Koncern IT has told, for past and future receipts."""

from datetime import timedelta

import pytest
from django.db import InternalError, transaction
from django.urls import reverse
from django.utils import timezone

from letters.models import LetterDispatch, Receipt, ReceiptStatus
from letters.tracking.take_in import take_in_dispatches, take_in_receipts
from letters.tracking.told_statuses import tell_meaning, unknown_statuses

pytestmark = pytest.mark.django_db
NAME = "Lagt i indbakken"


def take_in(*ids, status=NAME, minutes=0):
    now = timezone.now()
    at = (now + timedelta(minutes=minutes)).isoformat()
    take_in_dispatches(
        [{"id": one, "message_uuid": one, "channel": "SEPO", "sent_at": now.isoformat()} for one in ids], now
    )
    take_in_receipts([{"message_uuid": one, "status": status, "received_at": at} for one in ids], now)


def delivered():
    return dict(LetterDispatch.objects.values_list("source_id", "outcome__is_delivered"))


def test_what_koncern_it_tells_holds_for_past_and_future_receipts(cast):
    take_in("a", "b")
    assert delivered() == {"a": None, "b": None}
    assert [(one.name, one.receipts) for one in unknown_statuses()] == [(NAME, 2)]
    assert tell_meaning(NAME.upper(), "delivered", cast.mette) == 2
    take_in("c", status=NAME.lower())
    assert delivered() == {"a": True, "b": True, "c": True}
    assert unknown_statuses() == []


def test_a_later_meaning_replaces_the_earlier_one(cast):
    take_in("a")
    tell_meaning(NAME, "delivered", cast.mette)
    tell_meaning(NAME, "failed", cast.mette)
    assert delivered() == {"a": False}
    assert ReceiptStatus.objects.get().meaning == "failed"
    tell_meaning(NAME, "on_the_way", cast.mette)
    assert delivered() == {"a": None}
    assert LetterDispatch.objects.get().outcome.final_at is None


def test_the_receipt_of_another_status_counts_on(cast):
    take_in("a")
    take_in("a", status="COMPLETED", minutes=1)
    tell_meaning(NAME, "failed", cast.mette)
    assert delivered() == {"a": True}
    assert LetterDispatch.objects.get().outcome.is_contradicted


def test_nothing_else_of_a_receipt_changes():
    take_in("a")
    for change in ({"status": "COMPLETED"}, {"error": "x"}, {"dispatch": None}):
        with pytest.raises(InternalError), transaction.atomic():
            Receipt.objects.update(**change)


def test_koncern_it_tells_on_a_page(kit_client):
    take_in("a")
    assert "1 status i kvitteringer, som vi ikke kender" in " ".join(kit_client.get(reverse("channels")).text.split())
    page = reverse("receipt_statuses")
    assert NAME in kit_client.get(page).text
    assert kit_client.post(page, {"name": NAME}).status_code == 422
    assert kit_client.post(page, {"name": "Afsendt", "meaning": "delivered"}).status_code == 422
    answer = kit_client.post(page, {"name": NAME, "meaning": "delivered"}, follow=True)
    assert "Det gælder 1 kvittering." in answer.text
    assert "Vi kender alle statusser" in answer.text
    assert delivered() == {"a": True}
