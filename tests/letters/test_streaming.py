"""Rows on their way from the child to the database: none is taken apart, and none is held for long."""

import io

import pytest
from django.db import connection

from letters.importing import batches
from letters.importing.files import reader, uploads
from letters.importing.files.parser import child_process
from letters.importing.rows import row_parser
from letters.models import ImportBatch
from sepo_incident.core import database
from tests.letters.lists import csv, row

ODD_CELLS = ["to\nlinjer", "\r", "\x1f", "", "]", '"', "1", "\\", "æøå", "{", "x" * 5000]


@pytest.mark.parametrize("last", ODD_CELLS)
def test_any_cell_travels_whole(last):
    sent = [(2, [*ODD_CELLS, last]), (3, ["a", "b"]), (1_048_576, [last])]
    file = io.BytesIO(
        child_process.encode_message({"row": 1})
        + child_process.encode_rows(sent)
        + child_process.encode_message({"total": 3})
    )
    answers = list(child_process.decode_answers(file))
    told = [answer for answer in answers if isinstance(answer, dict)]
    got = [(number, cells) for answer in answers if not isinstance(answer, dict) for number, cells in answer]
    assert (told, got) == ([{"row": 1}, {"total": 3}], sent)


def test_a_line_that_was_cut_off_is_none():
    whole, cut = child_process.encode_rows([(2, ["a"])]), child_process.encode_rows([(33, ["b"])])[:-2]
    assert list(child_process.decode_answers(io.BytesIO(whole + cut))) == [[(2, ["a"])]]


def test_lines_longer_than_a_block_are_put_together():
    sent = [(number, ["x" * 5000] * 100) for number in range(2, 6)]
    got = [one for some in child_process.decode_answers(io.BytesIO(child_process.encode_rows(sent))) for one in some]
    assert got == sent


def test_an_error_while_lines_are_made_is_raised_as_it_is(db):
    def lines():
        yield "1\n"
        raise reader.Refused("Filen er for tung.")

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE numbers (number int) ON COMMIT DROP")
        with pytest.raises(reader.Refused, match=r"Filen er for tung\."):
            database.copy_from_lines(cursor, "COPY numbers FROM STDIN", lines())


def test_a_file_that_breaks_off_after_many_rows_leaves_none_of_them(cast):
    content = csv(*(row(number) for number in range(300))) + b'"never closed'
    batch, _ = uploads.receive_file(cast.incident, "liste.csv", content, by=None)
    batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.rows.count()) == (ImportBatch.Status.FAILED, 0)


def test_a_fault_of_ours_leaves_no_rows_either(cast, monkeypatch):
    understand = row_parser.RowParser.row
    monkeypatch.setattr(
        row_parser.RowParser,
        "row",
        lambda self, number, cells: understand(self, number, cells if number < 200 else None),
    )
    batch, _ = uploads.receive_file(cast.incident, "liste.csv", csv(*(row(number) for number in range(300))), by=None)
    with pytest.raises(TypeError):
        batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.refusal, batch.rows.count()) == ("FAILED", reader.OUR_FAULT_MESSAGE, 0)
