"""Artifacts of Excel and other spreadsheets in the cells of a row."""

from datetime import date

import pytest

from letters.importing.commit import correct_row
from letters.importing.files import reader
from letters.importing.files.datetimes import clock_change_remark, parse_datetime
from letters.importing.rows.cell_rules import IncidentWindow
from letters.models import ImportRow
from letters.samples import COLUMNS
from sepo_incident.core import spreadsheets
from tests.letters.list_files import PLAIN
from tests.letters.parsed_rows import WINDOW, parse_raw_row, shown_cells

FIELDS = (
    "source_ref", "sent_at", "sender_name", "sender_email", "leader_name", "leader_email", "administration", "area",
    "unit_name", "subunit", "recipient_kind", "recipient", "subject",
)  # fmt: skip
PLACE = {name: index for index, name in enumerate(FIELDS)}


def parse_changed(cells=None, window=WINDOW, **changed):
    cells = cells or [PLAIN[header] for header in COLUMNS]
    for name, text in changed.items():
        cells[PLACE[name]] = text
    return parse_raw_row(2, cells, PLACE, window)


def problems(row) -> list[tuple[str, str]]:
    return [(problem["severity"], problem["message"]) for problem in row.problems]


@pytest.mark.parametrize("name", ["source_ref", "sent_at"])
def test_error_in_a_required_cell_rejects_the_row_once(name):
    row = parse_changed(**{name: "#N/A"})
    assert problems(row) == [("reject", "Cellen viser fejlen #I/T. Ret den i Excel.")]
    assert row.problems[0]["value"] == "#N/A"


@pytest.mark.parametrize("name", ["sender_name", "sender_email", "leader_email", "area", "unit_name", "subject"])
def test_error_in_an_optional_cell_is_remarked_on(name):
    row = parse_changed(**{name: "#REFERENCE!"})
    assert problems(row) == [("notice", "Cellen viser fejlen #REFERENCE!. Ret den i Excel.")]
    assert getattr(row, "recipient_key" if name == "recipient" else name) == ""


def test_uncalculated_formula_is_no_leader_and_shows_no_cpr_number():
    row = parse_changed(leader_name="#FORMEL! =A2&0102701234")
    assert problems(row) == [("notice", "Formlen er ikke regnet ud. Åbn og gem listen i Excel, og indlæs den igen.")]
    assert row.leader_name == ""
    assert "0102701234" not in str(row)


@pytest.mark.parametrize("text", ["#", "# 12", "#HASTER", "N/A", "=1+1"])
def test_texts_like_errors_stay_text(text):
    row = parse_changed(subject=text)
    assert (row.subject, row.problems) == (text, [])


@pytest.mark.parametrize("text", ["1,23E+15", "1.23e+18", "9E+20"])
def test_truncated_number_is_no_id(text):
    assert [severity for severity, _ in problems(parse_changed(source_ref=text))] == ["reject"]
    row = parse_changed(recipient=text)
    assert [severity for severity, _ in problems(row)] == ["notice"]
    assert row.recipient_key == ""


@pytest.mark.parametrize("first", ["I alt", "TOTAL:", "i alt 3.400", "Subtotal", "Antal breve: 12"])
def test_sum_row_has_one_problem(first):
    row = parse_changed([first, "", "3.400", *[""] * 10])
    assert problems(row) == [("reject", "Rækken er en sum og indlæses ikke.")]
    assert row.problems[0]["value"] == first


@pytest.mark.parametrize("note", ["Kilde: SEPO", "I alt: 1 breve", "Udtræk fra 2019", "Slut"])
def test_note_row_has_one_problem(note):
    row = parse_changed([note, *[""] * 12])
    assert problems(row) == [("reject", "Rækken er en note og indlæses ikke.")]
    assert correct_row.correctable_fields(ImportRow(problems=row.problems)) == set()


