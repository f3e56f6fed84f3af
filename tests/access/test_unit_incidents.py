"""*På tværs af hændelser*: the figures of a unit in each incident, within the reader's rights."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from letters.incident_addresses import address_under
from letters.models import Incident, Letter
from notifications.models import Delivery, State
from tests.factories import FollowUpFactory, IncidentFactory, LetterFactory
from tests.second_incident import build_second_incident

NUMBER = re.compile(r'<td class="num"[^>]*>\s*<a href="([^"]+)">([\d.]+)<span')


@pytest.fixture
def second(stage, monday):
    Delivery.objects.filter(recipient=stage.karen).update(
        state=State.REFUSED, code=550, stage="rcpt", next_attempt_at=None
    )
    return build_second_incident(stage)


def numbers_of(page) -> list[tuple[str, int]]:
    return [(unescape(url), int(number)) for url, number in NUMBER.findall(page.text)]


@pytest.mark.parametrize(
    ("person", "unit"), [("mette", "root"), ("birgitte", "buf"), ("jens", "svalevej"), ("hanne", "root")]
)
def test_every_number_leads_into_the_incident_and_agrees_with_its_list(stage, second, as_user, person, unit):
    client = as_user(getattr(stage, person))
    page = client.get(reverse("unit_incidents", args=[getattr(stage, unit).pk]))
    rows = page.context["rows"]
    assert {row.incident for row in rows} == {stage.incident, second.incident}
    found = numbers_of(page)
    assert any("mails/" in url for url, _ in found)
    for url, number in found:
        assert url.startswith("/haendelser/")
        assert client.get(url.partition("#")[0]).context["page_obj"].paginator.count == number, url


def test_closed_incidents_come_last_and_sums_are_of_letters(stage, second, as_user):
    Incident.objects.filter(pk=second.incident.pk).update(status=Incident.Status.CLOSED)
    page = as_user(stage.mette).get(reverse("unit_incidents", args=[stage.root.pk]))
    assert [row.incident for row in page.context["rows"]] == [stage.incident, second.incident]
    assert dict(page.context["sums"])["Breve"] == str(Letter.objects.active().count())
    assert "Ikke nået" not in dict(page.context["sums"]), "a person may be in both"


def test_incident_without_letters_of_the_unit_is_left_out(stage, second, as_user):
    Letter.objects.filter(incident=second.incident, unit=stage.svalevej).update(unit=stage.laerkepark)
    client = as_user(stage.jens)
    page = client.get(reverse("unit_incidents", args=[stage.svalevej.pk]))
    assert [row.incident for row in page.context["rows"]] == [stage.incident]


def test_page_is_reached_from_the_incidents_and_from_a_board_with_letters_elsewhere(stage, second, as_user):
    client, url = as_user(stage.jens), reverse("unit_incidents", args=[stage.svalevej.pk])
    board = address_under(stage.incident, reverse("board", args=[stage.svalevej.pk]))
    assert f'href="{url}"' in client.get(reverse("incidents")).text
    assert url in client.get(board).text
    Letter.objects.filter(incident=second.incident, unit=stage.svalevej).update(unit=stage.laerkepark)
    assert url not in client.get(board).text


def test_more_incidents_take_no_more_queries(stage, second, as_user):
    client, url = as_user(stage.mette), reverse("unit_incidents", args=[stage.root.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as with_two:
        client.get(url)
    third = IncidentFactory(slug="tredje", title="Den tredje")
    FollowUpFactory(letter=LetterFactory(incident=third, sender=stage.karen, unit=stage.svalevej))
    with CaptureQueriesContext(connection) as with_three:
        assert len(client.get(url).context["rows"]) == 3
    assert len(with_three) == len(with_two)
