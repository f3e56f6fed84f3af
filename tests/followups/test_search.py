"""The search of a board: word forms, parts of words, names, record numbers, and what a hidden subject reveals."""

from dataclasses import replace

import pytest

from followups import services
from letters.models import Letter
from tests.followups.decision_answers import RESENT

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def found(cast, as_user):
    """`found(words, reader)` returns the subjects of the letters that the search shows on BUF's board."""

    def search(words, reader=cast.birgitte):
        page = as_user(reader).get(f"/enhed/{cast.buf.pk}/", {"words": words})
        assert page.status_code == 200
        return {letter.subject for letter in page.context["page_obj"]}

    return search


def decide_with_record_number(letter, number):
    services.decide(letter, replace(RESENT, record_number=number, is_journalised=True), letter.sender, 0)


@pytest.mark.parametrize(
    "words",
    [
        "indkaldelser",
        "indkaldels",
        "INDKALDELSE",
        "møde indkaldelse",
        "indkaldelsen mødet",
        "kaldelse",
        "møde Svalevej",
    ],
)
def test_word_is_found_in_every_form_and_place(cast, found, words):
    Letter.objects.filter(pk=cast.plain.pk).update(subject="Indkaldelse til møder i februar")
    assert "Indkaldelse til møder i februar" in found(words)


def test_every_word_must_match(cast, found):
    Letter.objects.filter(pk=cast.plain.pk).update(subject="Indkaldelse til møder i februar")
    assert found("indkaldelse marts") == set()


def test_sender_unit_and_letter_id_are_searched(cast, found):
    assert found("bülow") == {
        one.subject for one in (cast.passed, cast.soon, cast.plain, cast.untitled, cast.personnel)
    }
    assert found("svalevejens") == found("bülow")
    assert found(cast.plain.source_ref) == {cast.plain.subject}


def test_record_number_is_searched_from_its_beginning(cast, found):
    decide_with_record_number(cast.plain, "2020-0011565")
    assert found("2020-0011") == {cast.plain.subject}
    assert found("0011565") == set()


@pytest.mark.parametrize("words", ["sygefravær", "2020-77"])
def test_hidden_subject_and_its_record_number_never_match(cast, found, words):
    Letter.objects.filter(pk=cast.personnel.pk).update(subject="Sygefraværssamtale")
    decide_with_record_number(cast.personnel, "2020-7700001")
    assert found(words) == set()
    assert found(words, cast.hanne) == {"Sygefraværssamtale"}


@pytest.mark.parametrize("words", ["'", "a:* & !b", "%", "til", "((", "\\", " ".join(["ord"] * 50)])
def test_any_text_may_be_searched_for(cast, found, words):
    found(words)  # the page answers
