"""Which Brev-id is a CPR number, and which only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.importing.rows import cell_rules
from sepo_incident.core import cpr
from tests.letters.test_rows import objections, understand
from tests.letters.understood import shown


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
def test_a_day_with_a_running_number_and_a_guid_are_ids(text):
    assert cpr.contains_cpr(text), "or there was nothing to decide"
    assert cell_rules.mask_letter_id(text) == text
    understood = understand(Brev_id=text)
    assert (understood.source_ref, shown(understood)["source_ref"]) == (text, text)
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
def test_what_can_be_somebody_is_refused_and_not_kept(text):
    understood = understand(Brev_id=text)
    assert understood.is_rejected
    assert cpr.MASK in understood.source_ref
    assert not cpr.contains_cpr(str(understood))


@given(
    st.dates().filter(lambda day: day.year >= 1900),
    st.integers(0, 9999),
    st.sampled_from(
        ["{day:%d%m%y}-{serial}", "{day:%d%m%y}{serial}", "{day:%d-%m-%Y} {serial}", "{day:%d%m%Y}-{serial}"]
    ),
    st.sampled_from(["", "SEPO-", "brev "]),
)
def test_no_number_as_danes_write_it_is_ever_an_id(day, serial, form, before):
    text = before + form.format(day=day, serial=f"{serial:04}")
    assert cell_rules.mask_letter_id(text) == cpr.mask(text)


def test_an_id_that_is_too_long_says_only_that():
    assert [message for _, message, _ in objections(Brev_id="20191209-0012" + "x" * 120)] == [
        "Teksten er længere end 120 tegn. Ret feltet."
    ]
