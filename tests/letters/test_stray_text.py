"""Text outside the columns, or beyond the kept length of a subject, is neither lost nor silently shown."""

import pytest

from letters.models.letter import HIDDEN_SUBJECT
from tests.letters.list_files import row

pytestmark = pytest.mark.django_db
NAMES = list(row())


@pytest.fixture
def read_row(import_file):
    """`read_row(end, headers)` returns the one row of a list. `end` is added to the row, `headers` to the header
    line.
    """

    def run(end: str, headers: str = "", **cells: str):
        lines = [";".join(NAMES) + headers, ";".join(row(1, **cells).values()) + end]
        return import_file("\n".join(lines).encode(), commit=False, name="liste.csv").rows.get()

    return run


def test_text_outside_the_columns_is_remarked_on(read_row):
    found = read_row("; klage over skolevalg for 010270-1234", Emne="Afgørelse")
    [problem] = found.problems
    assert (found.verdict, found.subject, problem["column"], problem["severity"]) == (
        "NEW",
        "Afgørelse",
        "Emne",
        "notice",
    )
    assert problem["message"] == (
        "Der er tekst uden for kolonnerne: »klage over skolevalg for ●●●●●●-●●●●«. Er der et semikolon for meget?"
    )


@pytest.mark.parametrize(("end", "headers"), [("", ""), (";;; ;", ""), (";set", ";Bem.=")])
def test_empty_stray_cells_have_no_remark(read_row, end, headers):
    assert not [
        problem
        for problem in read_row(end, headers.replace("Bem.=", "Status")).problems
        if "uden for" in problem["message"]
    ]


def test_stray_recipient_is_not_shown(read_row):
    [problem] = read_row(";anna@borger.example").problems
    assert problem["message"] == "Der er tekst uden for kolonnerne. Er der et semikolon for meget?"


def test_stray_word_hides_the_subject(read_row):
    found = read_row("; tjenstlig samtale", Emne="Bo Jensen")
    assert found.is_personnel_case
    assert found.shown["subject"] == HIDDEN_SUBJECT
    assert "samtale" not in str(found.problems)
    assert "Bo Jensen" not in str(found.problems)


def test_word_beyond_the_kept_length_hides_the_subject(read_row):
    found = read_row("", Emne="A " * 260 + "tjenstlig samtale")
    assert len(found.subject) == 500
    assert found.is_personnel_case
    assert found.shown["subject"] == HIDDEN_SUBJECT
