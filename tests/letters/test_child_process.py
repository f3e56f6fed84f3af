"""Rows on the way from the child process to the database: cells stay whole, and failures leave no rows."""

import io

import pytest
from django.db import connection

from letters.importing import batches
from letters.importing.files import reader, uploads
from letters.importing.files.limits import Refused
from letters.importing.files.parser import child_process
from letters.importing.rows import row_parser
from letters.models import ImportBatch
from sepo_incident.core import database
from tests.letters.list_files import csv, row

ODD_CELLS = ["to\nlinjer", "\r", "\x1f", "", "]", '"', "1", "\\", "æøå", "{", "x" * 5000]


@pytest.mark.parametrize("last", ODD_CELLS)
def test_cells_are_encoded_and_decoded_unchanged(last):
    sent = [(2, [*ODD_CELLS, last]), (3, ["a", "b"]), (1_048_576, [last])]
    file = io.BytesIO(
        child_process.encode_message({"row": 1})
        + child_process.encode_rows(sent)
        + child_process.encode_message({"total": 3})
    )
    answers = list(child_process.decode_answers(file))
    messages = [answer for answer in answers if isinstance(answer, dict)]
    rows = [(number, cells) for answer in answers if not isinstance(answer, dict) for number, cells in answer]
    assert (messages, rows) == ([{"row": 1}, {"total": 3}], sent)


def test_truncated_line_is_ignored():
    whole, cut = child_process.encode_rows([(2, ["a"])]), child_process.encode_rows([(33, ["b"])])[:-2]
    assert list(child_process.decode_answers(io.BytesIO(whole + cut))) == [[(2, ["a"])]]


def test_long_lines_are_joined_across_blocks():
    sent = [(number, ["x" * 5000] * 100) for number in range(2, 6)]
    rows = [one for some in child_process.decode_answers(io.BytesIO(child_process.encode_rows(sent))) for one in some]
    assert rows == sent


def test_error_during_copy_is_raised_unchanged(db):
    def lines():
        yield "1\n"
        raise Refused("Filen er for tung.")

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE numbers (number int) ON COMMIT DROP")
        with pytest.raises(Refused, match=r"Filen er for tung\."):
            database.copy_from_lines(cursor, "COPY numbers FROM STDIN", lines())


def test_truncated_file_leaves_no_rows(cast):
    content = csv(*(row(number) for number in range(300))) + b'"never closed'
    batch, _ = uploads.receive_file(cast.incident, "liste.csv", content, by=None)
    batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.rows.count()) == (ImportBatch.Status.FAILED, 0)


def test_internal_error_leaves_no_rows(cast, monkeypatch):
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
