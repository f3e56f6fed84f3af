"""Every search field takes a pasted text, and searches for its first words. The demo has a test of its own."""

import re

import pytest
from django.conf import settings
from django.urls import reverse

from sepo_incident.core.forms import MAX_SEARCH_LENGTH, MAX_SEARCH_WORDS, search_text, search_words
from tests.factories import FollowUpFactory, LetterFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]

#: page → reader in the cast and name of the field
SEARCHES = {
    "board": ("birgitte", "words"),
    "my_absence": ("jens", "navn"),
    "handover": ("jens", "navn"),
    "unassigned_group": ("mette", "navn"),
    "notices": ("mette", "q"),
    "search": ("mette", "ord"),
}


def search(cast, client, page, field, words):
    lonely = LetterFactory(incident=cast.incident, sender=cast.karen)
    FollowUpFactory(letter=lonely)
    args = {
        "board": [cast.buf.pk],
        "handover": [cast.karen.pk],
        "unassigned_group": ["leder", lonely.pk],
    }
    url = reverse(page, args=args.get(page, []))
    if page == "search":
        return client.post(url, {field: words})
    return client.get(url, {field: words})


@pytest.mark.parametrize("page", SEARCHES)
def test_a_long_text_is_searched_for(cast, as_user, page, django_assert_max_num_queries):
    reader, field = SEARCHES[page]
    with django_assert_max_num_queries(200) as queries:
        response = search(cast, as_user(getattr(cast, reader)), page, field, " ".join(["ord"] * 5000))
    assert response.status_code == 200
    assert max(len(query["sql"]) for query in queries) < 50_000


def test_each_search_field_is_tested():
    templates = (settings.BASE_DIR / "templates").rglob("*.html")
    names = {name for file in templates for name in re.findall(r'type="search"[^>]* name="(\w+)"', file.read_text())}
    assert names <= {field for _, field in SEARCHES.values()}


def test_the_first_words_are_searched_for():
    assert search_words(" a\0b \n " + "c " * 100) == ["ab", *["c"] * (MAX_SEARCH_WORDS - 1)]
    assert search_text("x" * 300 + " y") == "x" * MAX_SEARCH_LENGTH
