"""An uploaded file is stored in the database in parts, and no process holds the whole file in memory."""

import random
import subprocess
import sys

import pytest

from letters.importing import batches
from letters.importing.files import file_type, uploads
from letters.importing.files.file_type import detect_file_type
from letters.importing.files.limits import Refused
from letters.models import ImportFilePart
from tests.letters.list_files import csv, row, xlsx


@pytest.fixture
def batch(cast):
    return uploads.receive_file(cast.incident, "liste.csv", csv(row(1)), by=None)[0]


@pytest.mark.parametrize(
    "size", [0, 1, uploads.PART_BYTES - 1, uploads.PART_BYTES, uploads.PART_BYTES + 1, 3 * uploads.PART_BYTES]
)
def test_stored_file_comes_back_unchanged(batch, size, tmp_path):
    content = random.Random(size).randbytes(size)
    (tmp_path / "fil").write_bytes(content)
    with (tmp_path / "fil").open("rb") as file:
        uploads.store_file(batch, file)
    assert ImportFilePart.objects.count() == -(-size // uploads.PART_BYTES)
    with uploads.file_on_disk(batch) as path:
        assert path.read_bytes() == content
    assert not path.exists()


def test_stored_file_replaces_the_previous_and_is_deleted_whole(batch):
    uploads.store_file(batch, uploads.as_file(bytes(2 * uploads.PART_BYTES)))
    uploads.store_file(batch, uploads.as_file(b"x"))
    assert ImportFilePart.objects.count() == 1
    uploads.delete_stored_file(batch)
    assert not ImportFilePart.objects.exists()


def test_open_file_is_received_from_its_beginning(cast, tmp_path):
    """The file may have been read before."""
    (tmp_path / "liste.xlsx").write_bytes(xlsx(row(1)))
    with (tmp_path / "liste.xlsx").open("rb") as file:
        file.read()
        batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", file, by=None)
    batches.read_batch(batch.pk)
    assert batch.rows.get().source_ref == "B-1"


def test_file_over_the_limit_is_refused(tmp_path):
    with (tmp_path / "stor.csv").open("wb") as file:
        file.write(b"x")
        file.truncate(310 * 1024 * 1024)
    with pytest.raises(Refused, match=r"fylder 310 MB\. Grænsen er 300 MB"):
        detect_file_type(tmp_path / "stor.csv")


def test_file_type_is_found_across_two_pieces(tmp_path):
    """The names in old Excel files are searched piece by piece."""
    for shift in range(0, 20, 3):
        before = file_type._PIECE_BYTES - shift
        (tmp_path / "gammel.xls").write_bytes(
            (file_type._OLE + bytes(before))[:before] + "Workbook".encode("utf-16-le")
        )
        assert detect_file_type(tmp_path / "gammel.xls") == "xls"


MEASURE_MEMORY = """
import re, sys
import django; django.setup()
from pathlib import Path
from letters.importing.files import uploads
from letters.importing.files.file_type import detect_file_type

def peak_kib():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

before = peak_kib()
with Path(sys.argv[1]).open("rb") as file:
    detect_file_type(file)
    uploads.sha256_of(file)
print(peak_kib() - before)
"""


def test_file_type_of_a_large_file_takes_little_memory(tmp_path):
    with (tmp_path / "stor.csv").open("wb") as file:
        file.write(b"Brev-id;Sendt\n" * 1000)
        file.truncate(200 * 1024 * 1024)
    command = [sys.executable, "-c", MEASURE_MEMORY, str(tmp_path / "stor.csv")]
    asked = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert int(asked.stdout) < 8 * 1024, "KiB"


def test_file_that_waits_for_an_answer_is_encrypted(cast):
    """A copy of the database tells no recipient of a list that nobody has answered about."""
    content = csv(row(1, Modtager="0102701234@eboks.example"))
    batch, _ = uploads.receive_file(cast.incident, "liste.csv", content, by=None, is_to_ask=True)
    batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.status == "ASKING"
    stored = b"".join(map(bytes, ImportFilePart.objects.values_list("content", flat=True)))
    assert stored
    assert b"0102701234" not in stored
    assert b"karen@kk.example" not in stored
    (sheet,) = batch.found
    mapping = [[column["header"], column["field"]] for column in sheet["columns"]]
    batches.answer_columns(batch, [sheet["sheet"]], mapping)
    batches.read_batch(batch.pk)
    assert batch.rows.get().source_ref == "B-1"
    assert not ImportFilePart.objects.exists()
