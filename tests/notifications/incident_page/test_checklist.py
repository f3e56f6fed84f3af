"""KIT's front page: steps with counts, opening, and moving the deadline."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from letters import incidents
from letters.models import (
    AdministrationPlan,
    BreachAssessment,
    BreachNotification,
    BreachReport,
    DeadlineChange,
    Incident,
    IncidentContact,
    Letter,
    Measure,
    SupplierExchange,
    TimelineEntry,
)
from notifications.incident_page.checklist import list_steps
from notifications.incident_page.facts import read_facts
from notifications.models import Delivery, Dispatch
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import danish
from tests.factories import BatchFactory, FollowUpFactory, IncidentFactory, LetterFactory, UnitFactory, UserFactory
from tests.notices import request_first_notices, write_notices

pytestmark = pytest.mark.usefixtures("monday")


def message_texts(response):
    return [str(message) for message in response.context["messages"]]


def steps_by_title(incident):
    return {step.title: step for step in list_steps(read_facts(incident, User.objects.get(email="mette@kk.example")))}


def note_texts(step):
    return [note.text for note in step.notes]


def test_page_counts_letters_per_administration(cast, as_user):
    response = as_user(cast.mette).get(reverse("incident"))
    assert [(one.unit.name, one.numbers["ALL"].value) for one in response.context["plans"]] == [
        ("Børne- og Ungdomsforvaltningen", 6),
        ("Socialforvaltningen", 1),
    ]
    assert "om 2 dage" in response.text


def test_list_that_waits_for_kit_comes_first(cast, as_user):
    batch = BatchFactory(incident=cast.incident, sha256="1" * 64, status="CHECKED", committed_at=None)
    step = steps_by_title(cast.incident)["Indlæs listen"]
    assert note_texts(step) == ["En liste venter på dig.", "7 breve er indlæst."]
    assert not step.is_done
    assert reverse("import_batch", args=[batch.pk]) in as_user(cast.mette).get(reverse("incident")).text


def test_notice_step_is_done_when_nobody_is_owed_a_notice(cast, as_user, dispatch, drain):
    step = steps_by_title(cast.incident)["Send beskeder"]
    assert note_texts(step) == ["Udsendelsen er bestilt. 5 mails er på vej."], "written is not sent"
    drain()
    step = steps_by_title(cast.incident)["Send beskeder"]
    assert (note_texts(step), step.is_done) == (["Vi har skrevet eller ringet til 3 afsendere."], True)
    assert step.notes[0].url == reverse("dispatch", args=[dispatch.pk])
    shown = as_user(cast.mette).get(reverse("incident")).text
    assert 'Send beskeder<span class="sr-only"> (udført)</span>' in shown


LACK = "mangler en mail om nye breve."


def add_letters_of_karen_and_another(cast):
    for sender in (cast.karen, UserFactory()):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=sender, leader=cast.jens))


def test_count_of_reached_senders_never_decreases(cast, dispatch, drain):
    """Through a second list with its dispatch, and a list that removes the letters."""

    def reached():
        return read_facts(cast.incident, cast.mette).counts["reached"]

    drain()
    assert reached() == 3
    add_letters_of_karen_and_another(cast)
    assert reached() == 3
    step = steps_by_title(cast.incident)["Send beskeder"]
    assert note_texts(step)[1] == f"2 afsendere {LACK}"
    assert not step.is_done
    write_notices(request_first_notices(cast.incident))
    assert reached() == 3
    drain()
    assert reached() == 4
    Letter.objects.update(withdrawn_at="2020-01-13T10:00+01:00")
    assert reached() == 4


def test_refused_mail_has_its_own_line(cast, dispatch, drain, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.karen.email)
    drain()
    step = steps_by_title(cast.incident)["Send beskeder"]
    assert note_texts(step) == ["Vi har skrevet eller ringet til 2 afsendere.", "1 mail er måske ikke kommet frem."]
    assert step.notes[1].url == f"{reverse('dispatch', args=[dispatch.pk])}?tilstand=handling"
    add_letters_of_karen_and_another(cast)
    write_notices(request_first_notices(cast.incident))
    drain()
    day = danish.day_month(dispatch.requested_at)
    assert f"1 mail fra {day} er måske ikke kommet frem." in note_texts(steps_by_title(cast.incident)["Send beskeder"])


def test_accepted_copy_does_not_reach_the_sender(cast, dispatch, drain, sink):
    sink.refuse("RCPT", "452 4.2.2 Mailbox full", address=cast.karen.email)
    drain()
    assert Delivery.objects.get(recipient=cast.jens).state == Delivery.State.ACCEPTED
    assert note_texts(steps_by_title(cast.incident)["Send beskeder"]) == [
        "Vi har skrevet eller ringet til 2 afsendere. 1 mail er på vej."
    ]


def test_page_asks_few_queries_however_much_there_is(cast, as_user, dispatch, drain, django_assert_num_queries):
    """The number is the same for four dispatches, administrations and of every row of the story, each of one person."""
    client = as_user(cast.mette)
    drain()
    client.get(reverse("incident"))  # the first visit writes rows of its own
    with django_assert_num_queries(16):
        client.get(reverse("incident"))
    for day in range(1, 4):
        person = UserFactory()
        unit = UnitFactory(parent=cast.root, kind="ADMINISTRATION")
        letter = LetterFactory(incident=cast.incident, sender=person, leader=cast.jens, unit=unit)
        FollowUpFactory(letter=letter)
        write_notices(request_first_notices(cast.incident))
        add_story(cast.incident, unit, person, date(2020, 1, day))
    assert Dispatch.objects.count() == 4
    with django_assert_num_queries(16):
        shown = client.get(reverse("incident")).text
    assert shown.count("Møde i ") == shown.count("De 72 timer begynder") == 3


def add_story(incident, unit, person, day):
    """Write one more row of each kind that an incident may have several of."""
    by, own = {"by": person}, {"incident": incident, "changed_by": person}
    entry = TimelineEntry.objects.create(day=day, text="Før", **own)
    set_actor(person.pk)
    TimelineEntry.objects.filter(pk=entry.pk).update(text="Efter")
    Measure.objects.create(
        title="x", contact_name="y", due_on=day, status="DONE", done_by=person, done_at=timezone.now(), **own
    )
    SupplierExchange.objects.create(day=day, text="x", **own)
    IncidentContact.objects.create(title="x", email="x@kk.example", **own)
    AdministrationPlan.objects.create(
        unit=unit, contact_name="x", received_at=timezone.now(), received_by=person, meeting_on=day, **own
    )
    report = BreachReport.objects.create(incident=incident, aware_at=timezone.now(), text="x", **by)
    BreachAssessment.objects.create(report=report, answer="NOTIFY", reason="Frister.", **by)
    BreachNotification.objects.create(report=report, sent_at=timezone.now(), **by)
    incidents.move_deadline(incident, date(2020, 1, 20 + day.day), "Julen tog tid.", person)
    incidents.show_public_figures(incident, day.day % 2 == 1, person)


TOO_LATE = "Fristen ligger mere end to år efter den sidste dag. Er årstallet rigtigt?"


def deadline_fields(day, month, year, reason="Julen tog tid."):
    return {"deadline_day": day, "deadline_month": month, "deadline_year": year, "reason": reason}


def test_the_deadline_moves_with_a_reason(cast, as_user):
    response = as_user(cast.mette).post(reverse("move_deadline"), deadline_fields(22, 1, 2020), follow=True)
    assert message_texts(response) == ["Fristen er flyttet til onsdag den 22. januar 2020."]
    assert Incident.objects.get().deadline == date(2020, 1, 22)
    section = response.text.partition('id="frist"')[2]
    assert "Fristen er flyttet til onsdag" in section
    assert "flyttede fristen fra 15. januar 2020 til 22. januar 2020: »Julen tog tid.«" in section


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        (deadline_fields(22, 1, 2020, reason=" "), "Skriv, hvorfor fristen flyttes."),
        (deadline_fields(22, 1, 2022), TOO_LATE),
    ],
)
def test_invalid_deadline_is_refused(cast, as_user, posted, words):
    response = as_user(cast.mette).post(reverse("move_deadline"), posted)
    assert response.status_code == 422
    assert words in response.text
    assert "Frist onsdag den 15. januar 2020" in response.text
    assert not DeadlineChange.objects.exists()


@pytest.mark.parametrize(("last", "is_refused"), [(date(2021, 12, 19), False), (date(2021, 12, 20), True)])
def test_database_refuses_a_distant_deadline(cast, last, is_refused):
    with transaction.atomic(), pytest.raises(IntegrityError) if is_refused else nullcontext():
        Incident.objects.update(deadline=last)


def test_database_refuses_a_change_to_the_same_deadline(cast):
    day = cast.incident.deadline
    with pytest.raises(IntegrityError, match="deadline_change_moves_it"):
        DeadlineChange.objects.create(incident=cast.incident, old=day, new=day, reason="Ingen.", by=cast.mette)


NEW = {
    "title": "Sikker post, der ikke kom frem",
    "kind": "WRONG_RECIPIENT",
    **{f"first_day_{part}": value for part, value in (("day", 1), ("month", 2), ("year", 2020))},
    **{f"last_day_{part}": value for part, value in (("day", 5), ("month", 2), ("year", 2020))},
    **{f"deadline_{part}": value for part, value in (("day", 20), ("month", 2), ("year", 2020))},
}


@pytest.fixture
def no_open_incident(cast):
    Incident.objects.update(status=Incident.Status.CLOSED)


@pytest.mark.usefixtures("no_open_incident")
def test_kit_creates_an_incident(cast, as_user):
    client = as_user(cast.mette)
    assert "Opret en hændelse" in client.get(reverse("incident")).text
    client.post(reverse("incident"), NEW)
    made = Incident.objects.only_open()
    assert (made.slug, made.kind, made.status) == ("sikker-post-der-ikke-kom-frem-2020", "WRONG_RECIPIENT", "PREPARING")
    assert made.deadline == date(2020, 2, 20)


@pytest.mark.usefixtures("no_open_incident")
@pytest.mark.parametrize(
    ("wrong", "errors"),
    [
        ({"last_day_day": 30, "last_day_month": 1}, {"last_day": ["Første dag skal ligge før sidste dag."]}),
        ({"deadline_day": 5}, {"deadline": ["Fristen skal ligge efter den sidste dag."]}),
    ],
)
def test_invalid_incident_is_refused_in_danish_beside_the_field(cast, as_user, wrong, errors):
    response = as_user(cast.mette).post(reverse("incident"), NEW | wrong)
    assert response.status_code == 422
    assert response.context["form"].errors == errors
    assert Incident.objects.only_open() is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_open_incident")
def test_concurrent_creations_make_one_incident():
    kit = UserFactory()

    def make(_):
        try:
            return incidents.create_incident(IncidentFactory.build(slug="", title="Ny", status="PREPARING"), kit).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(make, range(4)))
    assert made == {Incident.objects.only_open().pk}
