"""A Brev-id that is a CPR number is masked; one that only looks like a CPR number is kept."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.importing.rows import cell_rules
from sepo_incident.core import cpr
from tests.letters.parsed_rows import parse_row, row_problems, shown_cells


@pytest.mark.parametrize(
    "text",
    [
        "20191209-0012",
        "20191219-3999",
        "2019-12-09-0012",
        "SEPO-2019.12.09-0012",
        "20191209-0012/20191210-0013",
        "4b010270-1234-4abc-8def-0123456789ab",
        "<{4B010270-1234-4ABC-8DEF-0123456789AB}@kk.example>",
    ],
)
def test_date_with_serial_number_and_guid_are_valid_ids(text):
    assert cpr.contains_cpr(text), "or there was nothing to decide"
    assert cell_rules.mask_letter_id(text) == text
    understood = parse_row(Brev_id=text)
    assert (understood.source_ref, shown_cells(understood)["source_ref"]) == (text, text)
    assert not understood.problems


@pytest.mark.parametrize(
    "text",
    [
        "091219-0012",
        "0912190012",
        "20191209-4012",
        "20191209-9999",
        "19191209-0012",
        "09122019-0012",
        "20191209-0012 og 010270-1234",
        "010270-1234/20191209-0012",
        "010270-1234-4abc-8def-0123456789ab",
        "4b010270-1234-4abc-8def",
    ],
)
def test_possible_cpr_number_is_refused_as_an_id(text):
    understood = parse_row(Brev_id=text)
    assert understood.is_rejected
    assert cpr.MASK in understood.source_ref
    assert not cpr.contains_cpr(str(replace(understood, recipient_key="")))  # a random hash may look like one too


@given(
    st.dates().filter(lambda day: day.year >= 1900),
    st.integers(0, 9999),
    st.sampled_from(
        ["{day:%d%m%y}-{serial}", "{day:%d%m%y}{serial}", "{day:%d-%m-%Y} {serial}", "{day:%d%m%Y}-{serial}"]
    ),
    st.sampled_from(["", "SEPO-", "brev "]),
)
def test_danish_cpr_number_is_never_an_id(day, serial, form, before):
    text = before + form.format(day=day, serial=f"{serial:04}")
    assert cell_rules.mask_letter_id(text) == cpr.mask(text)


def test_too_long_id_has_one_problem():
    assert [message for _, message, _ in row_problems(Brev_id="20191209-0012" + "x" * 120)] == [
        "Teksten er længere end 120 tegn. Ret feltet."
    ]
