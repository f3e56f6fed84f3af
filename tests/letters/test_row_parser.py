"""Parsing one row: dates, addresses, missing cells, and CPR numbers that must not be kept."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.datetimes import UnreadableDate, join_date_and_time, parse_datetime
from letters.importing.files.headers import COLUMNS, recognise_columns
from letters.importing.rows.row_parser import RowParser, shown_cells_from_fields
from letters.importing.rows.row_problems import NOTICE, REJECT, ProblemKind
from letters.models.letter import HIDDEN_SUBJECT
from letters.recipient_keys import hash_recipient
from sepo_incident.core.danish import COPENHAGEN
from tests.letters.list_files import row
from tests.letters.parsed_rows import WINDOW, default_matcher, parse_raw_row, parse_row, row_problems, shown_cells


def test_valid_row_has_no_problems():
    good = parse_row()
    assert good.problems == []
    assert (good.row, good.source_ref, good.sender_email, good.unit_name) == (
        14,
        "B-1",
        "karen@kk.example",
        "Svalevejens Skole",
    )
    assert good.sent_at == datetime(2019, 12, 11, 9, 14, tzinfo=COPENHAGEN)
    assert (good.recipient_kind, good.recipient_key) == ("CITIZEN", hash_recipient("0102701234"))
    assert (good.category, good.is_personnel_case) == ("Høringer", False)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("11-12-2019 14:05", (11, 14, 5)),
        ("11.12.2019 14.05", (11, 14, 5)),
        ("11/12-2019 kl. 14.05", (11, 14, 5)),
        ("9/12-2019 kl 9.05", (9, 9, 5)),
        ("11-12-19 14:05", (11, 14, 5)),
        ("2019-12-11 14:05:00", (11, 14, 5)),
        ("2019-12-11T14:05", (11, 14, 5)),
        ("2019-12-11T13:05:00Z", (11, 14, 5)),
        ("2019-12-11T14:05:00.000+01:00", (11, 14, 5)),
        ("11. december 2019 kl. 14.05", (11, 14, 5)),
        ("2019-12-11 14:05 CET", (11, 14, 5)),
        ("2019-12-11T13:05:00.1234567Z", (11, 14, 5)),
        ("11-12-2019 13:05 UTC", (11, 14, 5)),
        ("11-12-2019 14:05:00 +01:00", (11, 14, 5)),
        ("11-12-2019 15:05 CEST", (11, 14, 5)),
        ("43810.5868055556", (11, 14, 5)),
        ("43810,5868055556", (11, 14, 5)),
        ("43.810,5868055556", (11, 14, 5)),
        ("11. dec. 2019 14:05", (11, 14, 5)),
        ("11-dec-19 14:05", (11, 14, 5)),
        ("11 dec 2019 14:05", (11, 14, 5)),
        ("onsdag d. 11. december 2019 14:05", (11, 14, 5)),
        ("on 11-12-2019 14:05", (11, 14, 5)),
        ("d. 11/12-2019 kl. 14:05", (11, 14, 5)),
        ("2019-12-11 13:05:00 UTC", (11, 14, 5)),
        ("2019/12/11 14:05", (11, 14, 5)),
        ("20191211 14:05", (11, 14, 5)),
        ("Wed, 11 Dec 2019 14:05:00 +0100", (11, 14, 5)),
        ("11\u201112\u20112019 14:05", (11, 14, 5)),
        ("11\u201312\u20132019 14:05", (11, 14, 5)),
        ("201912111405", (11, 14, 5)),
        ("20191211T140500", (11, 14, 5)),
        ("20191211130500.0Z", (11, 14, 5)),
        ("11-12-2019 2:05 PM", (11, 14, 5)),
        ("12/11/2019 2:05:00 PM", (11, 14, 5)),
        ("Wed 12/11/2019 2:05 PM", (11, 14, 5)),
        ("Wednesday, December 11, 2019 2:05 PM", (11, 14, 5)),
        ("Dec 11 2019  2:05PM", (11, 14, 5)),
        ("11-12-2019 14:05 (CET)", (11, 14, 5)),
        ("Wed, 11 Dec 2019 13:05:00 GMT", (11, 14, 5)),
        ("11-12-2019 14:05 UTC+1", (11, 14, 5)),
        ("onsdag den 11. december 2019 kl. 14", (11, 14, 0)),
        ("11. december 2019 - kl. 14.05", (11, 14, 5)),
        ("11/12 2019 kl. 14.05", (11, 14, 5)),
        ("11. 12. 2019 14:05", (11, 14, 5)),
        ("2019-12-11T13:05:00.0000000Z", (11, 14, 5)),
        ("2019-12-11-14.05.00.123456", (11, 14, 5)),
        ("11-12-2019 24:00", (12, 0, 0)),
    ],
)
def test_date_is_parsed(written, expected):
    day, hour, minute = expected
    assert parse_row(Sendt=written).sent_at == datetime(2019, 12, day, hour, minute, tzinfo=COPENHAGEN)
    assert row_problems(Sendt=written) == []


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("31-11-2019 10:22", "Datoen findes ikke. November har 30 dage."),
        ("11-13-2019 10:22", "Datoen findes ikke. Der er ingen måned 13."),
        ("11-12-2019 25:22", "Klokkeslættet findes ikke. Skriv det som 14:05."),
        ("12/13/2019 10:22", "Datoen har måneden først. Skriv den som 31-12-2019."),
        ("12-13-2019 10:22", "Datoen findes ikke. Der er ingen måned 13."),
        ("13/14/2019 10:22", "Datoen findes ikke. Der er ingen måned 14."),
        ("i går", "Datoen kan ikke læses. Skriv den som 11-12-2019 14:05."),
        ("11-12-2019.14", "Datoen kan ikke læses. Skriv den som 11-12-2019 14:05."),
        ("13/11/2019 9:14 AM", "Datoen findes ikke. Der er ingen måned 13."),
        ("", "Datoen mangler. Skriv, hvornår brevet er sendt."),
        ("20-12-2019 07:58", "Uden for perioden 9.–19. december."),
        ("08-12-2019 23:59", "Uden for perioden 9.–19. december."),
    ],
)
def test_wrong_date_is_rejected_and_says_why(written, message):
    assert row_problems(Sendt=written) == [("Sendt", message, REJECT)]


@pytest.mark.parametrize("written", ["09-12-2019 00:00", "19-12-2019 23:59"])
def test_window_includes_its_first_and_last_minute(written):
    assert row_problems(Sendt=written) == []


def test_date_without_a_time_gets_a_remark():
    assert row_problems(Sendt="11-12-2019") == [("Sendt", "Klokkeslættet mangler. Vi skriver kl. 00.00.", NOTICE)]


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(
        lambda moment: moment.replace(second=0, microsecond=0, fold=0)
    )
)
def test_every_minute_is_parsed_back(moment):
    for form in ("%d-%m-%Y %H:%M", "%Y-%m-%dT%H:%M", "%d.%m.%Y kl. %H.%M"):
        read, has_time = parse_datetime(moment.strftime(form))
        assert read == moment.replace(tzinfo=COPENHAGEN).astimezone(UTC)
        assert has_time


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_unreadable(text):
    with suppress(UnreadableDate):
        assert parse_datetime(clean_text(text))[0].tzinfo


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"Afsenders_e_mail": "sokj@buf"}, "E-mailen er ikke hel. Slutningen mangler."),
        ({"Afsenders_e_mail": "sokj"}, "E-mailen er ikke hel. Der mangler et @."),
        ({"Afsenders_e_mail": "a@b.example; c@d.example"}, "Feltet har flere e-mails. Skriv kun én."),
        (
            {"Afsenders_e_mail": "idør@suf.example"},
            "E-mailen har ugyldige tegn. Brug ikke æ, ø og å.",
        ),
        ({"Afsenders_e_mail": "a <a@b.example>; c <c@d.example>"}, "Feltet har flere e-mails. Skriv kun én."),
        ({"Afsenders_e_mail": "an na@suf.example"}, "E-mailen er ikke hel. Ret den."),
        ({"Afsenders_e_mail": "a..b@suf.example"}, "E-mailen er ikke hel. Ret den."),
        ({"Brev_id": " "}, "Brev-id mangler. Giv brevet et nummer, som intet andet brev har."),
        ({"Brev_id": "0102701234"}, "Brev-id ligner et CPR-nummer og må ikke gemmes. Giv brevet et andet nummer."),
        ({"Enhed": "x" * 201}, "Teksten er længere end 200 tegn. Ret feltet."),
    ],
)
def test_invalid_cell_rejects_the_row(cells, message):
    found = row_problems(**cells)
    assert [(text, severity) for _, text, severity in found] == [(message, REJECT)]


@pytest.mark.parametrize("written", ["idør@suf.example", "a..b@suf.example", "ida", "010270-1234@kk.example"])
def test_invalid_leader_address_is_dropped_with_a_remark(written):
    found = parse_row(Leders_e_mail=written)
    message = "Lederens e-mail er ugyldig. Find lederen efter indlæsningen."
    assert [(one["message"], one["severity"]) for one in found.problems] == [(message, NOTICE)]
    assert found.leader_email == ""


@pytest.mark.parametrize(
    "written",
    [
        *("SMTP:a@b.example", "smtp:a@b.example", "MAILTO:A@b.example", "a@b.example;", "'a@b.example'"),
        *(
            "[mailto:a@b.example]",
            "a@b.example (Anna Bø)",
            "a@b.example#mailto:a@b.example#",
            "Bø, Anna <a@b.example>;",
        ),
        *("Anna Bø#mailto:a@b.example#", "<mailto:a@b.example>", "Anna Bø (a@b.example)", "Anna [a@b.example]"),
        *("Anna Bø a@b.example", "a@b.example / Anna", "a@b.example."),
    ],
)
def test_address_is_extracted_from_program_formats(written):
    found = parse_row(Afsenders_e_mail=written, Leders_e_mail=written)
    assert (found.sender_email, found.leader_email, found.problems) == ("a@b.example", "a@b.example", [])


@pytest.mark.parametrize("written", ["/o=KK/ou=X/cn=Recipients/cn=anna", "<>", "-", "ingen", "N/A", "Vakant"])
def test_placeholder_address_is_an_empty_cell(written):
    found = parse_row(Afsenders_e_mail=written, Leders_e_mail=written)
    assert (found.sender_email, found.leader_email, found.is_rejected) == ("", "", False)
    assert [one["kind"] for one in found.problems] == [ProblemKind.NO_SENDER, ProblemKind.NO_LEADER]


@pytest.mark.parametrize(
    "column", ["Afsender", "Afsenders_e_mail", "Leder", "Forvaltning", "Område", "Enhed", "Underenhed"]
)
def test_cpr_number_in_a_name_rejects_the_row(column):
    found = row_problems(**{column: "010270-1234@kk.example" if "mail" in column else "Gruppe 010270-1234"})
    message = "Feltet har noget, der ligner et CPR-nummer. Det må ikke gemmes. Ret feltet."
    assert [(text, severity) for _, text, severity in found] == [(message, REJECT)]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"Emne": ""}, "Emne"),
        ({"Leder": "", "Leders_e_mail": ""}, "Leders e-mail"),
        ({"Afsenders_e_mail": ""}, "Afsenders e-mail"),
        ({"Modtagertype": "Hund"}, "Modtagertype"),
        ({"Emne": "x" * 501}, "Emne"),
    ],
)
def test_missing_optional_cell_gets_a_remark(cells, column):
    understood = parse_row(**cells)
    assert [one["column"] for one in understood.problems] == [column]
    assert not understood.is_rejected


@pytest.mark.parametrize(
    "written",
    ["=?utf-8?Q?Sygefrav=C3=A6rssamtale?=", "=?iso-8859-1?B?U3lnZWZyYXbmcnNzYW10YWxl?=", "Sygefrav&aelig;rssamtale"],
)
def test_encoded_subject_is_decoded(written):
    understood = parse_row(Emne=written)
    assert (understood.subject, understood.is_personnel_case) == ("Sygefraværssamtale", True)


@pytest.mark.parametrize("written", ["=?utf-8?Q?a=0Ab=09c=00=E2=80=AE?=", "a&#10;b&Tab;c&#x202e;"])
def test_decoded_text_is_one_visible_line(written):
    understood = parse_row(Emne=written, Enhed=written)
    assert understood.subject == understood.unit_name == clean_text(understood.subject)
    assert understood.subject.startswith("a b")
    understood = parse_row(Emne="=?utf-8?Q?Vedr._010270-1234?=", Leder="010270&#45;1234")
    assert "010270-1234" not in str(understood)


@pytest.mark.parametrize("written", ["000\u20117", "'000-7", "000–7"])
def test_letter_id_ignores_dash_kind_and_excel_marker(written):
    assert parse_row(Brev_id=written).source_ref == "000-7"


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        ("11-12-2019", "14:05", "11-12-2019 14:05"),
        ("11-12-2019 00:00", "kl. 14.05", "11-12-2019 kl. 14.05"),
        ("11-12-2019", "1405", "11-12-2019 14:05"),
        ("11-12-2019", "0,5868055556", "11-12-2019 14:05:00"),
        ("11-12-2019", "31-12-1899 14:05", "11-12-2019 14:05"),
        ("11-12-2019 14:05", "15:00", "11-12-2019 14:05"),
        ("11-12-2019", "", "11-12-2019"),
        ("", "14:05", ""),
    ],
)
def test_separate_time_is_joined_with_the_date(day, clock, expected):
    assert join_date_and_time(day, clock) == expected


@given(
    st.dictionaries(
        st.sampled_from(
            ["Emne", "Afsender", "Leder", "Enhed", "Underenhed", "Brev_id", "Afsenders_e_mail", "Modtager"]
        ),
        st.sampled_from(
            [
                "010270-1234",
                "Vedr. 0102701234",
                "x 010270 1234 y",
                "a" * 490 + " 010270-1234 hale",
                "a" * 190 + " 010270-1234 hale",
            ]
        ),
    )
)
def test_no_cpr_number_leaves_the_row(cells):
    everything = str(parse_row(**cells))
    for number in ("010270-1234", "0102701234", "010270 1234", "010270-"):
        assert number not in everything


def test_cpr_number_in_the_subject_is_masked_with_a_remark():
    understood = parse_row(Emne="Vedr. 010270-1234, ny tid")
    assert understood.subject == shown_cells(understood)["subject"] == "Vedr. ●●●●●●-●●●●, ny tid"
    assert understood.problems[0]["value"] == "Vedr. ●●●●●●-●●●●, ny tid"
    assert not understood.is_rejected


def test_numeric_recipient_is_the_same_recipient():
    assert parse_row(Modtager="102701234").recipient_key == hash_recipient("010270-1234")


@pytest.mark.parametrize("cells", [{"Modtagertype": "Medarbejder"}, {"Emne": "Indkaldelse til sygefraværssamtale"}])
def test_personnel_subject_is_not_shown(cells):
    understood = parse_row(**({"Emne": "Lønseddel " * 60} | cells))
    assert understood.is_personnel_case
    assert shown_cells(understood)["subject"] == HIDDEN_SUBJECT
    assert {one["value"] for one in understood.problems} <= {HIDDEN_SUBJECT}


@given(st.text(max_size=60))
def test_clean_text_is_one_storable_line(text):
    cleaned = clean_text(text)
    assert "\x00" not in cleaned
    assert cleaned == " ".join(cleaned.split())
    cleaned.encode()


def test_clean_text_removes_invisible_characters():
    assert clean_text("Br\u200bev\u202e \x07om\r\n  møde") == "Brev om møde"


def test_short_row_with_headers_in_any_order_is_parsed():
    columns = recognise_columns(["EMNE", "Afs_mail", "", "Enhed", "brev id", "TIDSPUNKT"])
    understood = parse_raw_row(2, ["Møde", "a@b.example", "?", "Skolen", "7"], columns, WINDOW)
    assert (understood.subject, understood.sender_email, understood.source_ref) == ("Møde", "a@b.example", "7")
    rejects = [one["message"] for one in understood.problems if one["severity"] == REJECT]
    assert rejects == ["Datoen mangler. Skriv, hvornår brevet er sendt."]


def test_every_column_is_recognised_by_its_label():
    assert recognise_columns([column.label for column in COLUMNS]) == {
        column.field: at for at, column in enumerate(COLUMNS)
    }


def test_invalid_time_zone_is_unreadable():
    with pytest.raises(UnreadableDate, match="Tidszonen"):
        parse_datetime("2019-12-11 10:00+99:99")


#: Good, awkward and wrong cells, few enough that they repeat.
TEXTS = st.sampled_from(
    [
        "", " ", "B-1", "11-12-2019 09:14", "20-12-2019 07:58", "11-12-2019", "i går", "karen@kk.example",
        "Karen <KAREN@kk.example>", "sokj@buf", "Svalevejens  Skole", "Medarbejder", "Borger", "Hund", "010270-1234",
        "Møde 10. januar", "Sygefraværssamtale 7/1", "Vedr. 0102701234", "x" * 201, "y" * 501, "a\\b\tc\u200bd",
    ]
)  # fmt: skip


@settings(max_examples=30)
@given(st.lists(st.lists(TEXTS, max_size=len(COLUMNS)), max_size=12), st.sampled_from([1, 2, 20_000]))
def test_cached_parser_equals_uncached_parser(rows, remembered):
    columns = recognise_columns(list(row()))
    understanding = RowParser(columns, WINDOW, default_matcher(), remembered)
    for number, cells in enumerate(rows, start=2):
        assert understanding.row(number, cells) == parse_raw_row(number, cells, columns, WINDOW)


def test_parser_cache_is_bounded():
    understanding = RowParser(recognise_columns(list(row())), WINDOW, default_matcher(), 10)
    for number in range(100):
        understanding.row(number, list(row(number, Emne=f"Møde {number}. januar").values()))
    assert all(len(known) <= 10 for _, _, _, known in understanding._fields)
    assert len(understanding._dates) <= 10


def test_cells_of_a_valid_row_are_rebuilt_from_its_fields():
    good = parse_row(Afsenders_e_mail="Karen <KAREN@kk.example>", Emne="Møde")
    assert (good.as_written, shown_cells(good)) == ({}, shown_cells_from_fields(good))
    assert shown_cells(good) | {"recipient": ""} == {
        "source_ref": "B-1",
        "sent_at": "11-12-2019 09:14",
        "sender_name": "Karen Bülow Møller",
        "sender_email": "karen@kk.example",
        "leader_name": "Jens Ågård",
        "leader_email": "jens@kk.example",
        "administration": "Børne- og Ungdomsforvaltningen",
        "area": "Område Nørrebro",
        "unit_name": "Svalevejens Skole",
        "recipient_kind": "Borger",
        "recipient": "",
        "subject": "Møde",
    }
    wrong = parse_row(Afsenders_e_mail="Karen <KAREN@kk.example>", Underenhed="010270-1234")
    assert shown_cells(wrong)["sender_email"] == "Karen <KAREN@kk.example>", "a row with problems is shown as it stood"
