"""KIT's front page: the steps with real numbers, opening, and moving the deadline."""

from datetime import date

import pytest
from django.urls import reverse

from followups.checklist import steps
from followups.models import FollowUp
from letters.models import DeadlineChange, Incident, Letter
from tests.factories import LetterFactory

pytestmark = pytest.mark.usefixtures("monday")


def said(response):
    return [str(message) for message in response.context["messages"]]


def by_title(incident):
    return {step.title: step for step in steps(incident)}


@pytest.mark.parametrize("person", ["karen", "jens", "birgitte", "pia", "hanne", "sofie", "olga"])
def test_the_page_is_kits(cast, as_user, person):
    client = as_user(getattr(cast, person))
    assert client.get(reverse("incident")).status_code == 403
    for name in ("open_followups", "move_deadline"):
        assert client.post(reverse(name)).status_code == 403


def test_numbers_for_each_administration(cast, as_user):
    response = as_user(cast.mette).get(reverse("incident"))
    assert [(row.name, row.numbers["OPEN"].value) for row in response.context["rows"]] == [
        ("Børne- og Ungdomsforvaltningen", 6),
        ("Socialforvaltningen", 1),
    ]
    assert "om 2 dage" in response.text


def test_the_steps_count(cast):
    found = by_title(cast.incident)
    assert found["Indlæs listen"].text == "7 breve er indlæst."
    assert found["Find ansvarlige"].text == "1 brev mangler afsender eller leder."
    assert found["Åbn opfølgningen"].is_done
    assert found["Følg op"].text == "7 af 7 breve mangler en beslutning."


def test_withdrawn_letters_do_not_count(cast):
    Letter.objects.filter(pk=cast.ullas.pk).update(withdrawn_at="2020-01-13T10:00+01:00")
    found = by_title(cast.incident)
    assert found["Indlæs listen"].text == "6 breve er indlæst."
    assert found["Find ansvarlige"].text == "Alle breve har en ansvarlig."


def test_opening_twice_is_harmless(cast, as_user):
    LetterFactory.create_batch(3, incident=cast.incident, sender=cast.karen)
    client = as_user(cast.mette)
    assert "Åbn opfølgningen for 3 breve" in client.get(reverse("incident")).text
    assert said(client.post(reverse("open_followups"), follow=True)) == ["Opfølgningen er åbnet for 3 breve."]
    assert said(client.post(reverse("open_followups"), follow=True)) == ["Alle breve er åbnet i forvejen."]
    assert FollowUp.objects.count() == 10


def test_a_get_opens_nothing(cast, as_user):
    assert as_user(cast.mette).get(reverse("open_followups")).status_code == 405


def deadline(day, month, year, reason="Julen tog tid."):
    return {"deadline_day": day, "deadline_month": month, "deadline_year": year, "reason": reason}


def test_the_deadline_moves_with_a_reason(cast, as_user):
    response = as_user(cast.mette).post(reverse("move_deadline"), deadline(22, 1, 2020), follow=True)
    assert said(response) == ["Fristen er flyttet til onsdag den 22. januar 2020."]
    assert Incident.objects.get().deadline == date(2020, 1, 22)
    assert "flyttede fristen fra 15. januar 2020 til 22. januar 2020: »Julen tog tid.«" in response.text


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        (deadline(22, 1, 2020, reason=" "), "Skriv, hvorfor fristen flyttes."),
        (deadline(19, 12, 2019), "Fristen skal ligge efter den sidste dag."),
        (deadline(15, 1, 2020), "Det er den frist, der står i forvejen."),
        (deadline(31, 2, 2020), "Datoen findes ikke."),
    ],
)
def test_a_deadline_that_cannot_be(cast, as_user, posted, words):
    response = as_user(cast.mette).post(reverse("move_deadline"), posted)
    assert response.status_code == 422
    assert words in response.text
    assert "Frist onsdag den 15. januar 2020" in response.text
    assert not DeadlineChange.objects.exists()


NEW = {
    "title": "Sikker post, der ikke kom frem",
    **{f"first_day_{part}": value for part, value in (("day", 1), ("month", 2), ("year", 2020))},
    **{f"last_day_{part}": value for part, value in (("day", 5), ("month", 2), ("year", 2020))},
    **{f"deadline_{part}": value for part, value in (("day", 20), ("month", 2), ("year", 2020))},
}


@pytest.fixture
def quiet(cast):
    Incident.objects.update(status=Incident.Status.CLOSED)


@pytest.mark.usefixtures("quiet")
def test_without_an_incident_kit_makes_one(cast, as_user):
    client = as_user(cast.mette)
    assert "Opret en hændelse" in client.get(reverse("incident")).text
    client.post(reverse("incident"), NEW)
    made = Incident.objects.current()
    assert (made.slug, made.status, made.deadline) == (
        "sikker-post-der-ikke-kom-frem-2020",
        "PREPARING",
        date(2020, 2, 20),
    )


@pytest.mark.usefixtures("quiet")
def test_an_incident_that_cannot_be_is_refused_in_danish(cast, as_user):
    response = as_user(cast.mette).post(reverse("incident"), NEW | {"last_day_day": 30, "last_day_month": 1})
    assert response.status_code == 422
    assert "Første dag skal ligge før sidste dag." in response.text
    assert Incident.objects.current() is None


@pytest.mark.usefixtures("quiet")
def test_two_with_the_same_name_get_two_short_names(cast, as_user):
    client = as_user(cast.mette)
    for _ in range(2):
        client.post(reverse("incident"), NEW)
        Incident.objects.update(status=Incident.Status.CLOSED)
    assert Incident.objects.filter(slug__startswith="sikker-post").count() == 2


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", ["open_followups", "move_deadline"])
def test_nothing_to_act_on(cast, as_user, name):
    assert as_user(cast.mette).post(reverse(name)).status_code == 404
