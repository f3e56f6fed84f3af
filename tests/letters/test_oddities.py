"""What spreadsheets do to a list, as its rows are understood."""

from datetime import date

import pytest

from letters.importing.commit import correct_row
from letters.importing.datetimes import clock_change_remark, parse_datetime
from letters.importing.files import reader
from letters.importing.rows.cell_rules import IncidentWindow
from letters.models import ImportRow
from letters.samples import COLUMNS
from sepo_incident.core import spreadsheets
from tests.letters.lists import PLAIN
from tests.letters.understood import parse, shown

WINDOW = IncidentWindow(date(2019, 12, 9), date(2019, 12, 19))
FIELDS = (
    "source_ref", "sent_at", "sender_name", "sender_email", "leader_name", "leader_email", "administration", "area",
    "unit_name", "subunit", "recipient_kind", "recipient", "subject",
)  # fmt: skip
PLACE = {name: index for index, name in enumerate(FIELDS)}


def understood(cells=None, window=WINDOW, **changed):
    cells = cells or [PLAIN[header] for header in COLUMNS]
    for name, text in changed.items():
        cells[PLACE[name]] = text
    return parse(2, cells, PLACE, window)


def said(row) -> list[tuple[str, str]]:
    return [(problem["severity"], problem["message"]) for problem in row.problems]


@pytest.mark.parametrize("name", ["source_ref", "sent_at"])
def test_an_error_where_a_value_is_needed_rejects_the_row_once(name):
    row = understood(**{name: "#N/A"})
    assert said(row) == [("reject", "Cellen viser fejlen #I/T og ikke en værdi. Ret den i Excel.")]
    assert row.problems[0]["value"] == "#N/A"


@pytest.mark.parametrize("name", ["sender_name", "sender_email", "leader_email", "area", "unit_name", "subject"])
def test_an_error_elsewhere_leaves_the_field_empty_and_is_said(name):
    row = understood(**{name: "#REFERENCE!"})
    assert said(row) == [("notice", "Cellen viser fejlen #REFERENCE! og ikke en værdi. Ret den i Excel.")]
    assert getattr(row, "recipient_key" if name == "recipient" else name) == ""


def test_a_formula_never_worked_out_is_no_leader_and_shows_no_cpr_number():
    row = understood(leader_name="#FORMEL! =A2&0102701234")
    assert said(row) == [
        ("notice", "Formlen i cellen er ikke regnet ud. Åbn listen i Excel, gem den, og indlæs den igen.")
    ]
    assert row.leader_name == ""
    assert "0102701234" not in str(row)


@pytest.mark.parametrize("text", ["#", "# 12", "#HASTER", "N/A", "=1+1"])
def test_other_texts_with_such_signs_are_texts(text):
    row = understood(subject=text)
    assert (row.subject, row.problems) == (text, [])


@pytest.mark.parametrize("text", ["1,23E+15", "1.23e+18", "9E+20"])
def test_a_number_that_lost_its_digits_names_no_letter(text):
    assert [severity for severity, _ in said(understood(source_ref=text))] == ["reject"]
    row = understood(recipient=text)
    assert [severity for severity, _ in said(row)] == ["notice"]
    assert row.recipient_key == ""


@pytest.mark.parametrize("first", ["I alt", "TOTAL:", "i alt 3.400", "Subtotal", "Antal breve: 12"])
def test_a_sum_is_rejected_as_one_and_nothing_else(first):
    row = understood([first, "", "3.400", *[""] * 10])
    assert said(row) == [("reject", "Rækken er en sum og ikke et brev. Den bliver ikke indlæst.")]
    assert row.problems[0]["value"] == first


@pytest.mark.parametrize("note", ["Kilde: SEPO", "I alt: 1 breve", "Udtræk fra 2019", "Slut"])
def test_a_note_below_the_list_is_said_to_be_one_and_nothing_else(note):
    row = understood([note, *[""] * 12])
    assert said(row) == [("reject", "Rækken er en note og ikke et brev. Den bliver ikke indlæst.")]
    assert correct_row.correctable_fields(ImportRow(problems=row.problems)) == set()


