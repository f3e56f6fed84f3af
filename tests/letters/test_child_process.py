"""Rows on the way from the child process to the database: cells stay whole, and failures leave no rows."""

import pytest
from django.db import connection

from letters.importing import batches
from letters.importing.files import uploads
from letters.importing.files.limits import Refused
from letters.models import ImportBatch
from sepo_incident.core import database
from tests.letters.list_files import csv, row


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
