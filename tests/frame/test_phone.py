"""Phone numbers: the stored form, and the address that calls."""

import pytest

from sepo_incident.core.danish import parse_phone, phone_url


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("70801234", "7080 1234"),
        (" 70 80 12 34 ", "7080 1234"),
        ("+45 7080-1234", "7080 1234"),
        ("0045 (70) 80.12.34", "7080 1234"),
        ("+46 8 123 456 78", "+46812345678"),
        ("", ""),
        ("-", ""),
        ("1234", None),
        ("7080 1234 / 7080 1235", None),
        ("lokal 12", None),
        ("0101701234", None),  # ten digits are no phone number
        ("+45 7080", None),
    ],
)
def test_phone_has_one_form(text, stored):
    assert parse_phone(text) == stored


def test_phone_link_calls():
    assert phone_url("7080 1234") == "tel:+4570801234"
    assert phone_url("+46812345678") == "tel:+46812345678"