def test_row_with_only_an_id_has_several_problems():
    assert len(problems(parse_changed(["B-1", *[""] * 12]))) > 1


def test_repeated_headers_have_one_problem():
    row = parse_changed(list(COLUMNS))
    said_once = "Rækken gentager overskrifterne og indlæses ikke."
    assert problems(row) == [("reject", said_once)]


def test_sum_row_shows_only_its_first_cell():
    row = parse_changed(["I alt", "1", "102701234", *[""] * 10])
    assert [problem["value"] for problem in row.problems] == ["I alt"]


def test_truncated_recipient_is_not_shown():
    row = parse_changed(recipient="1,02701234E+09")
    assert [problem["value"] for problem in row.problems] == [""]
    assert "recipient" not in shown_cells(row)


def test_address_in_a_wrong_column_is_not_shown():
    row = parse_changed(recipient_kind="anna@borger.example")
    assert "anna" not in str([shown_cells(row), row.problems])


def test_id_like_a_sum_is_an_id():
    assert not parse_changed(source_ref="Total-1").problems
    assert not parse_changed(source_ref="Total").problems


AUTUMN = IncidentWindow(date(2019, 10, 20), date(2019, 10, 31))


@pytest.mark.parametrize("text", ["27-10-2019 02:00", "27-10-2019 02:59:59", "2019-10-27T02:30", "43765.1041666"])
def test_ambiguous_autumn_hour_is_remarked_on(text):
    assert [message[:26] for _, message in problems(parse_changed(sent_at=text, window=AUTUMN))] == [
        "Uret blev stillet tilbage,"
    ]
    assert parse_datetime(text)[0].hour == 0, "the first of the two: 2 o'clock of summer time is midnight in UTC"


@pytest.mark.parametrize(
    "text", ["27-10-2019 01:59:59", "27-10-2019 03:00", "2019-10-27T02:30+01:00", "2019-10-27T02:30Z", "11-12-2019"]
)
def test_unambiguous_hours_have_no_remark(text):
    assert clock_change_remark(text) == ""


def test_missing_spring_hour_is_remarked_on():
    assert "Uret blev stillet frem" in clock_change_remark("29-03-2020 02:30")
    assert parse_datetime("29-03-2020 02:30")[0].isoformat() == "2020-03-29T01:30:00+00:00"


@pytest.mark.parametrize(
    ("text", "kept"),
    [('="000123"', "000123"), ("'=1+1", "=1+1"), ("'@x", "@x"), ('=""', ""), ("=1+1", "=1+1"), ("'n", "'n")],
)
def test_excel_text_markers_are_removed(text, kept):
    assert parse_changed(subject=text).subject == kept


def test_our_own_export_is_read_back_unchanged():
    written = spreadsheets.build_csv(COLUMNS, [[*list(PLAIN.values())[:-1], "=SUM(A1)"]])
    with reader.open_list(written) as raw:
        assert parse_changed(list(next(raw.rows).cells)).subject == "=SUM(A1)"


@pytest.mark.parametrize("name", ["sender_name", "unit_name", "subject"])
@pytest.mark.parametrize("text", ["Partsh?ring", "B?RNEHAVE", "H\ufffdring"])
def test_lost_character_is_remarked_on(name, text):
    row = parse_changed(**{name: text})
    assert [(severity, message[:26]) for severity, message in problems(row)] == [
        ("notice", "Et bogstav er gået tabt. H")
    ]


@pytest.mark.parametrize("text", ["Hvad nu?", "Hvad? Nu", "Se https://kk.example/side?id=7", "?"])
def test_question_mark_is_no_lost_character(text):
    assert not parse_changed(subject=text).problems


@pytest.mark.parametrize("text", ["Fejl:502", "Err:511"])
def test_libreoffice_error_is_an_error(text):
    assert problems(parse_changed(leader_name=text))[0][1] == f"Cellen viser fejlen {text}. Ret den i regnearket."
