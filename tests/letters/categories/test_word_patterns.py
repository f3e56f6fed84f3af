"""Word patterns as people write them. The import and a re-run of the rules classify alike."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from letters.categories import category_matching
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.rows import unit_matching
from letters.models import CategoryRule, Letter
from tests.letters.parsed_rows import default_matcher


def matches(written: str, subject: str) -> bool:
    return bool(re.search(category_matching.build_pattern(written), subject.lower()))


@pytest.mark.parametrize(
    ("written", "subject", "expected"),
    [
        ("tand*", "Tandregulering: ny tid", True),
        ("tand*", "Indkaldelse til TANDLÆGEN", True),
        ("tand*", "Om forstanderens orlov", False),
        ("*møde", "Referat af netværksmøde.", True),
        ("*møde", "Mødeindkaldelse", False),
        ("upv", "UPV: vurdering", True),
        ("UPV", "Vurdering (upv), 8. klasse", True),
        ("UPV", "UPVs", False),
        ("UPV", "UPV_2019", False),
        ("UPV", "2UPV", False),
        ("ænder", "Vi ÆNDER ikke noget", True),
        ("ænder", "Tænder", False),
        ("privat pasning", "Godkendelse af Privat   pasning", True),
        ("privat pasning", "Privatpasning", False),
        ("påtænkt*opsigelse", "Varsel om påtænkt, foreløbig opsigelse", True),
        ("Møder, *høring*", "Partshøring", True),
        ("Møder\nhøring", "En høring", True),
        ("a.b(c)[", "a.b(c)[", True),
        ("a.c", "abc", False),
        ("café", "CAFÉ", True),
        ("cafe\u0301", "CAFÉ", True),  # composed and decomposed Unicode
        ("łódź", "ŁÓDŹ", True),
        ("år", "Skoleår", False),
        ("4", "3×4", True),
        ("*sygefravær*", "Samtale om SYGEFRAVAER", True),
        ("*høring*, påtænkt*", "Partshoering", True),
        ("*høring*, påtænkt*", "Paatænkt opsigelse", True),
        ("maersk", "Mærsk", True),
        ("høring", "Horing", False),
    ],
)
def test_pattern_matches_subject(written, subject, expected):
    assert matches(written, clean_text(subject)) is expected


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("*", "En stjerne alene"),
        ("tand*, **", "En stjerne alene"),
        ("* *", "En stjerne alene"),
        ("a*b*c", "højst én stjerne midt i »a*b*c«"),
        (", ".join(f"ord{n}" for n in range(101)), "højst 100 ord"),
    ],
)
def test_invalid_words_are_refused(written, message):
    with pytest.raises(category_matching.InvalidWordsError, match=re.escape(message)):
        category_matching.build_pattern(written)


def test_empty_words_give_no_pattern():
    assert category_matching.split_words(" , \n ;") == []
    assert category_matching.build_pattern("") == ""


def test_long_patterns_match_quickly():
    written = ", ".join(f"*{'a' * 4}*{'a' * n}b*" for n in range(20))
    assert not matches(written, "a" * 500)


#: the characters of subjects and patterns, with accents, signs and a foreign digit
SIGNS = "aAbBeEéÉæÆøØåÅüÜßſÿŸłŁ×÷ð1٣_-.,:()[]{}^$|\\+?/'\"& #~m Mö"
subjects = st.text(st.sampled_from(SIGNS) | st.characters(exclude_categories=["C"]), max_size=30).map(clean_text)
written_words = st.text(st.sampled_from(SIGNS + "***,,"), max_size=20)


def is_usable(written: str) -> bool:
    try:
        return bool(category_matching.split_words(written))
    except category_matching.InvalidWordsError:
        return False


@st.composite
def rules(draw, units):
    return CategoryRule(
        name=draw(st.sampled_from(["", "Møder", "Høringer"])),
        words=draw(written_words.filter(is_usable)),
        unit_id=draw(st.sampled_from([None, *units])),
        recipient_kind=draw(st.sampled_from(["", "CITIZEN", "EMPLOYEE"])),
        is_personnel=draw(st.booleans()),
        has_deadline=draw(st.booleans()),
    )


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_import_and_rerun_classify_alike(cast, data):
    """Covers words, units, recipient kinds, and the order of the rules."""
    kind = data.draw(st.sampled_from(["CITIZEN", "EMPLOYEE", "UNKNOWN"]))
    book = data.draw(st.lists(rules([cast.area.pk, cast.svalevej.pk, cast.sof.pk]), min_size=1, max_size=4))
    subject = data.draw(subjects)
    place = ("BUF", "Område Nørrebro", data.draw(st.sampled_from(["Svalevejens Skole", "En ny skole"])), "", "")
    unit = cast.svalevej if place[2] == cast.svalevej.name else cast.area
    Letter.objects.filter(pk=cast.plain.pk).update(subject=subject, recipient_kind=kind, unit=unit)

    judge = category_matching.CategoryMatcher(book, unit_matching.make_lineage_lookup())
    reading = judge.match_subject(subject)
    verdict = reading.verdict or judge.classify(reading, kind, place)
    (letter,) = category_matching.match_letters(Letter.objects.filter(pk=cast.plain.pk), book)
    assert (letter.ruled.category, letter.ruled.has_deadline) == (verdict.category, verdict.has_deadline)
    assert letter.ruled.is_personnel_case == (verdict.is_personnel_case or kind == "EMPLOYEE")


@pytest.mark.parametrize(
    "subject", ["Partshøring om afsked", "Partshoering om afskedigelse", "Høring: uansøgt afskedigelse"]
)
def test_dismissal_is_a_personnel_case(subject):
    verdict = default_matcher().match_subject(subject).verdict
    assert (verdict.category, verdict.is_personnel_case) == ("Høringer", True)
    assert verdict.has_deadline is subject.startswith("Parts")
