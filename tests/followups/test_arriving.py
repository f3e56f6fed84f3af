"""Sent is not arrived: what is said of it, what stands beside the status, and what did not arrive comes back."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.boards.metrics import letter_conditions
from followups.models import Arrival, FollowUp
from followups.my_letters import worklist
from followups.rules import arrival_status
from followups.rules.arrival_status import ArrivalState
from followups.services import arrivals
from followups.services.arrivals import ArrivalReport
from letters.models import Letter
from sepo_incident.core.conflict import Conflict
from tests.factories import at
from tests.followups.test_services import NEW_LATER, NOT_AGAIN, SENT_AGAIN, kinds
from tests.followups.test_services import standing as followup_of

pytestmark = pytest.mark.usefixtures("monday")
MONDAY = date(2020, 1, 13)
BY_POST = {"sent_on": date(2020, 1, 9), "way": "POST"}
ARRIVED = ArrivalReport(**BY_POST, has_arrived=True, arrived_on=date(2020, 1, 10), text="Jeg har talt med modtageren")
NOT_ARRIVED = ArrivalReport(**BY_POST, has_arrived=False, text="Det kom retur")
SENT = ArrivalReport(**BY_POST)
TYPED = {
    "seen": 0,
    "sent_on_day": 9,
    "sent_on_month": 1,
    "sent_on_year": 2020,
    "way": "POST",
    "has_arrived": "ja",
    "arrived_on_day": 10,
    "arrived_on_month": 1,
    "arrived_on_year": 2020,
    "text": "Jeg har talt med modtageren, som har læst brevet",
}


@pytest.fixture
def sent(cast):
    """Karen has sent the letter again."""
    services.decide(cast.plain, SENT_AGAIN, cast.karen, 0)
    return Letter.objects.visible_to(cast.karen).get(pk=cast.plain.pk)


def state_of(letter) -> ArrivalState | None:
    again = Letter.objects.select_related("followup").get(pk=letter.pk)
    arrival_status.attach_arrival_status([again], MONDAY)
    return again.arrival and again.arrival.state


def page_of(client, letter, name="letter"):
    return client.get(reverse(name, args=[letter.pk])).content.decode()


# --- Three working days -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent_on", "last_day"),
    [
        (date(2019, 12, 19), date(2019, 12, 27)),  # Friday, Monday, and past Christmas Friday
        (date(2019, 12, 20), date(2019, 12, 30)),
        (date(2019, 12, 21), date(2019, 12, 30)),  # a Saturday
        (date(2019, 12, 23), date(2020, 1, 2)),  # 24 and 31 December are closing days
        (date(2019, 12, 30), date(2020, 1, 6)),
        (date(2020, 1, 9), date(2020, 1, 14)),
    ],
)
def test_proof_is_waited_for_until_the_end_of_the_third_working_day(sent_on, last_day):
    assert not sent_on < arrival_status.proof_overdue_before(last_day)
    assert sent_on < arrival_status.proof_overdue_before(last_day + timedelta(days=1))


def test_the_numbers_are_those_of_the_letters(cast, monday):
    """Each letter as it is marked, counted, against the condition behind the number; over all that can be said."""
    ways = [None, SENT, ARRIVED, NOT_ARRIVED, ArrivalReport(date(2020, 1, 7), "POST"), ArrivalReport(MONDAY, "HANDED")]
    letters = [cast.passed, cast.soon, cast.plain, cast.untitled, cast.personnel, cast.annes]
    for sent_at in (at(2020, 1, 8, 23, 59), at(2020, 1, 8, 9), at(2020, 1, 7, 12)):
        with transaction.atomic():
            monday.move_to(sent_at)
            for letter, said in zip(letters, ways, strict=True):
                services.decide(letter, SENT_AGAIN, letter.sender, 0)
                if said:
                    arrivals.record_arrival(letter, said, letter.sender, 0)
            services.decide(cast.ullas, NOT_AGAIN, cast.ulla, 0)
            monday.move_to(at(2020, 1, 13, 10))
            visible = Letter.objects.visible_to(cast.mette)
            marked = list(visible.select_related("followup"))
            arrival_status.attach_arrival_status(marked, MONDAY)
            states = [letter.arrival.state for letter in marked if letter.arrival]
            conditions = letter_conditions(cast.mette, MONDAY)
            counted = {
                name: visible.filter(conditions[name]).count()
                for name in (*ArrivalState, "ARRIVING")
                if name != "AWAITING"
            }
            assert counted == {
                "ARRIVED": 1,
                "NOT_ARRIVED": 1,
                "UNPROVEN": states.count("UNPROVEN"),
                "ARRIVING": states.count("UNPROVEN") + states.count("AWAITING"),
            }
            assert counted["ARRIVING"] == 4
            assert counted["UNPROVEN"] == (1 if sent_at.day == 8 else 2)
            transaction.set_rollback(True)


# --- What is said -------------------------------------------------------------------------------------------------


def test_a_person_says_how_they_know_and_it_stands_beside_the_status(cast, as_user, sent):
    karen = as_user(cast.karen)
    assert "Afventer bevis" in page_of(karen, sent)
    refused = karen.post(reverse("arrival", args=[sent.pk]), TYPED | {"text": ""})
    assert refused.status_code == 422
    assert "Skriv, hvordan du ved det" in refused.content.decode()
    before = karen.post(reverse("arrival", args=[sent.pk]), TYPED | {"arrived_on_day": 8})
    assert "før det blev sendt" in before.content.decode()
    with_cpr = karen.post(reverse("arrival", args=[sent.pk]), TYPED | {"text": "Talt med 010203-1234"})
    assert "ligner et CPR-nummer" in with_cpr.content.decode()
    assert not Arrival.objects.exists()
    assert karen.post(reverse("arrival", args=[sent.pk]), TYPED).status_code == 302
    shown = page_of(karen, sent)
    assert "Kommet frem 10. januar" in shown
    assert (
        "Du erklærede, at brevet, sendt den 9. januar 2020 (brevpost), er kommet frem den 10. januar 2020: »Jeg"
        in shown
    )
    assert "Kommet frem 10. januar" in karen.get(reverse("my_letters")).content.decode()
    board = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk]), {"status": "ARRIVED"}).content.decode()
    assert "Kommet frem 10. januar" in board
    assert sent.subject in board
    assert FollowUp.objects.get(letter=sent).status == "DONE"


def test_a_double_click_is_no_conflict_and_another_person_is(cast, as_user, sent):
    karen = as_user(cast.karen)
    for _ in range(2):
        assert karen.post(reverse("arrival", args=[sent.pk]), TYPED).status_code == 302
    first = Arrival.objects.get()
    assert karen.post(reverse("arrival", args=[sent.pk]), TYPED | {"way": "DIGITAL_POST"}).status_code == 409
    other = as_user(cast.jens).post(reverse("arrival", args=[sent.pk]), TYPED | {"text": "Jeg ringede"})
    assert other.status_code == 409
    assert "Karen Bülow Møller erklærede" in other.content.decode()
    assert "Jeg ringede" in other.content.decode()
    assert Arrival.objects.get() == first
    again = TYPED | {"text": "Jeg ringede", "seen": other.context["form"]["seen"].value()}
    assert as_user(cast.jens).post(reverse("arrival", args=[sent.pk]), again).status_code == 302
    newest = Arrival.objects.newest().get()
    assert (newest.text, newest.by, newest.on_behalf_of) == ("Jeg ringede", cast.jens, cast.karen)


def test_what_was_sent_meanwhile_is_another_letter(cast, as_user, sent):
    """The form was about the same letter sent again; now a new one is, and nobody has seen that one arrive."""
    typed = TYPED | {"remedy": "RESEND"}
    version = FollowUp.objects.get(letter=sent).version
    services.undo_decision(sent, cast.karen, version)
    services.decide(sent, replace(NEW_LATER, is_sent=True, record_number="2020-1"), cast.jens, version + 1)
    assert as_user(cast.karen).post(reverse("arrival", args=[sent.pk]), typed).status_code == 409
    assert not Arrival.objects.exists()


def test_what_was_wrong_is_taken_back_and_what_stood_before_counts(cast, as_user, sent):
    first = arrivals.record_arrival(sent, SENT, cast.karen, 0)
    wrong = arrivals.record_arrival(sent, ARRIVED, cast.karen, first.pk)
    address = reverse("take_back_arrival", args=[sent.pk, wrong.pk])
    karen = as_user(cast.karen)
    assert karen.post(address).status_code == 422
    assert karen.post(address, {"text": "Det var et andet brev"}).status_code == 302
    assert state_of(sent) == ArrivalState.AWAITING
    assert "Du tog tilbage, at brevet, sendt den 9. januar 2020 (brevpost), er kommet frem" in page_of(karen, sent)
    karen.post(address, {"text": "Det var et andet brev"})  # a double click
    assert Arrival.objects.count() == 3
    with pytest.raises(services.NotPossible, match="allerede taget tilbage"):
        arrivals.take_back_arrival(sent, wrong.pk, "Igen", cast.karen)


def test_a_receipt_says_so_too_and_is_nobodys_word_but_who_brought_it(cast, as_user, sent):
    receipt = ArrivalReport(MONDAY, "DIGITAL_POST", has_arrived=True, arrived_on=MONDAY, text="PKO 7f3a")
    arrivals.record_receipt(sent, receipt, cast.mette)
    assert state_of(sent) == ArrivalState.ARRIVED
    assert "Mette Dahl fik en kvittering for, at brevet, sendt den 13. januar" in page_of(as_user(cast.karen), sent)


# --- What did not arrive comes back -------------------------------------------------------------------------------


def test_what_did_not_arrive_is_opened_again_for_the_sender(cast, as_user, sent):
    services.confirm_letter(sent, cast.jens, 1)
    arrivals.record_arrival(sent, NOT_ARRIVED, cast.karen, 0)
    followup = followup_of(sent)
    assert (followup.status, followup.confirmed_at, kinds(sent)[-1]) == ("DECIDED", None, "NOT_ARRIVED")
    karen = as_user(cast.karen)
    mine = karen.get(reverse("my_letters")).content.decode()
    assert "kom heller ikke frem. Send på en anden måde" in mine
    assert "Ikke kommet frem" in mine
    shown = page_of(karen, sent)
    assert "Det skal sendes igen: for eksempel med brevpost" in shown
    assert "Du åbnede brevet igen" in shown
    board = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk]))
    assert "1 brev kom heller ikke frem, da det blev sendt igen." in board.content.decode()
    with pytest.raises(services.NotPossible, match="ikke sendt igen"):
        arrivals.record_arrival(sent, ARRIVED, cast.karen, Arrival.objects.get().pk)
    services.mark_done(sent, cast.karen, followup.version)
    assert state_of(sent) == ArrivalState.AWAITING


def test_a_question_of_the_leaders_is_overtaken_by_it(cast, as_user, sent):
    services.send_back(sent, cast.jens, 1, "Er det sendt til den rigtige?")
    arrivals.record_arrival(sent, NOT_ARRIVED, cast.karen, 0)
    assert followup_of(sent).status == "DECIDED"
    assert "Beslutningen er taget tilbage" not in page_of(as_user(cast.karen), sent)


def test_another_letter_than_the_one_that_arrived_has_not_arrived(cast, sent):
    arrivals.record_arrival(sent, ARRIVED, cast.karen, 0)
    services.undo_decision(sent, cast.karen, 1)
    assert state_of(sent) is None
    services.decide(sent, NEW_LATER, cast.karen, 2)
    services.mark_done(sent, cast.karen, 3)
    assert state_of(sent) == ArrivalState.AWAITING


# --- Lists --------------------------------------------------------------------------------------------------------


def test_letters_without_proof_are_listed_for_the_sender_and_on_the_board(cast, as_user, monday):
    for letter in (cast.plain, cast.untitled):
        services.decide(letter, SENT_AGAIN, cast.karen, 0)
    assert "intet bevis" not in as_user(cast.karen).get(reverse("my_letters")).content.decode()
    monday.move_to(at(2020, 1, 17, 9))
    karen = as_user(cast.karen)
    mine = karen.get(reverse("my_letters")).content.decode()
    assert '<a href="?vis=uden-bevis#uden-bevis">2 breve er sendt igen for mere end tre arbejdsdage siden</a>' in mine
    only = karen.get(reverse("my_letters"), {"vis": "uden-bevis"}).content.decode()
    assert "Mangler bevis (2)" in only
    assert cast.plain.subject in only
    assert cast.soon.subject not in only
    jens, path = as_user(cast.jens), reverse("board", args=[cast.svalevej.pk])
    board = jens.get(path).content.decode()
    assert "2 af dem er sendt for mere end tre arbejdsdage siden." in board
    listed = jens.get(path, {"status": "UNPROVEN"}).context["page_obj"].object_list
    assert {letter.pk for letter in listed} == {cast.plain.pk, cast.untitled.pk}
    kits = as_user(cast.mette).get(reverse("incident")).content.decode()
    assert "2 breve er sendt igen for mere end tre arbejdsdage siden, uden bevis for at være kommet frem." in kits
    assert f"{reverse('board', args=[cast.root.pk])}?status=UNPROVEN#breve" in kits
    found = worklist.build_worklist(cast.karen, cast.incident, date(2020, 1, 17)).unproven
    assert {letter.pk for letter in found} == {cast.plain.pk, cast.untitled.pk}


# --- Who, and what the database refuses ---------------------------------------------------------------------------


def test_only_who_may_decide_says_it_and_nobody_of_a_letter_that_was_not_sent(cast, as_user, sent):
    for by in (cast.torben, cast.mette):
        with pytest.raises(services.NotPossible, match="Kun afsenderen"):
            arrivals.record_arrival(sent, ARRIVED, by, 0)
    assert as_user(cast.mette).post(reverse("arrival", args=[sent.pk]), TYPED).status_code == 403
    with pytest.raises(Conflict):
        arrivals.record_arrival(sent, ARRIVED, cast.karen, 7)
    with pytest.raises(services.NotPossible, match="ikke sendt igen"):
        arrivals.record_arrival(cast.soon, ARRIVED, cast.karen, 0)
    assert as_user(cast.karen).post(reverse("arrival", args=[cast.soon.pk]), TYPED).status_code == 409
    Letter.objects.filter(pk=sent.pk).update(withdrawn_at=at(2020, 1, 12, 9))
    with pytest.raises(services.NotPossible, match="trukket tilbage"):
        arrivals.record_arrival(sent, ARRIVED, cast.karen, 0)
    assert as_user(cast.karen).post(reverse("arrival", args=[sent.pk]), TYPED).status_code == 403


def test_nothing_that_was_typed_about_a_personnel_case_is_read_by_others(cast, as_user):
    services.decide(cast.personnel, SENT_AGAIN, cast.karen, 0)
    arrivals.record_arrival(cast.personnel, ARRIVED, cast.karen, 0)
    for person, reads in ((cast.karen, True), (cast.jens, True), (cast.hanne, True), (cast.birgitte, False)):
        for name in ("letter", "arrival"):
            shown = page_of(as_user(person), cast.personnel, name)
            assert "er kommet frem den 10. januar 2020" in shown
            assert ("10. januar 2020: »Jeg har talt med modtageren«" in shown) is reads


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "STATEMENT", "text": ""},
        {"kind": "STATEMENT", "has_arrived": None, "arrived_on": None},
        {"kind": "FILE"},
        {"kind": "RECEIPT", "file_name": "log.txt"},
        {"kind": "SENT"},
        {"arrived_on": None},
        {"arrived_on": date(2020, 1, 8)},
        {"has_arrived": False},
        {"sent_on": None},
        {"way": ""},
        {"way": "PIGEON"},
        {"remedy": "NO_DISPATCH"},
        {"kind": "TAKEN_BACK"},
    ],
)
def test_the_database_refuses_what_must_not_be(cast, sent, wrong):
    said = {
        "followup": sent.followup,
        "kind": "STATEMENT",
        "remedy": "RESEND",
        "sent_on": date(2020, 1, 9),
        "way": "POST",
        "has_arrived": True,
        "arrived_on": date(2020, 1, 10),
        "text": "Talt sammen",
        "by": cast.karen,
    }
    Arrival.objects.create(**said)
    with pytest.raises(IntegrityError, match="arrival_"), transaction.atomic():
        Arrival.objects.create(**said | wrong)


def test_a_new_letter_is_asked_about_in_its_own_words_and_nothing_arrives_tomorrow(sent, cast, as_user):
    karen = as_user(cast.karen)
    assert "Hvornår blev brevet sendt igen?" in page_of(karen, sent, "arrival")
    tomorrow = karen.post(reverse("arrival", args=[sent.pk]), TYPED | {"arrived_on_day": 14})
    assert tomorrow.status_code == 422
    assert "til og med i dag." in tomorrow.text
    services.decide(cast.soon, replace(NEW_LATER, is_sent=True), cast.karen, 0)
    assert "Hvornår blev det nye brev sendt?" in page_of(karen, cast.soon, "arrival")
