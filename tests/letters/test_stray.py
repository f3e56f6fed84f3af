"""What stands beyond the headers, or beyond what we keep of a subject, is neither lost nor shown in silence."""

import pytest

from letters.models.letter import HIDDEN_SUBJECT
from tests.letters.lists import row

pytestmark = pytest.mark.django_db
NAMES = list(row())


@pytest.fixture
def read(take_in):
    """The one row of a list, whose line ends with ``end``; the headers with ``headers``."""

    def run(end: str, headers: str = "", **cells: str):
        lines = [";".join(NAMES) + headers, ";".join(row(1, **cells).values()) + end]
        return take_in("\n".join(lines).encode(), commit=False, name="liste.csv").rows.get()

    return run


def test_half_a_subject_is_said(read):
    found = read("; klage over skolevalg for 010270-1234", Emne="Afgørelse")
    [said] = found.problems
    assert (found.verdict, found.subject, said["column"], said["severity"]) == ("NEW", "Afgørelse", "Emne", "notice")
    assert said["message"] == (
        "Der står noget uden for kolonnerne: »klage over skolevalg for ●●●●●●-●●●●«. Er der et semikolon for meget?"
    )


@pytest.mark.parametrize(("end", "headers"), [("", ""), (";;; ;", ""), (";set", ";Bem.=")])
def test_nothing_is_said_of_empty_cells_and_of_those_with_a_header(read, end, headers):
    assert not [
        said for said in read(end, headers.replace("Bem.=", "Status")).problems if "uden for" in said["message"]
    ]


def test_a_recipient_that_was_pushed_aside_is_not_shown(read):
    [said] = read(";anna@borger.example").problems
    assert said["message"] == "Der står noget uden for kolonnerne. Er der et semikolon for meget?"


def test_half_a_subject_may_be_what_hides_it(read):
    found = read("; tjenstlig samtale", Emne="Bo Jensen")
    assert found.is_personnel_case
    assert found.shown["subject"] == HIDDEN_SUBJECT
    assert "samtale" not in str(found.problems)
    assert "Bo Jensen" not in str(found.problems)


def test_a_word_beyond_what_is_kept_of_a_subject_hides_it(read):
    found = read("", Emne="A " * 260 + "tjenstlig samtale")
    assert len(found.subject) == 500
    assert found.is_personnel_case
    assert found.shown["subject"] == HIDDEN_SUBJECT
