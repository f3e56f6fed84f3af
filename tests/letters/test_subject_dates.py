"""Finding the date in a subject."""

from datetime import date

import pytest

from letters.importing.files import datetimes


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("Møde 10. januar", date(2020, 1, 10)),
        ("Møde den 10. Januar 2020 kl. 9", date(2020, 1, 10)),
        ("Svar senest 06-01-2020", date(2020, 1, 6)),
        ("Svar senest 6/1", date(2020, 1, 6)),
        ("Møde 20. december", date(2019, 12, 20)),
        ("Møde 1. december 2019", None),  # before the day of sending
        ("Møde 31. februar", None),
        ("Uddannelsesparathed, 8. klasse", None),
        ("Pjece", None),
        ("Vedr. 20-12-90-1234", None),  # a CPR number, not a date
        ("Vedr. 20-12-1990-1234, møde 10. januar", date(2020, 1, 10)),
    ],
)
def test_date_in_the_subject_is_the_next_such_day(subject, found):
    assert datetimes.find_date_in_subject(subject, date(2019, 12, 11)) == found
