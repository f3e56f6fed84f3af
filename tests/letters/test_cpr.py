import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.recipient_keys import hash_recipient, short_recipient_code
from sepo_incident.core import cpr


@pytest.mark.parametrize(
    "number",
    [
        "010170-1234", "0101701234", "010170 1234", "01 01 70 1234", "010170 - 1234", "010170–1234", "01.01.70-1234",
        "610170-1234", "290200-1111", "010170-12 34",
        # separators between all pairs, also those of other keyboards
        "01-01-90-1234", "01/01/90-1234", "01,01,90-1234", "01 - 01 - 90 - 1234", "01/01-90-1234", "010190-12-34",
        "010190.1234", "010190_1234", "010190:1234", "010190, 1234", "010190--1234", "0101\u00ad90-1234",
        "010190\uff0d1234", "010190\u20431234", "010190\ufe631234", "010190•1234", "０１０１９０－１２３４",
        # a year of four digits, and the year first
        "01-01-1990-1234", "01011990-1234", "010119901234", "01.01.1990 1234", "20122012-1234",
        "19900101-1234", "1990-01-01-1234",
    ],
)  # fmt: skip
def test_mask_covers_every_spelling_of_a_cpr_number(number):
    assert cpr.mask(f"Vedr. {number}, ny tid") == "Vedr. ●●●●●●-●●●●, ny tid"
    assert cpr.contains_cpr(number)


@pytest.mark.parametrize(
    "text",
    [
        "320170-1234", "011370-1234", "300270-1234", "5790000123456",
        # telephone numbers, record numbers, other numbers
        "12345678", "70 80 80 00", "+45 20 12 20 12", "0045 20122012", "20 12 20 12, 30 12 20 12",
        "2020-0011565", "2019-0004711", "2019-1200471", "11-12-2019 2020-0011565", "201912111405", "20191211140500",
        # a date with a time or a place
        "11.12.2019 kl. 14.05", "11-12-2019 14:05", "11.12.2019 14:05:00", "11.12.19 14.05", "2019-12-11 14:05",
        "2019-12-11T14:05", "20191211 1405", "10. januar 2020 1234", "Møde 11.12.2019, 2200 København N",
        # periods
        "09.12.2019-19.12.2019", "11-12-2019 - 19-12-2019", "11-12-19-13-12-19", "02.12-06.12.2019",
        "10/12-15/12-2019", "10/12-19/12-19", "9.–19. december 2019",
    ],
)  # fmt: skip
def test_mask_leaves_other_numbers(text):
    assert cpr.mask(text) == text


def test_mask_finds_a_number_after_other_digits():
    assert cpr.mask("nr. 12 99 010170 1234") == "nr. 12 99 ●●●●●●-●●●●"


@given(
    st.dates(),
    st.integers(0, 9999),
    st.sampled_from(["", "-", " ", " - ", "–"]),
    st.text(alphabet="abæ .,:-", max_size=9),
)
def test_no_digit_of_a_cpr_number_survives(born, serial, between, around):
    masked = cpr.mask(f"{around}x{born:%d%m}{born.year % 100:02d}{between}{serial:04d}x{around}")
    assert not any(character.isdigit() for character in masked)


@pytest.mark.parametrize("text", ["11-12-2019 1405", "20191211-0001"])
def test_date_with_four_digits_is_masked(text):
    assert cpr.mask(text) == cpr.MASK


def test_recipient_key_is_the_same_in_every_spelling():
    keys = {
        hash_recipient(text)
        for text in ("0102701234@eboks.example", "010270-1234", "CPR@010270 1234", "01-02-1970-1234", "19700201-1234")
    }
    assert len(keys) == 1
    assert hash_recipient("0202701234") not in keys
    assert hash_recipient("  ") == ""


def test_recipient_key_depends_on_the_secret(settings):
    before = hash_recipient("0102701234")
    settings.RECIPIENT_HASH_KEY = "en anden"
    assert hash_recipient("0102701234") != before


@given(st.text(alphabet="0123456789abcdef", min_size=64, max_size=64))
def test_recipient_code_avoids_look_alikes(key):
    first, middle, last = short_recipient_code(key)
    assert first.isalpha()
    assert middle in "23456789"
    assert last.isalpha()
    assert not set("IOQ01") & {first, middle, last}


def test_empty_key_has_no_code():
    assert short_recipient_code("") == ""


@pytest.mark.parametrize("text", ["(010270)1234", "(010270) 1234", "0 1 0 2 7 0 1 2 3 4", "0 1 0 2 7 0 - 1 2 3 4"])
def test_mask_sees_through_brackets_and_spaced_digits(text):
    assert not any(map(str.isdigit, cpr.mask(f"se {text} nu")))
    assert cpr.contains_cpr(text)
    assert cpr.extract_cpr_digits(text) == "0102701234"


@pytest.mark.parametrize("text", ["1 2 3 4 5 6 7 8 9 0", "0 1 0 2 7 0 1 2 3 4 5", "(11.12.19) 2200 København"])
def test_mask_leaves_other_spaced_digits(text):
    assert cpr.mask(text) == text
