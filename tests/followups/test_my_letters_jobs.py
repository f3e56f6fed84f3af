"""The jobs of *Mine breve*: mark many letters as sent, and one proof for many."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from followups import services
from followups.models import Arrival, Decision
from followups.services import arrivals
from tests.factories import at
from tests.followups.bulk_pages import selected_keys
from tests.followups.decision_answers import NEW_LETTER_UNSENT, RESENT, followup_of
from tests.followups.proof_contents import LOG

pytestmark = pytest.mark.usefixtures("monday")
SENT, PROVE = reverse("mark_letters_sent"), reverse("prove_letters")
SPOKEN = {"proof": "talt"}


@pytest.fixture
def unsent(cast):
    letters = [cast.passed, cast.soon, cast.plain]
    for letter in letters:
        services.decide(letter, NEW_LETTER_UNSENT, cast.karen, version=0)
    return letters


@pytest.fixture
def sent(cast):
    letters = [cast.soon, cast.plain, cast.personnel]
    for letter in letters:
        services.decide(letter, RESENT, cast.karen, version=0)
    return letters


def test_ticked_letters_are_marked_as_sent_today(cast, as_user, unsent):
    page = as_user(cast.karen).post(SENT, {"valgt": selected_keys(*unsent[:2])}, follow=True)
    assert "2 breve er markeret som sendt." in page.text
    assert [followup_of(one).status for one in unsent] == ["DONE", "DONE", "DECIDED"]
    again = as_user(cast.karen).post(SENT, {"valgt": [f"{one.pk}:1" for one in unsent[:2]]}, follow=True)
    assert "2 breve er ikke ændret: Brevet er allerede sendt." in again.text


def test_letters_sent_on_another_day(cast, as_user, unsent):
    day = {"sent_on_day": "10", "sent_on_month": "1", "sent_on_year": "2020"}
    as_user(cast.karen).post(SENT, {"valgt": selected_keys(cast.plain)} | day)
    assert followup_of(cast.plain).done_at == at(2020, 1, 10, 12, 0)
    said = Decision.objects.get(followup__letter=cast.plain, kind="DONE")
    assert said.answers == {"sent_on": "2020-01-10"}
    assert (
        "skrev, at brevet er sendt den 10. januar 2020"
        in as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).text
    )


def test_nothing_ticked_is_refused(cast, as_user, unsent):
    page = as_user(cast.karen).post(SENT, {"valgt": "nonsens"})
    assert page.status_code == 422
    assert "Sæt kryds" in page.text
    assert 'class="details" open' not in page.text, "the day is not at fault"


def test_a_coming_day_is_refused_and_ticks_stay(cast, as_user, unsent):
    day = {"sent_on_day": "14", "sent_on_month": "1", "sent_on_year": "2020"}
    page = as_user(cast.karen).post(SENT, {"valgt": selected_keys(cast.plain)} | day)
    assert page.status_code == 422
    assert page.context["chosen"] == {cast.plain.pk}
    assert followup_of(cast.plain).status == "DECIDED"


def test_letters_of_others_are_not_marked(cast, as_user, unsent):
    services.decide(cast.annes, NEW_LETTER_UNSENT, cast.anne, version=0)
    as_user(cast.karen).post(SENT, {"valgt": selected_keys(cast.annes)})
    as_user(cast.anne).post(SENT, {"valgt": selected_keys(*unsent)})
    assert {followup_of(one).status for one in (cast.annes, *unsent)} == {"DECIDED"}


def test_a_word_proves_many_letters(cast, as_user, sent):
    page = as_user(cast.karen).post(PROVE, SPOKEN | {"valgt": selected_keys(cast.soon, cast.plain)}, follow=True)
    assert "2 breve er kommet frem." in page.text
    rows = Arrival.objects.order_by("pk").values_list("kind", "way", "sent_on", "arrived_on", "text")
    day = date(2020, 1, 13)
    assert list(rows) == [("STATEMENT", "DIGITAL_POST", day, day, "Jeg har talt med modtagerne.")] * 2
    again = as_user(cast.karen).post(PROVE, SPOKEN | {"valgt": selected_keys(cast.soon)}, follow=True)
    assert "1 brev er ikke ændret: Brevet er allerede kommet frem." in again.text
    assert Arrival.objects.count() == 2


def test_a_proof_of_many_letters_is_undone_in_one_press(cast, as_user, sent, monday):
    karen, undo = as_user(cast.karen), reverse("undo_proof")
    karen.post(PROVE, SPOKEN | {"valgt": selected_keys(cast.soon)})
    monday.move_to(at(2020, 1, 13, 10, 20))
    page = karen.post(PROVE, SPOKEN | {"valgt": selected_keys(cast.plain, cast.personnel)}, follow=True)
    last = page.context["last_proof"]
    assert (last.count, "Fortryd for 2 breve" in page.text) == (2, True)
    as_user(cast.anne).post(undo, {"oplysninger": last.pks})
    assert Arrival.objects.active().count() == 3, "only the person who reported can undo"
    karen = as_user(cast.karen)
    page = karen.post(undo, {"oplysninger": last.pks}, follow=True)
    assert [one.followup.letter for one in Arrival.objects.active()] == [cast.soon]
    assert "2 breve mangler igen bevis" in page.text
    assert page.context["last_proof"].count == 1, "the press before it"
    again = karen.post(undo, {"oplysninger": f"{last.pks} x"}, follow=True)
    assert arrivals.ALREADY_TAKEN_BACK in again.text
    monday.move_to(at(2020, 1, 14, 9, 0))
    karen = as_user(cast.karen)
    assert karen.get(reverse("my_letters")).context["last_proof"] is None
    karen.post(undo, {"oplysninger": str(Arrival.objects.active().get().pk)})
    assert Arrival.objects.active().count() == 1, "another day asks for a reason, on the letter's page"


def test_one_file_proves_many_letters(cast, as_user, sent):
    file = SimpleUploadedFile("log.csv", LOG)
    chosen = {"valgt": selected_keys(cast.soon, cast.plain)}
    as_user(cast.karen).post(PROVE, {"proof": "fil", "file": file} | chosen)
    assert set(Arrival.objects.values_list("kind", "file_name", "has_arrived")) == {("FILE", "log.csv", True)}
    assert Arrival.objects.values("file_sha256").distinct().count() == 1
    assert Arrival.objects.count() == 2


def test_file_about_many_never_proves_a_personnel_case(cast, as_user, sent):
    page = as_user(cast.karen).get(reverse("my_letters"))
    [job] = [job for job in page.context["jobs"] if job.name == "bevis"]
    assert cast.personnel.pk not in job.pickable
    file = SimpleUploadedFile("log.csv", LOG)
    page = as_user(cast.karen).post(
        PROVE, {"proof": "fil", "file": file, "valgt": selected_keys(cast.personnel)}, follow=True
    )
    assert "1 brev er ikke ændret: Det er en personalesag. Vis beviset på brevets egen side." in page.text
    assert not Arrival.objects.exists()


def test_arrival_before_sending_is_skipped(cast, as_user, sent):
    day = {"arrived_on_day": "10", "arrived_on_month": "1", "arrived_on_year": "2020"}
    page = as_user(cast.karen).post(PROVE, SPOKEN | day | {"valgt": selected_keys(cast.soon)}, follow=True)
    assert "1 brev er ikke ændret: Brevet kan ikke være kommet frem, før det blev sendt." in page.text


def test_earlier_report_keeps_day_and_way(cast, as_user, sent):
    by_post = arrivals.ArrivalReport(date(2020, 1, 9), "POST")
    arrivals.record_arrival(cast.soon, by_post, cast.karen, 0)
    as_user(cast.karen).post(PROVE, SPOKEN | {"valgt": selected_keys(cast.soon)})
    newest = Arrival.objects.latest("pk")
    assert (newest.way, newest.sent_on, newest.arrived_on) == ("POST", date(2020, 1, 9), date(2020, 1, 9))
