"""Taking in dispatches and receipts: each row once, in any order, and each receipt with the letter that it is about."""

import json
import random
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import InternalError

from letters.models import Channel, DispatchOutcome, LetterDispatch, Receipt
from letters.tracking import recount
from letters.tracking.receipt_formats import ReadReceipt
from letters.tracking.subject_family import family_of
from letters.tracking.take_in import take_in_dispatches, take_in_read_receipt, take_in_receipts
from sepo_incident.core import database
from sepo_incident.core.danish import COPENHAGEN

pytestmark = pytest.mark.django_db
NOW = datetime(2019, 12, 9, 12, 0, tzinfo=COPENHAGEN)
DELIVERED, RECEIVED, FAILED = "Afleveret Digital Post", "Modtaget Digital Post", "Fejlet"


def dispatch(number, **other):
    sent_at = (NOW + timedelta(minutes=number)).isoformat()
    return {"id": f"A{number}", "message_uuid": uuid_of(number), "channel": "SEPO", "sent_at": sent_at} | other


def receipt(number, status=DELIVERED, minutes=60, **other):
    at = (NOW + timedelta(minutes=number + minutes)).isoformat()
    return {"message_uuid": uuid_of(number), "status": status, "at": at, "received_at": at} | other


def uuid_of(number):
    return f"00000000-0000-4000-8000-{number:012d}"


def take_in(dispatches=(), receipts=()):
    return take_in_dispatches(dispatches, NOW), take_in_receipts(receipts, NOW)


def missing():
    """Return the ids of the letters that no receipt has delivered."""
    found = LetterDispatch.objects.exclude(outcome__is_delivered=True)
    return set(found.values_list("source_id", flat=True))