def test_an_id_alone_is_half_a_letter():
    assert len(said(understood(["B-1", *[""] * 12]))) > 1


def test_headers_that_come_again_are_said_to_be_so_and_nothing_else():
    row = understood(list(COLUMNS))
    said_once = "Rækken gentager overskrifterne og er ikke et brev. Den bliver ikke indlæst."
    assert said(row) == [("reject", said_once)]


def test_a_sum_shows_nothing_of_its_other_cells():
    row = understood(["I alt", "1", "102701234", *[""] * 10])
    assert [problem["value"] for problem in row.problems] == ["I alt"]


def test_a_recipient_that_lost_its_digits_shows_none():
    row = understood(recipient="1,02701234E+09")
    assert [problem["value"] for problem in row.problems] == [""]
    assert "recipient" not in shown(row)


def test_an_address_under_a_wrong_column_is_not_shown():
    row = understood(recipient_kind="anna@borger.example")
    assert "anna" not in str([shown(row), row.problems])


def test_a_letter_whose_id_begins_like_a_sum_is_a_letter():
    assert not understood(source_ref="Total-1").problems
    assert not understood(source_ref="Total").problems


AUTUMN = IncidentWindow(date(2019, 10, 20), date(2019, 10, 31))


@pytest.mark.parametrize("text", ["27-10-2019 02:00", "27-10-2019 02:59:59", "2019-10-27T02:30", "43765.1041666"])
def test_an_hour_that_came_twice_is_named(text):
    assert [message[:26] for _, message in said(understood(sent_at=text, window=AUTUMN))] == [
        "Den time var der to gange,"
    ]
    assert parse_datetime(text)[0].hour == 0, "the first of the two: 2 o'clock of summer time is midnight in UTC"


@pytest.mark.parametrize(
    "text", ["27-10-2019 01:59:59", "27-10-2019 03:00", "2019-10-27T02:30+01:00", "2019-10-27T02:30Z", "11-12-2019"]
)
def test_other_hours_and_those_with_a_zone_are_not(text):
    assert clock_change_remark(text) == ""


def test_an_hour_that_never_came_is_named():
    assert "fandtes ikke" in clock_change_remark("29-03-2020 02:30")
    assert parse_datetime("29-03-2020 02:30")[0].isoformat() == "2020-03-29T01:30:00+00:00"


@pytest.mark.parametrize(
    ("text", "kept"),
    [('="000123"', "000123"), ("'=1+1", "=1+1"), ("'@x", "@x"), ('=""', ""), ("=1+1", "=1+1"), ("'n", "'n")],
)
def test_what_keeps_excel_away_from_a_text_is_taken_off(text, kept):
    assert understood(subject=text).subject == kept


def test_an_export_of_ours_comes_back_as_it_was():
    written = spreadsheets.build_csv(COLUMNS, [[*list(PLAIN.values())[:-1], "=SUM(A1)"]])
    with reader.open_list(written) as raw:
        assert understood(list(next(raw.rows).cells)).subject == "=SUM(A1)"


@pytest.mark.parametrize("name", ["sender_name", "unit_name", "subject"])
@pytest.mark.parametrize("text", ["Partsh?ring", "B?RNEHAVE", "H\ufffdring"])
def test_a_letter_that_is_lost_is_named(name, text):
    row = understood(**{name: text})
    assert [(severity, message[:26]) for severity, message in said(row)] == [("notice", "Et bogstav er gået tabt. H")]


@pytest.mark.parametrize("text", ["Hvad nu?", "Hvad? Nu", "Se https://kk.example/side?id=7", "?"])
def test_a_question_is_a_question(text):
    assert not understood(subject=text).problems


@pytest.mark.parametrize("text", ["Fejl:502", "Err:511"])
def test_an_error_of_libreoffice_is_one(text):
    assert (
        said(understood(leader_name=text))[0][1]
        == f"Cellen viser fejlen {text} og ikke en værdi. Ret den i regnearket."
    )
