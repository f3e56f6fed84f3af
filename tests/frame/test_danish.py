"""Danish words, dates and numbers."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from sepo_incident.core import danish

UTC = dt.UTC
DAY = dt.date(2020, 1, 15)
SENT = dt.datetime(2019, 12, 18, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (danish.date(DAY), "15. januar 2020"),
        (danish.weekday_date(DAY), "onsdag den 15. januar 2020"),
        (danish.day_month(DAY), "15. januar"),
        (danish.clock(SENT), "kl. 14.05"),
        (danish.moment(SENT), "onsdag den 18. december 2019 kl. 14.05"),
        (danish.weekday_time(SENT), "onsdag 18. dec. kl. 14.05"),
    ],
)
def test_dates_read_as_a_dane_writes_them(actual, expected):
    assert actual == expected


def test_a_moment_just_before_midnight_utc_is_the_next_day_in_copenhagen():
    late = dt.datetime(2020, 1, 15, 23, 30, tzinfo=UTC)
    assert danish.date(late) == "16. januar 2020"
    assert danish.clock(late) == "kl. 00.30"
    assert danish.date(dt.datetime(2020, 7, 1, 22, 30, tzinfo=ZoneInfo("America/New_York"))) == "2. juli 2020"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (dt.datetime(2020, 1, 13, 8, 43, tzinfo=UTC), "I dag kl. 09.43"),
        (dt.datetime(2020, 1, 12, 9, 12, tzinfo=UTC), "I går kl. 10.12"),
        (dt.datetime(2020, 1, 12, 23, 30, tzinfo=UTC), "I dag kl. 00.30"),
        (dt.datetime(2020, 1, 14, 9, 0, tzinfo=UTC), "I morgen kl. 10.00"),
        (dt.datetime(2020, 1, 10, 8, 31, tzinfo=UTC), "Fredag den 10. januar kl. 09.31"),
        (SENT, "Onsdag den 18. december 2019 kl. 14.05"),
    ],
)
def test_relative_moments_name_today_and_yesterday(moment, expected):
    assert danish.moment_relative(moment, dt.datetime(2020, 1, 13, 13, 0, tzinfo=UTC)) == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(2, "om 2 dage"), (1, "i morgen"), (0, "i dag"), (-1, "i går"), (-3, "for 3 dage siden")]
)
def test_days_left_in_words(days, expected):
    assert danish.days_left(DAY + dt.timedelta(days=days), DAY) == expected


def test_window_names_month_and_year_once():
    assert danish.window(dt.date(2019, 12, 9), dt.date(2019, 12, 19)) == "9.–19. december 2019"
    assert danish.window(dt.date(2019, 11, 28), dt.date(2019, 12, 3)) == "28. november – 3. december 2019"
    assert danish.window(dt.date(2019, 12, 30), dt.date(2020, 1, 3)) == "30. december 2019 – 3. januar 2020"
    assert danish.window(DAY, DAY) == "15. januar 2020"


def test_numbers_and_counts_in_danish():
    assert [danish.number(n) for n in (0, 999, 1600, 1234567, -6, 1234.5)] == [
        "0",
        "999",
        "1.600",
        "1.234.567",
        "−6",
        "1.234,5",
    ]
    assert danish.count(1, "brev", "breve") == "1 brev"
    assert danish.count(0, "brev", "breve") == "0 breve"
    assert danish.count(1600, "brev", "breve") == "1.600 breve"
    amounts = ("1250.0", "1250.00", "12.5", "1250.50", "0")
    assert [danish.kroner(Decimal(one)) for one in amounts] == [
        "1.250 kr.",
        "1.250 kr.",
        "12,50 kr.",
        "1.250,50 kr.",
        "0 kr.",
    ]
    assert [danish.number_word(n) for n in (1, 3, 12, 13)] == ["én", "tre", "tolv", "13"]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (dt.timedelta(days=1, hours=6, minutes=59), "1 d. 6 t."),
        (dt.timedelta(hours=5, minutes=10), "5 t."),
        (dt.timedelta(minutes=40), "40 min."),
        (dt.timedelta(seconds=20), "under 1 min."),
    ],
)
def test_duration_in_words(length, expected):
    assert danish.duration(length) == expected


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (40, "40 min."),
        (120, "2 t."),
        (200, "3 t. 20 min."),
        (480, "1 arbejdsdag"),
        (1135, "2 arbejdsdage 2 t."),
    ],
)
def test_working_time_in_words(minutes, expected):
    assert danish.working_time(dt.timedelta(minutes=minutes), dt.timedelta(hours=8)) == expected


def test_long_words_get_soft_hyphens():
    shown = danish.hyphenated("Uddannelsesparathedsvurdering, 8. klasse ved Hverdagssamtalen <b>")
    assert shown.split("\u00ad") == ["Uddannelses", "paratheds", "vurdering, 8. klasse ved Hverdagssamtalen <b>"]


def test_sorting_follows_the_danish_alphabet():
    names = ["Åse", "Zahle", "Ærø", "Aagaard", "Øster", "aben", "Éva", "Eva B", "øst  a", "Ågård"]
    order = ["aben", "Éva", "Eva B", "Zahle", "Ærø", "øst  a", "Øster", "Aagaard", "Ågård", "Åse"]
    assert sorted(names, key=danish.sort_key) == order
    assert danish.sort_key("A\u030agard") == danish.sort_key("Ågard"), "the same letter in two Unicode spellings"


def test_ascii_file_name_is_portable():
    assert danish.ascii_file_name("Påmindelse til Ærø/øst: 2") == "Paamindelse-til-Aeroe-oest-2"
    assert danish.ascii_file_name("../..") == ""