@pytest.mark.parametrize("lost", [0, 1, 17, 340])
def test_exactly_the_letters_without_a_receipt_are_missing(lost):
    """Receipts come shuffled, doubled, before their letters, late, with unknown statuses and «Modtaget»."""
    chance = random.Random(lost)
    numbers = range(340)
    gone = set(chance.sample(numbers, lost))
    receipts = [receipt(one) for one in numbers if one not in gone]
    receipts += chance.sample(receipts, len(receipts) // 2)
    receipts += [receipt(one, RECEIVED, minutes=90) for one in numbers]
    receipts += [receipt(one, "Noget nyt", minutes=95) for one in gone]
    dispatches = [dispatch(one) for one in numbers] * 2
    chance.shuffle(receipts)
    chance.shuffle(dispatches)
    for part in range(4):
        take_in(receipts=receipts[part::4])
        take_in(dispatches=dispatches[part::4])
    assert missing() == {f"A{one}" for one in gone}
    assert LetterDispatch.objects.count() == len(numbers)
    assert Receipt.objects.filter(dispatch=None).count() == 0


def test_the_same_batch_again_changes_nothing():
    first = take_in([dispatch(1)], [receipt(1)])
    second = take_in([dispatch(1)], [receipt(1)])
    assert [(one.new, one.known) for one in (*first, *second)] == [(1, 0), (1, 0), (0, 1), (0, 1)]


def test_stages_of_a_letter_meet_in_one_row():
    take_in([dispatch(1, stage="approved")])
    [letter] = LetterDispatch.objects.all()
    assert (letter.approved_at, letter.sent_at) == (NOW + timedelta(minutes=1), None)
    later = (NOW + timedelta(hours=2)).isoformat()
    take_in([dispatch(1, sent_at=later), dispatch(1, stage="approved", sent_at=later)])
    [letter] = LetterDispatch.objects.all()
    assert (letter.approved_at, letter.sent_at) == (NOW + timedelta(minutes=1), NOW + timedelta(hours=2))


@pytest.mark.parametrize(
    ("receipts", "delivered", "contradicted"),
    [
        ([receipt(1), receipt(1, RECEIVED, minutes=70)], True, False),
        ([receipt(1), receipt(1, FAILED, minutes=70)], False, True),
        ([receipt(1, FAILED), receipt(1, minutes=70)], True, True),
        ([receipt(1), receipt(1, FAILED)], False, True),
        ([receipt(1, FAILED)], False, False),
        ([receipt(1, RECEIVED)], None, False),
        ([receipt(1, code="f7161a89-5068-4023-bc80-d7f4daad2a2e")], True, False),
        ([receipt(1, code="e225a75c-4b63-46c4-9423-77f5c8762445")], False, False),
    ],
)
def test_the_newest_final_receipt_counts(receipts, delivered, contradicted):
    for order in (receipts, receipts[::-1]):
        with transaction.atomic():
            take_in([dispatch(1)], order)
            [letter] = LetterDispatch.objects.all()
            assert (letter.outcome.is_delivered, letter.outcome.is_contradicted) == (delivered, contradicted)
            transaction.set_rollback(True)
    assert not LetterDispatch.objects.exists()


def test_receipts_are_matched_by_the_first_identifier_that_they_share():
    take_in([dispatch(1, transmission_id="T1"), dispatch(2, message_uuid="", mail_id="<x@kk.example>")])
    take_in(
        receipts=[
            receipt(1, transmission_id="T2"),
            receipt(9, mail_id="<x@kk.example>"),
            receipt(8),
        ]
    )
    matched = dict(Receipt.objects.values_list("message_uuid", "dispatch__source_id"))
    assert matched == {uuid_of(1): "A1", uuid_of(9): "A2", uuid_of(8): None}


def test_an_identifier_that_comes_later_finds_the_receipt_that_waits():
    take_in([dispatch(1, message_uuid="")], [receipt(1)])
    assert missing() == {"A1"}
    take_in([dispatch(1)])
    assert missing() == set()


def test_an_ambiguous_receipt_waits():
    take_in([dispatch(1, transmission_id="T"), dispatch(2, transmission_id="T")])
    take_in(receipts=[receipt(7, message_uuid="", transmission_id="T")])
    assert Receipt.objects.get().dispatch is None
    assert missing() == {"A1", "A2"}


def test_no_cpr_number_is_stored():
    cpr = "070761-4285"
    take_in(
        [dispatch(1, subject=f"Til {cpr}", sender=f"Bo {cpr}", unit=cpr, recipient="0707614285@eboks.example")],
        [receipt(1, FAILED, error=f"{cpr} findes ikke", transmission_id="0707614285")],
    )
    for model in (LetterDispatch, Receipt):
        for row in model.objects.values():
            assert "4285" not in str(row)
    assert LetterDispatch.objects.get().recipient_domain == "eboks.example"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({}, "id eller kanal"),
        (dispatch(1, channel=""), "id eller kanal"),
        (dispatch(1, stage="tænkt"), "trin"),
        (dispatch(1, sent_at="i går"), "sent_at"),
        (dispatch(1, size="stor"), "bytes"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_the_others_are_taken(row, why):
    taken, _ = take_in([row, dispatch(2)])
    assert [(place, why in text) for place, text in taken.refused] == [(1, True)]
    assert taken.new == 1


def test_receipts_are_append_only():
    take_in([dispatch(1)], [receipt(1)])
    for statement in ("UPDATE letters_receipt SET status = 'x'", "DELETE FROM letters_receipt"):
        with pytest.raises(InternalError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("subject", "family"),
    [
        ("SV: VS: Indkaldelse til møde den 20. januar kl. 14.30", "indkaldelse til møde den kl"),
        ("Referat af samtale med Anna Bech Sørensen", "referat af samtale med"),
        ("Afgørelse 2019-0047113", "afgørelse"),
        ("", "uden emne"),
        ("12345", "uden emne"),
    ],
)
def test_family_of_a_subject(subject, family):
    assert family_of(subject) == family


@pytest.mark.django_db(transaction=True)
def test_batches_at_once_lose_and_double_nothing():
    """Four connections take in overlapping letters and receipts, in different orders."""
    errors = []

    def take_all(seed):
        chance = random.Random(seed)
        try:
            for _ in range(12):
                numbers = chance.sample(range(60), 40)
                take_in([dispatch(one) for one in numbers], [receipt(one) for one in numbers])
                take_in(receipts=[receipt(one, FAILED, minutes=30) for one in numbers[:5]])
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take_all, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    take_in([dispatch(one) for one in range(60)], [receipt(one) for one in range(60)])
    assert (LetterDispatch.objects.count(), Channel.objects.count(), missing()) == (60, 1, set())
    for letter in LetterDispatch.objects.prefetch_related("receipts"):
        finals = {one.is_delivered for one in letter.receipts.all() if one.is_final}
        assert letter.outcome.is_contradicted == (len(finals) == 2)


def test_receipt_of_an_approved_letter_counts_when_the_letter_is_handed_over():
    take_in([dispatch(1, stage="approved")], [receipt(1)])
    assert LetterDispatch.objects.get().outcome.sent_bucket is None
    take_in([dispatch(1)])
    letter = LetterDispatch.objects.get()
    assert (letter.outcome.sent_bucket, letter.outcome.is_delivered) == (letter.sent_bucket, True)
    assert recount.count_wrong_outcomes() == 0
    DispatchOutcome.objects.update(sent_bucket=0)
    assert recount.count_wrong_outcomes() == 1


def test_connection_plans_the_statements_of_a_single_receipt_once():
    take_in([dispatch(one) for one in range(4)])
    with suppress(ZeroDivisionError), transaction.atomic():
        take_in(receipts=[receipt(0)])
        raise ZeroDivisionError
    plans = "SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements WHERE name ~ 'planned'"
    [(statements, runs)] = database.fetch_all(plans)
    for one in (1, 2, 3):
        take_in(receipts=[receipt(one)])
    assert database.fetch_all(plans) == [(statements, runs + 9)], "a receipt takes three statements"
    assert missing() == {"A0"}


def test_command_takes_in_what_was_known_until_a_time(tmp_path):
    sent, came = tmp_path / "afsendelser.jsonl", tmp_path / "kvitteringer.jsonl"
    rows = [dispatch(one, known_at=(NOW + timedelta(minutes=one)).isoformat()) for one in (1, 200)]
    sent.write_text("\n".join(map(json.dumps, rows)) + "\n")
    came.write_text("\n".join(map(json.dumps, [receipt(1), receipt(200)])) + "\n")
    until = (NOW + timedelta(minutes=100)).isoformat()
    files = "--dispatches", str(sent), "--receipts", str(came)
    call_command("take_in", *files, "--until", until, stdout=StringIO())
    assert (LetterDispatch.objects.count(), Receipt.objects.count()) == (1, 1)
    output = StringIO()
    call_command("take_in", *files, stdout=output)
    assert output.getvalue().splitlines() == ["Afsendelser: 1 nye, 1 kendte.", "Kvitteringer: 1 nye, 1 kendte."]


def test_command_names_the_lines_that_it_leaves_out(tmp_path):
    sent, errors = tmp_path / "afsendelser.jsonl", StringIO()
    sent.write_text(json.dumps(dispatch(1)) + "\n\nikke json\n[1]\n")
    with pytest.raises(CommandError, match="2 linjer"):
        call_command("take_in", "--dispatches", str(sent), stdout=StringIO(), stderr=errors)
    assert ["linje 3" in line or "linje 4" in line for line in errors.getvalue().splitlines()] == [True, True]
    assert LetterDispatch.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "is_known"), [("Modtaget Digital Post", True), ("Behandles hos leverandør", False)])
def test_pushed_receipt_says_whether_its_status_is_known(status, is_known):
    take_in_read_receipt(ReadReceipt("pko", message_uuid="a", status=status), datetime.now(COPENHAGEN))
    assert Receipt.objects.get().is_known is is_known
