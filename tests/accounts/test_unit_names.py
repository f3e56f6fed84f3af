"""Comparing unit names: equal, similar or different."""

import pytest

from sepo_incident.accounts.unit_names import are_similar_names, find_similar_names, normalize_unit_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tand plejen", "TANDPLEJEN"),
        ("Børne- og Ungdomsforvaltningen", "Boerne & Ungdomsforvaltningen"),
        ("Ålekistevejens Skole", "Aalekistevejens  skole"),
        ("Café Køkkenet", "Cafe Koekkenet"),
        ("Hus 1-2", "Hus 1, 2"),
    ],
)
def test_spelling_variants_are_equal_names(one, other):
    assert normalize_unit_name(one) == normalize_unit_name(other)
    assert are_similar_names(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tandplejen", "Tandpleje"),
        ("Skolen på Nyelandsvej", "Skolen Nyelandsvej"),
        ("Skolen på Nyelandsvej", "Nyelandsvejens Skole"),
        ("Bh. Solsikken", "Børnehaven Solsikken"),
        ("Nørrebro Biblio.", "Nørrebro Bibliotek"),
        ("Tandplejen.", "Tandpleje"),
        ("Svalevejens Skole", "Svalevejns Skole"),
        ("Tandpljeen", "Tandplejen"),
    ],
)
def test_similar_names_are_not_equal(one, other):
    assert normalize_unit_name(one) != normalize_unit_name(other)
    assert are_similar_names(one, other)
    assert are_similar_names(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Team 1", "Team 2"),
        ("Team 11", "Team 1 1"),
        ("Hus 1, 12", "Hus 11, 2"),
        ("Vuggestuen Østerbro", "Vuggestuen Vesterbro"),
        ("Område Nord", "Område Syd"),
        ("Tandplejen", "Tandplejen Amager"),
        ("Borgercenter Øst", "Borgercenter Vest"),
        ("", "Tandplejen"),
    ],
)
def test_different_names_are_not_similar(one, other):
    assert normalize_unit_name(one) != normalize_unit_name(other)
    assert not are_similar_names(one, other)


def test_similar_names_are_listed_once_equal_names_first():
    known = [("Tandpleje", "a"), ("Jobcenter", "b"), ("Tand-plejen", "c")]
    assert find_similar_names("Tandplejen", known) == ["c", "a"]
    assert find_similar_names("Hjemmeplejen", known) == []
