"""A closed incident refuses every form but those of `ACTS_IN_CLOSED_INCIDENT`, and writes no row."""

import re

import pytest
from django.urls import resolve, reverse

from followups.models import Escalation
from letters import incidents
from letters.incidents import address_under, split_address
from letters.models import Incident
from letters.models.incident import CLOSED_MESSAGE
from sepo_incident.core import calendar
from sepo_incident.web.incident_routing import ACTS_IN_CLOSED_INCIDENT
from tests.absence import create_absence
from tests.access.access_checks import pages_without_incident, written_rows
from tests.access.access_rules import ACCESS, view_of_birgitte
from tests.access.attacker import some, undone
from tests.second_incident import build_second_incident

#: Forms about an object of the incident, on pages across incidents.
ABOUT_ITS_OBJECT = {
    "take_escalation", "release_escalation", "hand_over_escalation", "forward_escalation", "close_escalation",
    "see_as_asker", "answer_escalation", "send_mail_again", "resolve_mail",
}  # fmt: skip
REFUSED = "<h1>Hændelsen er lukket</h1>"
TYPED = "Ringede til modtageren."


def close(incident):
    Incident.objects.filter(pk=incident.pk).update(status=Incident.Status.CLOSED)


def test_closed_incident_refuses_forms_and_writes_no_row(stage, as_user):
    """The objects in the addresses are made before the incident is closed, as in a page that was open since then."""
    refused = sorted(name for name, access in ACCESS.items() if access.does and name not in ACTS_IN_CLOSED_INCIDENT)
    allowed = {*some(refused, 24, 0), *(name for name in ACTS_IN_CLOSED_INCIDENT if ACCESS[name].does)}
    ran = set()
    for name in allowed:
        access = ACCESS[name]
        with undone():
            client = as_user(getattr(stage, min(access.does)))
            path = address_under(stage.incident, reverse(name, args=access.args(stage)))
            close(stage.incident)
            before = written_rows()
            response = client.post(path, {"note": TYPED})
            if response.status_code == 409 and REFUSED in response.text:
                assert written_rows() == before, name
                assert TYPED in response.text, name
            else:
                ran.add(name)
    assert ran == allowed & (ACTS_IN_CLOSED_INCIDENT | pages_without_incident()) - ABOUT_ITS_OBJECT


@pytest.mark.parametrize(("name", "person"), [("mark_done", "karen"), ("take_escalation", "pia")])
def test_form_without_an_incident_in_its_address_is_refused_for_its_object(stage, as_user, name, person):
    """Also while another incident is open."""
    build_second_incident(stage)
    close(stage.incident)
    path = reverse(name, args=ACCESS[name].args(stage))
    client = as_user(getattr(stage, person))
    before = written_rows()
    assert REFUSED in client.post(path).text
    assert written_rows() == before


def test_page_of_a_closed_incident_says_since_when_and_why(stage, as_user):
    """The reason is written for people with a role."""
    incidents.set_status(stage.incident, Incident.Status.CLOSED, stage.mette, "BUF følger selv op.", ["1 brev"])
    said = {
        name: as_user(getattr(stage, name)).get(address_under(stage.incident, "/mine-breve/"), follow=True).text
        for name in ("karen", "jens")
    }
    for page in said.values():
        assert "Koncern IT lukkede hændelsen mandag den 13. januar 2020. Du kan læse" in page
    assert ["»BUF følger selv op.«" in page for page in said.values()] == [False, True]


def test_who_lacks_the_role_is_refused_as_ever(stage, as_user):
    close(stage.incident)
    client = as_user(stage.karen)
    for name in ("undo_batch", "delete_category_rule", "send_notices", "switch_on_reminders"):
        path = address_under(stage.incident, reverse(name, args=ACCESS[name].args(stage)))
        assert client.post(path).status_code == 403, name


def test_questions_about_a_closed_incident_leave_the_queue_and_take_no_answer(stage, as_user):
    pia, question = as_user(stage.pia), stage.escalation
    assert "Skal det sendes igen?" in pia.get(reverse("escalations")).text
    close(stage.incident)
    queue = pia.get(reverse("escalations")).text
    assert "Ingen venter på os" in queue
    assert "Skal det sendes igen?" not in queue
    before = written_rows()
    answer = pia.post(reverse("answer_escalations"), {"valgt": question.pk, "text": "Ja, send igen."})
    assert (answer.status_code, written_rows()) == (409, before)
    assert CLOSED_MESSAGE in answer.text
    assert Escalation.objects.get().answered_at is None


#: Pages with forms, and a reader of each page.
PAGES = {
    "letter": "karen", "my_letters": "karen", "reminders": "mette", "categories": "mette",
    "incident": "mette", "imports": "mette", "board": "birgitte", "escalation": "pia",
}  # fmt: skip


def test_pages_of_a_closed_incident_say_so_and_hide_their_forms(stage, as_user):
    for name, person in PAGES.items():
        path = reverse(name, args=ACCESS[name].args(stage))
        client = as_user(getattr(stage, person))
        assert "is-read-only" not in client.get(path).text, name
    view_of_birgitte(stage)
    close(stage.incident)
    shown = set()
    for name, person in PAGES.items():
        path = address_under(stage.incident, reverse(name, args=ACCESS[name].args(stage)))
        page = as_user(getattr(stage, person)).get(path, follow=True).text.partition("<main")[2]
        assert page.startswith(' class="container is-read-only"'), name
        assert page.count("Du kan læse, men ikke ændre noget.") == 1, name
        forms = re.findall(r"<form[^>]* data-runs-when-closed[^>]*>", page)
        shown |= {name_of(address) for form in forms for address in re.findall(r'action="([^"?]*)', form)}
    assert shown == {"reopen_incident", "save_view", "delete_view"}
    assert shown <= ACTS_IN_CLOSED_INCIDENT | pages_without_incident()


def name_of(address):
    return resolve(split_address(address)[1]).url_name


#: What a page tells its reader to do, before the incident is closed: a number of the menu, *Din tur*, the workbook.
TO_DO = {
    "my_letters": ("karen", " venter</span></b>", "indlæs dine svar"),
    "board": ("birgitte", "Din tur", "indlæs dine svar"),
}


def test_nothing_waits_for_anybody_in_a_closed_incident(stage, as_user):
    create_absence(stage.anne, stage.karen, first=calendar.today())
    for name, (person, *said) in TO_DO.items():
        page = as_user(getattr(stage, person)).get(reverse(name, args=ACCESS[name].args(stage)), follow=True).text
        assert [words for words in said if words not in page] == [], name
    close(stage.incident)
    for name, (person, *said) in TO_DO.items():
        path = address_under(stage.incident, reverse(name, args=ACCESS[name].args(stage)))
        page = as_user(getattr(stage, person)).get(path, follow=True).text
        assert [words for words in said if words in page] == [], name
