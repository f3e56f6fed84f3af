"""*Sammenlign underenheder*: the figures of two to five units side by side, each number a link to its letters."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups.boards.board import Board
from followups.boards.unit_comparison import NOT_BELOW, WRONG_NUMBER, UnitComparison
from tests.factories import LetterFactory, UnitFactory, UserFactory
from tests.followups.many_letters import create_many_letters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def page_of(client, unit, *chosen):
    response = client.get(reverse("board_comparison", args=[unit.pk]), {"enhed": [str(one) for one in chosen]})
    assert response.status_code == 200
    return response


def compared(response) -> list[str]:
    return [unit.name for unit in response.context["comparison"].units]


def test_units_right_below_are_compared_unless_others_are_chosen(cast, as_user):
    client = as_user(cast.mette)
    assert compared(page_of(client, cast.root)) == [cast.buf.name, cast.sof.name]
    chosen = page_of(client, cast.root, cast.svalevej.pk, cast.sof.pk)
    assert set(compared(chosen)) == {cast.svalevej.name, cast.sof.name}
    assert set(compared(page_of(client, cast.buf))) == {cast.area.name, cast.laerkepark.name, cast.svalevej.name}, (
        "a single unit right below is no comparison"
    )


def test_every_number_is_the_length_of_the_list_behind_it(cast, as_user):
    create_many_letters(cast.incident, cast.area, units=1, letters=40)
    client = as_user(cast.birgitte)
    page = page_of(client, cast.area)
    main = page.text.partition("<main")[2]
    found = re.findall(r'<td class="num"[^>]*>\s*<a href="([^"]+)">([\d.]+)<span', main)
    assert len(found) > 30
    for url, number in [*found[:4], *found[4::5]]:  # each is a page
        response = client.get(unescape(url).partition("#")[0])
        assert response.context["page_obj"].paginator.count == int(number.replace(".", "")), url


@pytest.mark.parametrize(
    ("chosen", "refusal"),
    [
        (["x", "y"], NOT_BELOW),
        (["999999", "1"], NOT_BELOW),
        (["svalevej", "borgercenter"], NOT_BELOW),  # the second is elsewhere in the municipality
        (["svalevej"], WRONG_NUMBER),
    ],
)
def test_nonsense_in_the_address_is_refused_in_words(cast, as_user, chosen, refusal):
    ids = [getattr(cast, one).pk if hasattr(cast, one) else one for one in chosen]
    page = page_of(as_user(cast.birgitte), cast.buf, *ids)
    assert page.context["comparison"].refusal == refusal.format(unit=cast.buf.name)
    assert page.context["comparison"].refusal in page.text
    assert len(compared(page)) > 1


def test_more_than_five_are_refused_and_the_largest_are_shown(cast, as_user):
    create_many_letters(cast.incident, cast.area, units=7, letters=70)
    below = [unit.pk for unit in UnitComparison(Board(cast.area, cast.incident, cast.birgitte), []).below]
    page = page_of(as_user(cast.birgitte), cast.area, *below)
    assert page.context["comparison"].refusal == WRONG_NUMBER
    assert len(compared(page)) == 5
    assert "Du ser de fem underenheder med flest breve." in page.text


def test_leader_without_units_below_is_told_the_next_step(cast, as_user):
    page = page_of(as_user(cast.jens), cast.svalevej)
    assert "Der er ikke to underenheder" in page.text
    assert reverse("board_all_figures", args=[cast.svalevej.pk]) in page.text
    assert (
        "Sammenlign underenheder" not in as_user(cast.jens).get(reverse("board_figures", args=[cast.svalevej.pk])).text
    )


def test_more_units_take_no_more_queries(cast, as_user):
    client = as_user(cast.birgitte)
    page_of(client, cast.area)
    with CaptureQueriesContext(connection) as with_two:
        page_of(client, cast.area)
    for name in ("A", "B", "C"):
        unit = UnitFactory(name=f"Skole {name}", parent=cast.area)
        LetterFactory(incident=cast.incident, sender=UserFactory(unit=unit), unit=unit)
    with CaptureQueriesContext(connection) as with_five:
        assert len(compared(page_of(client, cast.area))) == 5
    assert len(with_five) == len(with_two)
