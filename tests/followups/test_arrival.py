"""Arrival reports: proof deadlines, the arrival status, and letters that did not arrive."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pgtrigger
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.models import Arrival, FollowUp
from followups.models.arrival import ArrivalState
from followups.reporting.letter_figures import letter_conditions
from followups.rules import letter_state
from followups.rules.letter_rows import fetch_rows, letters_for
from followups.services import arrivals
from followups.services.arrivals import ArrivalReport
from letters.models import Letter
from letters.models.visibility import letter_condition
from notifications.alarms import reconciliation
from sepo_incident.core.database import Conflict
from tests.factories import at
from tests.followups.arrival_reports import ARRIVAL_POST, ARRIVED, BY_POST, NOT_ARRIVED
from tests.followups.decision_answers import NEW_LETTER_UNSENT, NO_DISPATCH, RESENT, decision_kinds, followup_of
from tests.followups.responses import letter_text

pytestmark = pytest.mark.usefixtures("monday")
MONDAY = date(2020, 1, 13)
SENT = ArrivalReport(**BY_POST)


@pytest.fixture
def sent(cast):
    """Karen has resent the letter."""
    services.decide(cast.plain, RESENT, cast.karen, 0)
    return Letter.objects.visible_to(cast.karen).get(pk=cast.plain.pk)


def arrival_state(letter) -> ArrivalState | None:
    [row] = fetch_rows(letter.sender, [letter.pk])
    arrival = row.arrival
    return arrival and arrival.state


# --- Three working days -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent_on", "last_day"),
    [
        (date(2019, 12, 19), date(2019, 12, 27)),  # Friday, Monday, and past Christmas Friday
        (date(2019, 12, 21), date(2019, 12, 30)),  # a Saturday
        (date(2020, 1, 9), date(2020, 1, 14)),
    ],
)
def test_proof_is_due_by_end_of_third_working_day(sent_on, last_day):
    assert not sent_on < letter_state.proof_overdue_before(last_day)
    assert sent_on < letter_state.proof_overdue_before(last_day + timedelta(days=1))


def test_counted_conditions_match_arrival_status_of_letters(cast, monday):
    """For every kind of report, the status of the rows equals the condition behind the counts."""
    ways = [None, SENT, ARRIVED, NOT_ARRIVED, ArrivalReport(date(2020, 1, 7), "POST"), ArrivalReport(MONDAY, "HANDED")]
    letters = [cast.passed, cast.soon, cast.plain, cast.untitled, cast.personnel, cast.annes]
    for sent_at in (at(2020, 1, 8, 23, 59), at(2020, 1, 8, 9), at(2020, 1, 7, 12)):
        with transaction.atomic():
            monday.move_to(sent_at)
            for letter, said in zip(letters, ways, strict=True):
                services.decide(letter, RESENT, letter.sender, 0)
                if said:
                    arrivals.record_arrival(letter, said, letter.sender, 0)
            services.decide(cast.ullas, NO_DISPATCH, cast.ulla, 0)
            monday.move_to(at(2020, 1, 13, 10))
            visible = Letter.objects.visible_to(cast.mette)
            rows = letters_for(cast.mette, letter_condition("true"), MONDAY)
            states = [letter.arrival.state for letter in rows if letter.arrival]
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


def test_followups_hold_the_arrival_that_counts(cast):
    """Columns of follow-ups and `ArrivalQuerySet.newest` agree on generated arrivals, corrections and new remedies."""
    generated = random.Random(9)
    for letter in [cast.passed, cast.soon, cast.plain, cast.untitled, cast.annes]:
        services.decide(letter, generated.choice([RESENT, NEW_LETTER_UNSENT]), letter.sender, 0)
        by = {"followup": followup_of(letter), "by": letter.sender}
        for _ in range(5):
            reported = generated.choice([SENT, ARRIVED, NOT_ARRIVED])
            facts = {
                name: getattr(reported, name)
                for name in ("kind", "sent_on", "way", "has_arrived", "arrived_on", "text")
            }
            arrival = Arrival.objects.create(
                **by, remedy=generated.choice(["RESEND", "NEW_LETTER", "RESEND_AND_NEW"]), **facts
            )
            if generated.random() < 0.4:
                Arrival.objects.create(**by, kind="TAKEN_BACK", remedy=arrival.remedy, takes_back=arrival, text="Fejl")
            if generated.random() < 0.2:
                followup = followup_of(letter)
                services.decide(letter, generated.choice([RESENT, NEW_LETTER_UNSENT]), letter.sender, followup.version)
            newest = Arrival.objects.newest().values_list("followup", "has_arrived", "arrived_on", "sent_on")
            held = FollowUp.objects.exclude(reported_sent_on=None)
            assert set(held.values_list("pk", "has_arrived", "arrived_on", "reported_sent_on")) == set(newest)
    assert len(newest) > 2
    assert arrivals.count_stale_arrivals() == 0


def test_balance_finds_an_arrival_that_a_trigger_did_not_write(cast, sent):
    with pgtrigger.ignore("followups.Arrival:arrivals_of_followups"):
        arrivals.record_arrival(sent, ARRIVED, cast.karen, 0)
    assert stale_sums() == [("Breve med en forældet oplysning om ankomst", 1)]


def test_balance_finds_the_arrival_of_an_earlier_remedy(cast, sent):
    arrivals.record_arrival(sent, ARRIVED, cast.karen, 0)
    with pgtrigger.ignore("followups.FollowUp:arrival_of_new_remedy"):
        services.decide(sent, NEW_LETTER_UNSENT, cast.karen, followup_of(sent).version)
    assert stale_sums() == [("Breve med en forældet oplysning om ankomst", 1)]


def stale_sums() -> list[tuple[str, int]]:
    return [(one.what, one.total) for one in reconciliation.all_sums() if not one.agrees]


# --- What is said -------------------------------------------------------------------------------------------------


def test_arrival_report_with_source_is_shown_beside_status(cast, as_user, sent):
    karen = as_user(cast.karen)
    assert "Afventer bevis" in letter_text(karen, sent)
    refused = karen.post(reverse("arrival", args=[sent.pk]), ARRIVAL_POST | {"text": ""})
    assert refused.status_code == 422
    assert "Skriv, hvordan du ved det" in refused.content.decode()
    before = karen.post(reverse("arrival", args=[sent.pk]), ARRIVAL_POST | {"arrived_on_day": 8})
    assert "før det blev sendt" in before.content.decode()
    with_cpr = karen.post(reverse("arrival", args=[sent.pk]), ARRIVAL_POST | {"text": "Talt med 010203-1234"})
    assert "ligner et CPR-nummer" in with_cpr.content.decode()
    assert not Arrival.objects.exists()
    assert karen.post(reverse("arrival", args=[sent.pk]), ARRIVAL_POST).status_code == 302
    shown = letter_text(karen, sent)
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


def test_first_report_begins_with_digital_post_on_the_day_of_sending(cast, as_user, sent):
    page = as_user(cast.karen).get(reverse("arrival", args=[sent.pk]))
    form = page.context["form"]
    assert (form["way"].value(), form["arrived_on"].value()) == (Arrival.Way.DIGITAL_POST, MONDAY)
    assert form["has_arrived"].value() is None, "whether it arrived is the sender's to say"
    arrivals.record_arrival(sent, SENT, cast.karen, 0)
    form = as_user(cast.karen).get(reverse("arrival", args=[sent.pk])).context["form"]
    assert (form["way"].value(), form["arrived_on"].value()) == ("POST", None), "a letter by post arrives later"


def test_repeated_report_is_no_conflict_but_another_persons_is(cast, as_user, sent):
    karen = as_user(cast.karen)
    for _ in range(2):
        assert karen.post(reverse("arrival", args=[sent.pk]), ARRIVAL_POST).status_code == 302
    first = Arrival.objects.get()
    assert karen.post(reverse("arrival", args=[sent.pk]), ARRIVAL_POST | {"way": "DIGITAL_POST"}).status_code == 409
    other = as_user(cast.jens).post(reverse("arrival", args=[sent.pk]), ARRIVAL_POST | {"text": "Jeg ringede"})
    assert other.status_code == 409
    assert "Karen Bülow Møller erklærede" in other.content.decode()
    assert "Jeg ringede" in other.content.decode()
    assert Arrival.objects.get() == first
    again = ARRIVAL_POST | {"text": "Jeg ringede", "seen": other.context["form"]["seen"].value()}
    assert as_user(cast.jens).post(reverse("arrival", args=[sent.pk]), again).status_code == 302
    newest = Arrival.objects.newest().get()
    assert (newest.text, newest.by, newest.on_behalf_of) == ("Jeg ringede", cast.jens, cast.karen)


def test_report_about_an_older_dispatch_is_a_conflict(cast, as_user, sent):
    """The form was about the resent letter; meanwhile a new letter was sent, whose arrival nobody has reported."""
    typed = ARRIVAL_POST | {"remedy": "RESEND"}
    version = FollowUp.objects.get(letter=sent).version
    services.undo_decision(sent, cast.karen, version)
    services.decide(sent, replace(NEW_LETTER_UNSENT, is_sent=True, record_number="2020-1"), cast.jens, version + 1)
    assert as_user(cast.karen).post(reverse("arrival", args=[sent.pk]), typed).status_code == 409
    assert not Arrival.objects.exists()


def test_withdrawn_report_restores_the_earlier_report(cast, as_user, sent):
    first = arrivals.record_arrival(sent, SENT, cast.karen, 0)
    wrong = arrivals.record_arrival(sent, ARRIVED, cast.karen, first.pk)
    address = reverse("take_back_arrival", args=[sent.pk, wrong.pk])
    karen = as_user(cast.karen)
    assert karen.post(address).status_code == 422
    assert karen.post(address, {"text": "Det var et andet brev"}).status_code == 302
    assert arrival_state(sent) == ArrivalState.AWAITING
    assert "Du trak tilbage, at brevet, sendt den 9. januar 2020 (brevpost), er kommet frem" in letter_text(karen, sent)
    karen.post(address, {"text": "Det var et andet brev"})  # the click is repeated
    assert Arrival.objects.count() == 3
    with pytest.raises(services.NotPossible, match="allerede trukket tilbage"):
        arrivals.take_back_arrival(sent, wrong.pk, "Igen", cast.karen)


# --- What did not arrive comes back -------------------------------------------------------------------------------


def test_letter_that_did_not_arrive_is_reopened(cast, as_user, sent):
    services.confirm_letter(sent, cast.jens, 1)
    arrivals.record_arrival(sent, NOT_ARRIVED, cast.karen, 0)
    followup = followup_of(sent)
    assert (followup.status, followup.confirmed_at, decision_kinds(sent)[-1]) == ("DECIDED", None, "NOT_ARRIVED")
    karen = as_user(cast.karen)
    assert "Ikke kommet frem" in karen.get(reverse("my_letters")).content.decode()
    assert "Du åbnede brevet igen" in letter_text(karen, sent)
    with pytest.raises(services.NotPossible, match="ikke sendt igen"):
        arrivals.record_arrival(sent, ARRIVED, cast.karen, Arrival.objects.get().pk)
    services.mark_done(sent, cast.karen, followup.version)
    assert arrival_state(sent) == ArrivalState.AWAITING


def test_report_of_no_arrival_closes_the_leader_question(cast, as_user, sent):
    services.send_back(sent, cast.jens, 1, "Er det sendt til den rigtige?")
    arrivals.record_arrival(sent, NOT_ARRIVED, cast.karen, 0)
    assert followup_of(sent).status == "DECIDED"
    assert "Beslutningen er fortrudt" not in letter_text(as_user(cast.karen), sent)


def test_new_letter_has_not_arrived_when_the_old_one_has(cast, sent):
    arrivals.record_arrival(sent, ARRIVED, cast.karen, 0)
    services.undo_decision(sent, cast.karen, 1)
    assert arrival_state(sent) is None
    services.decide(sent, NEW_LETTER_UNSENT, cast.karen, 2)
    services.mark_done(sent, cast.karen, 3)
    assert arrival_state(sent) == ArrivalState.AWAITING


# --- Lists --------------------------------------------------------------------------------------------------------


def test_overdue_proof_is_listed_for_sender_and_board(cast, as_user, monday):
    for letter in (cast.plain, cast.untitled):
        services.decide(letter, RESENT, cast.karen, 0)
    assert "mere end tre arbejdsdage" not in as_user(cast.karen).get(reverse("my_letters")).content.decode()
    monday.move_to(at(2020, 1, 17, 9))
    karen = as_user(cast.karen)
    mine = karen.get(reverse("my_letters")).content.decode()
    assert 'href="?vis=uden-bevis">2 breve er sendt for mere end tre arbejdsdage siden.</a>' in mine
    only = karen.get(reverse("my_letters"), {"vis": "uden-bevis"}).context["shown_list"].letters
    assert {letter.pk for letter in only} == {cast.plain.pk, cast.untitled.pk}
    jens, path = as_user(cast.jens), reverse("board", args=[cast.svalevej.pk])
    listed = jens.get(path, {"status": "UNPROVEN"}).context["page_obj"].object_list
    assert {letter.pk for letter in listed} == {cast.plain.pk, cast.untitled.pk}


# --- Who, and what the database refuses ---------------------------------------------------------------------------


def test_arrival_report_needs_the_right_to_decide_and_a_sent_letter(cast, as_user, sent):
    for by in (cast.torben, cast.mette):
        with pytest.raises(services.NotPossible, match="Kun afsenderen"):
            arrivals.record_arrival(sent, ARRIVED, by, 0)
    assert as_user(cast.mette).post(reverse("arrival", args=[sent.pk]), ARRIVAL_POST).status_code == 403
    with pytest.raises(Conflict):
        arrivals.record_arrival(sent, ARRIVED, cast.karen, 7)
    with pytest.raises(services.NotPossible, match="ikke sendt igen"):
        arrivals.record_arrival(cast.soon, ARRIVED, cast.karen, 0)
    assert as_user(cast.karen).post(reverse("arrival", args=[cast.soon.pk]), ARRIVAL_POST).status_code == 409
    Letter.objects.filter(pk=sent.pk).update(withdrawn_at=at(2020, 1, 12, 9))
    with pytest.raises(services.NotPossible, match="trukket tilbage"):
        arrivals.record_arrival(sent, ARRIVED, cast.karen, 0)
    assert as_user(cast.karen).post(reverse("arrival", args=[sent.pk]), ARRIVAL_POST).status_code == 403


def test_report_about_personnel_case_is_hidden_from_others(cast, as_user):
    services.decide(cast.personnel, RESENT, cast.karen, 0)
    arrivals.record_arrival(cast.personnel, ARRIVED, cast.karen, 0)
    for person, reads in ((cast.karen, True), (cast.jens, True), (cast.hanne, True), (cast.birgitte, False)):
        for name in ("letter", "arrival"):
            shown = letter_text(as_user(person), cast.personnel, name)
            assert "er kommet frem den 10. januar 2020" in shown
            assert ("10. januar 2020: »Jeg har talt med modtageren«" in shown) is reads


def test_database_refuses_contradictory_reports(cast, sent):
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
    for wrong in (
        {"kind": "STATEMENT", "text": ""},
        {"kind": "STATEMENT", "has_arrived": None, "arrived_on": None},
        {"kind": "FILE"},
        {"kind": "STATEMENT", "file_name": "log.txt"},
        {"kind": "SENT"},
        {"arrived_on": None},
        {"arrived_on": date(2020, 1, 8)},
        {"has_arrived": False},
        {"way": "PIGEON"},
        {"remedy": "NO_DISPATCH"},
        {"kind": "TAKEN_BACK"},
    ):
        with pytest.raises(IntegrityError, match="arrival_"), transaction.atomic():
            Arrival.objects.create(**said | wrong)


def test_question_names_the_new_letter_and_future_arrival_is_refused(sent, cast, as_user):
    karen = as_user(cast.karen)
    assert "Hvornår blev brevet sendt igen?" in letter_text(karen, sent, "arrival")
    tomorrow = karen.post(reverse("arrival", args=[sent.pk]), ARRIVAL_POST | {"arrived_on_day": 14})
    assert tomorrow.status_code == 422
    assert "til og med i dag." in tomorrow.text
    services.decide(cast.soon, replace(NEW_LETTER_UNSENT, is_sent=True), cast.karen, 0)
    assert "Hvornår blev det nye brev sendt?" in letter_text(karen, cast.soon, "arrival")
