"""The headers of a list: recognised in any spelling, proposed when unknown, found in one row or two."""

import pytest

from letters.importing.columns.column_proposals import are_all_certain, propose_columns
from letters.importing.files import headers
from letters.importing.files.headers import COLUMNS, header_says_utc, missing_required_columns, recognise_columns
from tests.letters.list_files import PLAIN, row

KNOWN = list(PLAIN)
CELLS = [list(row(1).values()), list(row(2).values())]


def proposed_fields(names: list[str], *rows: list[str]) -> list[str]:
    return [proposal.field for proposal in propose_columns(names, rows)]


def proposal_questions(names: list[str], *rows: list[str]) -> list[str]:
    return [proposal.why for proposal in propose_columns(names, rows) if proposal.why]


def test_each_alias_means_one_field():
    aliases = [alias for column in COLUMNS for alias in (*column.aliases, *column.weak_aliases)]
    assert all(recognise_columns([alias]) for alias in aliases)
    for column in COLUMNS:
        for alias in (*column.aliases, *column.weak_aliases):
            assert recognise_columns([alias]) == {column.field: 0}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("OMRAADE", "area"),
        (" Område / Center ", "area"),
        ("Loebenummer", "source_ref"),
        ("afsenders_e-mail", "sender_email"),
        ("Lederens E‑mail", "leader_email"),
        ("Sendt (UTC)", "sent_at"),
        ("origin_timestamp_utc", "sent_at"),
        ("Message Trace ID", "source_ref"),
    ],
)
def test_header_is_recognised_in_any_spelling(header, field):
    assert recognise_columns([header]) == {field: 0}


def test_only_utc_headers_are_in_utc():
    assert [header_says_utc(header) for header in ("Received (UTC)", "date_utc", "UTC", "Sendt utc")] == [True] * 4
    assert [header_says_utc(header) for header in ("Received", "Butcher", "Sendt (UTC+1)")] == [False] * 3


def test_weak_alias_gives_way_to_a_strong_one():
    assert recognise_columns(["Nr", "Brev-id"]) == {"source_ref": 1}
    assert recognise_columns(["Nr", "Emne"]) == {"source_ref": 0, "subject": 1}
    assert are_all_certain(propose_columns(["Nr", *KNOWN], [["1", *CELLS[0]]]))


def test_our_own_headers_are_certain():
    assert are_all_certain(propose_columns(KNOWN, CELLS))
    assert are_all_certain(propose_columns([*KNOWN, "", "Status"], [[*one, "", "Delivered"] for one in CELLS]))


def test_misspelled_header_is_proposed():
    assert proposed_fields(["Emnefelt"], ["Møde"]) == ["subject"]
    assert proposal_questions(["Emnefelt"], ["Møde"]) == ["Kolonnen hedder »Emnefelt« – mener du Emne?"]
    assert proposed_fields(["Afsenders e-mial", "Forvaltninger", "Modtagere"]) == [
        "sender_email",
        "administration",
        "recipient",
    ]


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (["karen@kk.example", "jens@kk.example"], "sender_email"),
        (["11-12-2019 09:14", ""], "sent_at"),
        (["010270-1234", "0102701235"], "recipient"),
        (["Borger", "Medarbejder"], "recipient_kind"),
        (["B-7", "B-8"], "source_ref"),
        (["<1a@mail.example>", "<1b@mail.example>"], "source_ref"),
        (["ring først", ""], ""),
        (["B-7", "B-7"], ""),
        (["", ""], ""),
    ],
)
def test_unknown_header_is_proposed_from_its_cells(cells, field):
    [proposal] = propose_columns(["Xyz"], [[cell] for cell in cells])
    assert proposal.field == field
    assert not proposal.is_sure


def test_leader_word_outranks_mail_word():
    """Otherwise the notices would go to the wrong people."""
    cells = ["karen@kk.example", "jens@kk.example"]
    assert proposed_fields(["Mailadresse", "Chefens mail"], cells) == ["sender_email", "leader_email"]
    assert proposed_fields(["Chefens mail", "Mailadresse"], cells) == ["leader_email", "sender_email"]


def test_one_bad_cell_does_not_hide_a_column():
    """Four of five cells are enough, three are not."""
    for wrong, field in ((1, "sent_at"), (2, "")):
        cells = ["31-11-2019 10:22"] * wrong + ["11-12-2019 09:14"] * (5 - wrong)
        assert propose_columns(["Hvornår"], [[cell] for cell in cells])[0].field == field


