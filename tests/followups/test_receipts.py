"""Receipts finish the work: a resent letter arrives by the receipt of its dispatch, and nothing is guessed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from followups import services
from followups.models import Arrival
from followups.models.arrival import ArrivalState
from followups.my_letters.worklist import build_worklist
from followups.rules.letter_rows import fetch_rows
from followups.services import arrivals
from followups.services.arrivals import ArrivalReport, count_stale_arrivals
from letters.models import Incident, Letter
from letters.tracking.told_statuses import tell_meaning
from sepo_incident.core import calendar
from tests.factories import LetterFactory, at
from tests.followups.arrival_reports import ARRIVED, BY_POST
from tests.followups.decision_answers import NEW_LETTER_SENT, RESENT, decision_kinds, followup_of
from tests.followups.resent_letters import DELIVERED, FAILED, dispatch_of, take_in_receipt
from tests.followups.responses import letter_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
MORNING = at(2020, 1, 13, 9)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def sent(cast):
    """Karen has resent the letter before she decided: the mail is from an hour ago."""
    services.decide(cast.plain, RESENT, cast.karen, 0)
    return Letter.objects.get(pk=cast.plain.pk)


def row_of(letter):
    [row] = fetch_rows(letter.sender, [letter.pk])
    return row


def to_prove(cast):
    return [one.pk for one in build_worklist(cast.karen, cast.incident, calendar.today()).without_proof]


def test_a_letter_arrives_by_its_receipt_and_leaves_the_list(cast, sent, as_user):
    dispatch = dispatch_of(sent, MORNING)
    assert not services.record_receipts(), "no receipt yet"
    assert to_prove(cast) == [sent.pk]
    take_in_receipt(DELIVERED, MORNING + timedelta(days=1))
    [arrival] = services.record_receipts()
    assert (arrival.kind, arrival.by, arrival.dispatch, arrival.way) == ("RECEIPT", None, dispatch, "DIGITAL_POST")
    assert (arrival.sent_on, arrival.arrived_on) == (date(2020, 1, 13), date(2020, 1, 14))
    assert row_of(sent).arrival.state == ArrivalState.ARRIVED
    assert to_prove(cast) == []
    assert count_stale_arrivals() == 0
    assert decision_kinds(sent) == ["DECIDED"]
    told = "Systemet fik en kvittering for, at brevet, sendt den 13. januar 2020 (Digital Post/e-Boks), er kommet frem"
    assert f"{told} den 14. januar 2020: »{DELIVERED}«" in letter_text(as_user(cast.karen), sent)
    assert not services.record_receipts(), "run twice"


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_record_it_once(cast, sent):
    dispatch_of(sent, MORNING)
    take_in_receipt(DELIVERED, MORNING)

    def run(_):
        try:
            return len(services.record_receipts())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(run, range(4))) == [0, 0, 0, 1]


@pytest.mark.parametrize(
    "other",
    [
        {"recipient": "en.anden@borger.example"},
        {"sender": "jens@kk.example"},
        {"subject": "Indkaldelse til møde"},
        {"sent_at": at(2020, 1, 12, 23, 59).isoformat()},
    ],
)
def test_another_mail_is_not_the_letter(sent, other):
    dispatch_of(sent, MORNING, **other)
    take_in_receipt(DELIVERED, MORNING)
    assert not services.record_receipts()
    dispatch_of(sent, MORNING, 2, subject=f"SV: {sent.subject}", sender=sent.sender.email.upper())
    take_in_receipt(DELIVERED, MORNING, "<2@kk.example>")
    assert len(services.record_receipts()) == 1


def test_of_two_candidates_nothing_is_guessed(sent):
    dispatch_of(sent, MORNING)
    dispatch_of(sent, MORNING + MINUTE, 2)
    take_in_receipt(DELIVERED, MORNING)
    assert not services.record_receipts()


def test_of_two_letters_alike_nothing_is_guessed(cast, sent):
    LetterFactory(
        incident=cast.incident, sender=cast.karen, leader=cast.jens, subject=sent.subject, sent_at=sent.sent_at
    )
    dispatch_of(sent, MORNING)
    take_in_receipt(DELIVERED, MORNING)
    assert not services.record_receipts()


def test_the_first_letter_itself_is_not_the_resent_one(cast, sent):
    Letter.objects.filter(pk=sent.pk).update(sent_at=MORNING)
    dispatch_of(sent, MORNING + timedelta(seconds=40))
    take_in_receipt(DELIVERED, MORNING + MINUTE)
    assert not services.record_receipts()


def test_a_receipt_before_the_mark_counts_when_the_letter_is_marked(cast, monday):
    dispatch_of(cast.plain, MORNING)
    take_in_receipt(DELIVERED, MORNING)
    assert not services.record_receipts()
    services.decide(cast.plain, NEW_LETTER_SENT, cast.karen, 0)
    assert len(services.record_receipts()) == 1


@pytest.mark.parametrize("status", ["Modtaget Digital Post", "Noget nyt"])
def test_a_receipt_that_is_not_final_says_nothing(sent, status):
    dispatch_of(sent, MORNING)
    take_in_receipt(status, MORNING)
    assert not services.record_receipts()


@pytest.mark.parametrize("status", [FAILED, "INVALID", "NOT_ALLOWED"])
def test_a_refused_letter_asks_the_sender_once_what_became_of_it(cast, sent, as_user, status):
    dispatch_of(sent, MORNING)
    take_in_receipt("Modtaget Digital Post", MORNING)
    take_in_receipt(status, MORNING + MINUTE, error="Fritaget for Digital Post")
    [asked] = services.record_receipts()
    assert (asked.kind, asked.by, asked.text) == ("REFUSED", None, f"{status}: Fritaget for Digital Post")
    assert not services.record_receipts()
    arrival = row_of(sent).arrival
    assert (arrival.state, arrival.badge.label, arrival.needs_answer) == ("AWAITING", "Nåede ikke frem", True)
    karen = as_user(cast.karen)
    page = letter_text(karen, sent)
    assert "En kvittering siger, at brevet ikke er kommet frem. Send det med brevpost" in page
    told = "fik en kvittering for, at brevet, sendt den 13. januar 2020 (Digital Post/e-Boks), ikke er kommet frem"
    assert f"{told}: »{status}: Fritaget for Digital Post«" in page
    page = karen.get(reverse("my_letters")).text
    assert "sende 1 brev på en anden måde." in page
    assert "1 brev nåede ikke frem" in page
    assert to_prove(cast) == [], "it is no letter to prove"
    form = karen.get(reverse("arrival", args=[sent.pk])).context["form"]
    assert (form["way"].value(), form["sent_on"].value(), form["arrived_on"].value()) == ("", None, None)


def test_a_refused_letter_is_sent_in_another_way(cast, sent, monday):
    dispatch_of(sent, MORNING)
    take_in_receipt(FAILED, MORNING)
    [asked] = services.record_receipts()
    by_post = arrivals.record_arrival(sent, ArrivalReport(**BY_POST), cast.karen, asked.pk)
    assert (row_of(sent).arrival.question, to_prove(cast)) == (None, [sent.pk])
    take_in_receipt(DELIVERED, MORNING + MINUTE)
    assert not services.record_receipts(), "the sender knows more than a receipt of what was sent before"
    arrivals.take_back_arrival(sent, by_post.pk, "Det blev sendt digitalt", cast.karen)
    assert [one.kind for one in services.record_receipts()] == ["DISPUTED"]


def test_a_letter_that_is_refused_and_sent_anew_arrives_by_its_new_dispatch(cast, sent, monday):
    dispatch_of(sent, MORNING)
    take_in_receipt(FAILED, MORNING)
    services.record_receipts()
    new = dispatch_of(sent, at(2020, 1, 13, 11), 2)
    take_in_receipt(DELIVERED, at(2020, 1, 13, 11), "<2@kk.example>")
    assert [(one.kind, one.dispatch) for one in services.record_receipts()] == [("RECEIPT", new)]
    assert row_of(sent).arrival.has_arrived
    assert not services.record_receipts()


def test_a_refusal_that_koncern_it_reads_otherwise_is_an_arrival(cast, sent):
    tell_meaning("Lagt i boks", "failed", cast.mette)
    dispatch_of(sent, MORNING)
    take_in_receipt("Lagt i boks", MORNING)
    assert [one.kind for one in services.record_receipts()] == ["REFUSED"]
    tell_meaning("Lagt i boks", "delivered", cast.mette)
    assert [one.kind for one in services.record_receipts()] == ["RECEIPT"]
    assert row_of(sent).arrival.state == ArrivalState.ARRIVED
    assert count_stale_arrivals() == 0


def test_a_contradiction_asks_the_sender_once_and_takes_nothing_back(cast, sent, as_user):
    dispatch_of(sent, MORNING)
    take_in_receipt(DELIVERED, MORNING)
    services.record_receipts()
    services.confirm_letter(sent, cast.jens, followup_of(sent).version)
    take_in_receipt(FAILED, MORNING + MINUTE)
    [asked] = services.record_receipts()
    assert (asked.kind, asked.text) == ("DISPUTED", f"{DELIVERED} og {FAILED}")
    assert followup_of(sent).status == "CONFIRMED"
    assert Arrival.objects.filter(kind="RECEIPT", taken_back=None).exists()
    assert to_prove(cast) == [sent.pk]
    assert row_of(sent).arrival.is_disputed
    page = letter_text(as_user(cast.karen), sent)
    assert f"og spørger, om brevet er kommet frem: »{DELIVERED} og {FAILED}«" in page
    assert "Kvitteringerne modsiger hinanden: En viser, at brevet er kommet frem, en anden ikke. Spørg" in page
    assert not services.record_receipts()
    arrivals.record_arrival(sent, ARRIVED, cast.karen, asked.pk)
    assert row_of(sent).arrival.state == ArrivalState.ARRIVED
    assert to_prove(cast) == []
    assert not services.record_receipts()
    assert count_stale_arrivals() == 0


def test_a_status_that_means_something_else_asks_too(cast, sent):
    tell_meaning("Lagt i boks", "delivered", cast.mette)
    dispatch_of(sent, MORNING)
    take_in_receipt("Lagt i boks", MORNING)
    assert [one.kind for one in services.record_receipts()] == ["RECEIPT"]
    tell_meaning("Lagt i boks", "on_the_way", cast.mette)
    [asked] = services.record_receipts()
    assert (asked.kind, asked.text) == ("DISPUTED", "Lagt i boks")
    assert not services.record_receipts()
    arrivals.take_back_arrival(sent, asked.pk, "Den er kommet", cast.karen)
    assert row_of(sent).arrival.state == ArrivalState.ARRIVED
    assert not services.record_receipts()


def test_a_contradiction_from_the_start_asks_too(cast, sent):
    dispatch_of(sent, MORNING)
    take_in_receipt(FAILED, MORNING)
    take_in_receipt(DELIVERED, MORNING + MINUTE)
    assert [one.kind for one in services.record_receipts()] == ["DISPUTED"]
    assert not services.record_receipts()


def test_a_person_knows_more_than_receipts_of_what_was_sent_before(cast, sent, monday):
    dispatch_of(sent, MORNING)
    by_post = arrivals.record_arrival(sent, ArrivalReport(**BY_POST), cast.karen, 0)
    take_in_receipt(DELIVERED, MORNING)
    assert not services.record_receipts(), "sent by post"
    not_arrived = ArrivalReport(date(2020, 1, 13), "DIGITAL_POST", has_arrived=False, text="Ikke kommet")
    arrivals.record_arrival(sent, not_arrived, cast.karen, by_post.pk)
    monday.move_to(at(2020, 1, 13, 11))
    services.mark_done(sent, cast.karen, followup_of(sent).version)
    assert not services.record_receipts()


def test_a_letter_that_is_withdrawn_or_of_a_closed_incident_is_left_alone(cast, sent):
    dispatch_of(sent, MORNING)
    take_in_receipt(DELIVERED, MORNING)
    Letter.objects.filter(pk=sent.pk).update(withdrawn_at=MORNING)
    assert not services.record_receipts()
    Letter.objects.filter(pk=sent.pk).update(withdrawn_at=None)
    Incident.objects.update(status="CLOSED")
    assert not services.record_receipts()
    Incident.objects.update(status="OPEN")
    [arrival] = services.record_receipts()
    arrivals.take_back_arrival(sent, arrival.pk, "Det var et andet brev", cast.karen)
    assert not services.record_receipts(), "a receipt that a person took back"
