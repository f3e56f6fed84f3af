"""The search text for the original mail."""

import pytest

from sepo_incident.core import cpr
from sepo_incident.core.outlook import outlook_search_text
from tests.factories import at


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Partshøring om udeblivelse", 'emne:"Partshøring om udeblivelse" sendt:18-12-2019'),
        ("", "sendt:18-12-2019"),
        (f"Afgørelse om støtte, {cpr.MASK}", 'emne:"Afgørelse om støtte" sendt:18-12-2019'),
        (cpr.MASK, "sendt:18-12-2019"),
        ('Om "Den gode start" i skolen', 'emne:"Den gode start" sendt:18-12-2019'),
        ("Om „Den gode start“ og ”mere”", 'emne:"Den gode start" sendt:18-12-2019'),
        ("Hvad? Møde om *vigtigt*", 'emne:"Møde om" sendt:18-12-2019'),
        (r"Se K:\Breve\Afgørelser 2019", 'emne:"Afgørelser 2019" sendt:18-12-2019'),
        (
            "SV: Møde (ny dato) AND <1> & 2\n i morgen.",
            'emne:"SV: Møde (ny dato) AND <1> & 2 i morgen" sendt:18-12-2019',
        ),
        ('"*" - ?!', "sendt:18-12-2019"),
        ("Høring " * 80, f'emne:"{" ".join(["Høring"] * 14)}" sendt:18-12-2019'),
        ("ø" * 500, "sendt:18-12-2019"),
    ],
)
def test_search_text_is_valid_in_outlook(subject, text):
    assert outlook_search_text(subject, at(2019, 12, 18, 14, 5)) == text


def test_search_date_is_in_copenhagen_time():
    assert outlook_search_text("", at(2019, 12, 18, 0, 5)) == "sendt:18-12-2019"