def test_address_columns_follow_the_header():
    one = ["x@kk.example"]
    assert proposed_fields(["Teamled"], one) == ["leader_email"]
    assert proposed_fields(["Borgeren"], one) == ["recipient"]
    assert proposed_fields(["Q", "W", "Z"], one * 3) == ["sender_email", "", ""], (
        "they may be citizens, and leaders read letters"
    )


def test_name_column_with_addresses_is_asked_about():
    assert proposed_fields(["Chef"], ["jens@kk.example"]) == ["leader_email"]
    assert proposal_questions(["Chef"], ["jens@kk.example"]) == ["»Chef« har e-mails – mener du Leders e-mail?"]
    assert proposed_fields(["Chef", "Leders e-mail"], ["jens@kk.example"] * 2) == ["leader_name", "leader_email"]


def test_columns_with_the_same_meaning_are_both_asked_about():
    proposals = propose_columns([*KNOWN, "Subject"], [[*one, "Møde"] for one in CELLS])
    assert [one.header for one in proposals if one.why] == ["Emne", "Subject"]
    assert not are_all_certain(proposals)


def test_no_field_is_proposed_twice():
    found = [field for field in proposed_fields(["Emnefelt", "Emnefeltet", "Emne 2"]) if field]
    assert len(found) == len(set(found))


def test_missing_required_columns_are_named():
    assert missing_required_columns({one.field for one in propose_columns(["Emne"], [])}) == [
        "Brev-id",
        "Sendt",
        "Afsenders e-mail",
    ]
    without_unit = [name for name in KNOWN if name != "Enhed"]
    assert are_all_certain(propose_columns(without_unit, []))


def test_question_shows_no_cpr_number():
    assert "010270-1234" not in str(propose_columns(["Emne 010270-1234"], []))


TITLE = ["Breve, der ikke kom frem"]


@pytest.mark.parametrize(
    ("top", "at"),
    [([KNOWN, *CELLS], 1), ([TITLE, [], KNOWN, *CELLS], 3), ([["Brev-id"], KNOWN, *CELLS], 2), ([[], KNOWN, KNOWN], 2)],
)
def test_the_headers_are_found_below_titles(top, at):
    assert headers.find_header_row(top) == headers.HeaderRow(at, KNOWN, are_known=True)


def test_group_header_gives_meaning_to_its_columns():
    over = ["", "", "Afsender", "", "Leder", "", ""]
    names = ["Brev-id", "Sendt", "Navn", "E-mail", "Navn", "E-mail", "Emne"]
    found = headers.find_header_row([TITLE, over, names, CELLS[0]])
    assert found.row == 3
    assert list(recognise_columns(found.texts)) == [
        "source_ref", "sent_at", "sender_name", "sender_email", "leader_name", "leader_email", "subject",
    ]  # fmt: skip


def test_headers_merged_over_two_rows_are_read_together():
    over, below = ["Brev-id", "Sendt", "Afsender", "", "Emne"], ["", "", "Navn", "E-mail", ""]
    found = headers.find_header_row([over, below, ["B-1", "11-12-2019", "Karen", "karen@kk.example", ""]])
    assert found == headers.HeaderRow(
        2, ["Brev-id", "Sendt", "Afsender Navn", "Afsender E-mail", "Emne"], are_known=True
    )


def test_unknown_headers_are_the_first_wide_row():
    names = ["Ting", "Sager", "Emnet"]
    assert headers.find_header_row([["Til jer"], names, ["a", "b", "c"]]) == headers.HeaderRow(
        2, names, are_known=False
    )


def test_list_without_headers_keeps_its_first_row():
    assert headers.find_header_row([TITLE, ["1", "11-12-2019", "a@b.dk", "x"]]) == headers.HeaderRow(
        1, [""] * 4, are_known=False
    )


def test_narrow_table_is_no_list():
    assert headers.find_header_row([["Kære", "alle"], ["hej", ""]]) is None


def test_recipient_status_is_a_recipient_column():
    assert recognise_columns(["Recipients", "RecipientStatus"]) == {"recipient": 0}
    assert recognise_columns(["RecipientStatus"]) == {"recipient": 0}
