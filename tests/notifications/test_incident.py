"""KIT's front page: the steps with real numbers, opening, and moving the deadline."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups.models import FollowUp
from letters import incidents
from letters.models import DeadlineChange, Incident, Letter
from notifications.incident_page.checklist import count_told_senders, list_steps
from notifications.models import Delivery, Dispatch
from tests.factories import FollowUpFactory, IncidentFactory, LetterFactory, UserFactory
from tests.notifications.conftest import mend, request, write

pytestmark = pytest.mark.usefixtures("monday")


def said(response):
    return [str(message) for message in response.context["messages"]]


def by_title(incident):
    return {step.title: step for step in list_steps(incident)}


def texts(step):
    return [note.text for note in step.notes]


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
    assert texts(found["Indlæs listen"]) == ["7 breve er indlæst."]
    assert texts(found["Find ansvarlige"]) == ["1 brev mangler afsender, leder eller enhed."]
    assert found["Åbn opfølgningen"].is_done
    assert texts(found["Følg op"]) == ["7 af 7 breve mangler en beslutning."]


def test_withdrawn_letters_do_not_count(cast):
    Letter.objects.filter(pk=cast.ullas.pk).update(withdrawn_at="2020-01-13T10:00+01:00")
    found = by_title(cast.incident)
    assert texts(found["Indlæs listen"]) == [
        "6 breve er indlæst.",
        "1 brev er trukket tilbage og tæller ikke med.",
    ]
    assert texts(found["Find ansvarlige"]) == ["Alle breve har en ansvarlig."]


def test_nobody_told_yet(cast):
    step = by_title(cast.incident)["Send varsler"]
    assert texts(step) == ["Hver af de 3 afsendere får én mail med sine breve, og lederen får en kopi."]
    assert not step.is_done


def test_told_when_every_sender_has_a_mail_and_nobody_is_owed_one(cast, as_user, dispatch, drain):
    step = by_title(cast.incident)["Send varsler"]
    assert texts(step) == ["Ingen afsendere har fået mail endnu. 5 mails er på vej."], "written is not sent"
    drain()
    step = by_title(cast.incident)["Send varsler"]
    assert (texts(step), step.is_done) == (["3 afsendere har fået mail."], True)
    assert step.notes[0].url == reverse("dispatch", args=[dispatch.pk])
    shown = as_user(cast.mette).get(reverse("incident")).text
    assert 'Send varsler<span class="sr-only"> (klaret)</span>' in shown


LACK = "mangler en mail om breve, der ikke har været med før."


def test_one_more_letter_owes_its_sender_a_mail(cast, dispatch, drain):
    drain()
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
    step = by_title(cast.incident)["Send varsler"]
    assert texts(step) == [
        "3 afsendere har fået mail.",
        f"2 afsendere {LACK}",
    ]
    assert not step.is_done


def test_who_has_got_a_mail_is_never_counted_down(cast, dispatch, drain):
    """Through a second list and its dispatch, and a list that takes the letters away."""
    drain()
    seen = [count_told_senders(cast.incident)["reached"]]
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
    seen.append(count_told_senders(cast.incident)["reached"])
    write(request(cast.incident))
    seen.append(count_told_senders(cast.incident)["reached"])
    drain()
    seen.append(count_told_senders(cast.incident)["reached"])
    Letter.objects.update(withdrawn_at="2020-01-13T10:00+01:00")
    seen.append(count_told_senders(cast.incident)["reached"])
    assert seen == [3, 3, 3, 4, 4]


def test_a_mail_that_was_refused_is_a_line_of_its_own(cast, dispatch, drain, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.karen.email)
    drain()
    step = by_title(cast.incident)["Send varsler"]
    assert texts(step) == ["2 afsendere har fået mail.", "1 mail er ikke kommet sikkert frem."]
    assert step.notes[1].url == f"{reverse('dispatch', args=[dispatch.pk])}?tilstand=handling"


def test_the_leaders_copy_alone_is_not_the_senders_mail(cast, dispatch, drain, sink):
    sink.refuse("RCPT", "452 4.2.2 Mailbox full", address=cast.karen.email)
    drain()
    assert Delivery.objects.get(recipient=cast.jens).state == Delivery.State.ACCEPTED
    assert texts(by_title(cast.incident)["Send varsler"]) == ["2 afsendere har fået mail. 1 mail er på vej."]


def test_a_mail_that_cannot_be_written_leaves_its_sender_owed(cast, faulty, drain):
    write(request(cast.incident))
    drain()
    step = by_title(cast.incident)["Send varsler"]
    assert texts(step) == [
        "2 afsendere har fået mail.",
        f"1 afsender {LACK}",
    ]
    mend(faulty)
    write(request(cast.incident))
    drain()
    assert by_title(cast.incident)["Send varsler"].is_done


def test_queries_do_not_grow(cast, as_user, dispatch, drain, django_assert_num_queries):
    """The same number for one dispatch and for four."""
    client = as_user(cast.mette)
    drain()
    client.get(reverse("incident"))  # what a first visit writes about itself
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("incident"))
    for _ in range(3):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
        write(request(cast.incident))
    assert Dispatch.objects.count() == 4
    with django_assert_num_queries(len(few)):
        client.get(reverse("incident"))


def test_opening_twice_is_harmless(cast, as_user):
    LetterFactory.create_batch(3, incident=cast.incident, sender=cast.karen)
    client = as_user(cast.mette)
    assert "Åbn opfølgningen for 3 breve" in client.get(reverse("incident")).text
    assert said(client.post(reverse("open_followups"), follow=True)) == ["Opfølgningen er åbnet for 3 breve."]
    assert said(client.post(reverse("open_followups"), follow=True)) == ["Alle breve er åbnet i forvejen."]
    assert FollowUp.objects.count() == 10


def test_a_get_opens_nothing(cast, as_user):
    assert as_user(cast.mette).get(reverse("open_followups")).status_code == 405


TOO_LATE = "Fristen ligger mere end to år efter den sidste dag. Er årstallet rigtigt?"


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
        (deadline(22, 1, 2022), TOO_LATE),
        (deadline(31, 12, 9999), TOO_LATE),
    ],
)
def test_a_deadline_that_cannot_be(cast, as_user, posted, words):
    response = as_user(cast.mette).post(reverse("move_deadline"), posted)
    assert response.status_code == 422
    assert words in response.text
    assert "Frist onsdag den 15. januar 2020" in response.text
    assert not DeadlineChange.objects.exists()


@pytest.mark.parametrize(("last", "is_refused"), [(date(2021, 12, 19), False), (date(2021, 12, 20), True)])
def test_the_database_refuses_a_deadline_out_of_sight(cast, last, is_refused):
    with transaction.atomic(), pytest.raises(IntegrityError) if is_refused else nullcontext():
        Incident.objects.update(deadline=last)


def test_a_deadline_that_somebody_has_just_moved_there_is_not_moved_again(cast, as_user, monkeypatch):
    late = Incident.objects.get()  # as it was when this request read it
    incidents.move_deadline(late, date(2020, 1, 22), "Julen tog tid.", by=cast.mette)
    monkeypatch.setattr("letters.incidents.current_incident_or_404", lambda: late)
    response = as_user(cast.mette).post(reverse("move_deadline"), deadline(22, 1, 2020), follow=True)
    assert said(response) == ["En anden har lige flyttet fristen til den dag. Intet er ændret."]
    assert DeadlineChange.objects.count() == 1


def test_the_history_holds_no_change_that_changes_nothing(cast):
    day = cast.incident.deadline
    with pytest.raises(IntegrityError, match="deadline_change_moves_it"):
        DeadlineChange.objects.create(incident=cast.incident, old=day, new=day, reason="Ingen.", by=cast.mette)


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
def test_a_mistyped_year_is_refused_in_danish(cast, as_user):
    response = as_user(cast.mette).post(reverse("incident"), NEW | {"deadline_year": 2202})
    assert response.status_code == 422
    assert TOO_LATE in response.text


@pytest.mark.usefixtures("quiet")
def test_whoever_comes_second_is_led_to_the_one_that_is_there(cast, as_user):
    client = as_user(cast.mette)
    client.post(reverse("incident"), NEW, follow=True)
    assert said(client.post(reverse("incident"), NEW, follow=True)) == ["Hændelsen er oprettet i forvejen. Her er den."]
    assert Incident.objects.filter(slug__startswith="sikker-post").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quiet")
def test_made_by_four_at_once_there_is_one():
    kit = UserFactory()

    def make(_):
        try:
            return incidents.create_incident(IncidentFactory.build(slug="", title="Ny", status="PREPARING"), kit).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(make, range(4)))
    assert made == {Incident.objects.current().pk}


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
