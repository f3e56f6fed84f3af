"""A search for a CPR number is removed from the URL, on every page."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from sepo_incident.web.middleware import CPR_SEARCH_REFUSAL

NUMBER = "010190-1234"


@pytest.mark.parametrize(
    ("person", "page", "name"),
    [
        ("jens", "board", "words"),
        ("mette", "notices", "q"),
        ("mette", "import_batch", "vis"),
    ],
)
@pytest.mark.parametrize("number", [NUMBER, "01 01 90 1234"])
def test_search_for_a_cpr_number_redirects_without_it(cast, as_user, person, page, name, number):
    args = {"board": [cast.svalevej.pk], "import_batch": [cast.passed.batch_id]}.get(page, [])
    client = as_user(getattr(cast, person))
    address = reverse(page, args=args)
    response = client.get(address, {"page": "1", name: f"Om {number}"})
    assert (response.status_code, response.url) == (302, f"{address}?page=1")
    text = client.get(response.url).content.decode()
    assert CPR_SEARCH_REFUSAL in text
    assert number not in text


def test_cpr_number_in_the_return_address_is_removed(cast, as_user):
    letter = reverse("letter", args=[cast.passed.pk])
    came_from = f"{reverse('board', args=[cast.svalevej.pk])}?{urlencode({'words': '01 01 90-1234'})}"
    response = as_user(cast.jens).get(letter, {"fra": came_from})
    assert (response.status_code, response.url) == (302, letter)


def test_post_continues_without_the_cpr_number(cast, as_user):
    address = f"{reverse('letter', args=[cast.passed.pk])}?fra=/enhed/{cast.svalevej.pk}/%3Fwords%3D{NUMBER}"
    response = as_user(cast.karen).post(address, {"version": "0"})
    assert NUMBER not in response.content.decode()


def test_other_searches_are_kept(cast, as_user):
    response = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk]), {"words": "møde 11.12.2019"})
    assert "møde 11.12.2019" in response.content.decode()


def test_redirect_stays_on_the_site(db, client):
    response = client.get("/", {"q": NUMBER}, PATH_INFO="//example.com/")
    assert response.url == "/%2Fexample.com/"
