"""What a list's headers mean: known in any spelling, proposed where they are not, found in a row or two."""

import pytest

from letters.importing import headers
from letters.importing.columns.column_proposals import are_all_certain, missing_required_labels, propose_columns
from letters.importing.headers import COLUMNS, header_says_utc, recognise_columns
from tests.letters.lists import PLAIN, row

KNOWN = list(PLAIN)
CELLS = [list(row(1).values()), list(row(2).values())]


def fields(names: list[str], *rows: list[str]) -> list[str]:
    return [proposal.field for proposal in propose_columns(names, rows)]


def why(names: list[str], *rows: list[str]) -> list[str]:
    return [proposal.why for proposal in propose_columns(names, rows) if proposal.why]


def test_no_alias_means_two_fields():
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
def test_a_header_is_known_in_any_spelling(header, field):
    assert recognise_columns([header]) == {field: 0}


def test_only_a_header_that_says_so_is_in_utc():
    assert [header_says_utc(header) for header in ("Received (UTC)", "date_utc", "UTC", "Sendt utc")] == [True] * 4
    assert [header_says_utc(header) for header in ("Received", "Butcher", "Sendt (UTC+1)")] == [False] * 3


def test_a_lesser_header_gives_way_to_a_better_one():
    assert recognise_columns(["Nr", "Brev-id"]) == {"source_ref": 1}
    assert recognise_columns(["Nr", "Emne"]) == {"source_ref": 0, "subject": 1}
    assert are_all_certain(propose_columns(["Nr", *KNOWN], [["1", *CELLS[0]]]))


def test_a_list_in_our_own_words_is_certain():
    assert are_all_certain(propose_columns(KNOWN, CELLS))
    assert are_all_certain(propose_columns([*KNOWN, "", "Status"], [[*one, "", "Delivered"] for one in CELLS]))


def test_a_header_that_is_nearly_known_is_proposed():
    assert fields(["Emnefelt"], ["Møde"]) == ["subject"]
    assert why(["Emnefelt"], ["Møde"]) == ["Kolonnen hedder »Emnefelt« – mener du Emne?"]
    assert fields(["Afsenders e-mial", "Forvaltninger", "Modtagere"]) == ["sender_email", "administration", "recipient"]


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
def test_a_header_that_is_strange_is_proposed_by_what_stands_under_it(cells, field):
    [proposal] = propose_columns(["Xyz"], [[cell] for cell in cells])
    assert proposal.field == field
    assert not proposal.is_sure


def test_a_word_for_a_leader_outranks_a_word_for_mail():
    """Else the notices would go to the wrong people."""
    cells = ["karen@kk.example", "jens@kk.example"]
    assert fields(["Mailadresse", "Chefens mail"], cells) == ["sender_email", "leader_email"]
    assert fields(["Chefens mail", "Mailadresse"], cells) == ["leader_email", "sender_email"]


def test_a_mistake_among_the_first_rows_hides_no_column():
    """Four of five are enough, three are not."""
    for wrong, field in ((1, "sent_at"), (2, "")):
        cells = ["31-11-2019 10:22"] * wrong + ["11-12-2019 09:14"] * (5 - wrong)
        assert propose_columns(["Hvornår"], [[cell] for cell in cells])[0].field == field


def test_addresses_go_by_what_the_header_speaks_of():
    one = ["x@kk.example"]
    assert fields(["Teamled"], one) == ["leader_email"]
    assert fields(["Borgeren"], one) == ["recipient"]
    assert fields(["Q", "W", "Z"], one * 3) == ["sender_email", "", ""], (
        "they may be citizens, and leaders read letters"
    )


def test_a_name_that_is_an_address_is_asked_about():
    assert fields(["Chef"], ["jens@kk.example"]) == ["leader_email"]
    assert why(["Chef"], ["jens@kk.example"]) == ["Der står e-mails i »Chef« – mener du Leders e-mail?"]
    assert fields(["Chef", "Leders e-mail"], ["jens@kk.example"] * 2) == ["leader_name", "leader_email"]


def test_two_columns_that_claim_the_same_are_both_asked_about():
    proposals = propose_columns([*KNOWN, "Subject"], [[*one, "Møde"] for one in CELLS])
    assert [one.header for one in proposals if one.why] == ["Emne", "Subject"]
    assert not are_all_certain(proposals)


def test_no_field_is_proposed_twice():
    found = [field for field in fields(["Emnefelt", "Emnefeltet", "Emne 2"]) if field]
    assert len(found) == len(set(found))


def test_what_is_missing_is_named_and_a_unit_is_not_necessary():
    assert missing_required_labels(propose_columns(["Emne"], [])) == ["Brev-id", "Sendt", "Afsenders e-mail"]
    without_unit = [name for name in KNOWN if name != "Enhed"]
    assert are_all_certain(propose_columns(without_unit, []))


def test_no_question_shows_a_number():
    assert "010270-1234" not in str(propose_columns(["Emne 010270-1234"], []))


TITLE = ["Breve, der ikke kom frem"]


@pytest.mark.parametrize(
    ("top", "at"),
    [([KNOWN, *CELLS], 1), ([TITLE, [], KNOWN, *CELLS], 3), ([["Brev-id"], KNOWN, *CELLS], 2), ([[], KNOWN, KNOWN], 2)],
)
def test_the_headers_are_found_below_titles(top, at):
    assert headers.find_header_row(top) == headers.HeaderRow(at, KNOWN, are_known=True)


def test_a_group_over_two_columns_gives_them_their_meaning():
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


def test_unknown_headers_are_the_first_row_as_wide_as_a_list():
    names = ["Ting", "Sager", "Emnet"]
    assert headers.find_header_row([["Til jer"], names, ["a", "b", "c"]]) == headers.HeaderRow(
        2, names, are_known=False
    )


def test_a_list_without_headers_keeps_its_first_row():
    assert headers.find_header_row([TITLE, ["1", "11-12-2019", "a@b.dk", "x"]]) == headers.HeaderRow(
        1, [""] * 4, are_known=False
    )


def test_what_is_too_narrow_is_no_list():
    assert headers.find_header_row([["Kære", "alle"], ["hej", ""]]) is None


def test_a_tracking_log_has_its_recipients_and_what_became_of_them():
    assert recognise_columns(["Recipients", "RecipientStatus"]) == {"recipient": 0}
    assert recognise_columns(["RecipientStatus"]) == {"recipient": 0}
