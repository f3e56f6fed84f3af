"""Receipt and storage of uploaded files: in the database in parts of 256 KiB, so that no process holds a whole file.

Each part is encrypted: a file may wait two weeks for an answer, and a copy of the database must not tell recipients.

A file that was received before gives the batch that it gave before.

The upload handler drops the bytes of a file that is too big instead of filling the disk.
"""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import IO, Any, BinaryIO

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.db import transaction
from django.http import HttpRequest

from letters.importing.files.file_type import MAX_BYTES, detect_file_type
from letters.models import ImportBatch, ImportProgress, Incident, TrackingFile
from sepo_incident.accounts.models import User
from sepo_incident.core import cpr
from sepo_incident.core.encryption import cipher
from sepo_incident.core.forms import parse_int

Status = ImportBatch.Status
PART_BYTES = 2**18  # a part is held several times while it is encrypted
PURPOSE = "uploaded list"  # of the cipher


@transaction.atomic
def receive_file(
    incident: Incident, filename: str, content: bytes | BinaryIO, by: User | None, is_to_ask: bool = False
) -> tuple[ImportBatch, bool]:
    """Store an uploaded file. Return (the batch, whether the batch must be read).

    The same bytes give the same batch as before. A batch that failed or was discarded starts again. `is_to_ask`:
    ask people to confirm the columns, even if all columns are certain. Raises `Refused`.
    """
    file = as_file(content)
    detect_file_type(file)
    # the file of an undone batch may come again, as a new batch
    batches = ImportBatch.objects.exclude(status=Status.UNDONE)
    batch, is_new = batches.select_for_update().get_or_create(
        incident=incident,
        sha256=sha256_of(file),
        defaults={"filename": cpr.mask(filename)[-255:], "created_by": by},
    )
    if not is_new and batch.status not in (Status.FAILED, Status.DISCARDED):
        return batch, False
    batch.rows.all().delete()
    batch.status, batch.refusal, batch.checked_at = Status.UPLOADED, "", None
    batch.blank_rows = batch.total_rows = 0
    batch.mapping, batch.remarks, batch.found = [], [], []
    batch.sheets, batch.sheet_names, batch.sheet_fields = [], [], []
    batch.is_to_ask = is_to_ask
    batch.takes_changes, batch.is_full = True, False
    batch.filename = cpr.mask(filename)[-255:]
    batch.save()
    store_file(batch, file)
    reset_progress(batch)
    return batch, True


def reset_progress(batch: ImportBatch) -> None:
    """Replace the progress by a row that says: no worker has begun, and nobody has asked to stop."""
    ImportProgress.objects.filter(batch=batch).delete()
    ImportProgress.objects.create(batch=batch)


def as_file(content: bytes | BinaryIO) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content


def sha256_of(file: BinaryIO) -> str:
    """Return the SHA-256 of the whole file, in hexadecimal."""
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def store_file(owner: ImportBatch | TrackingFile, content: BinaryIO) -> None:
    """Store the file of `owner` in place of any earlier file of `owner`."""
    delete_stored_file(owner)
    content.seek(0)
    encrypt = cipher(PURPOSE).encrypt
    for number, part in enumerate(iter(partial(content.read, PART_BYTES), b"")):
        owner.file_parts.create(number=number, content=encrypt(part))


def delete_stored_file(owner: ImportBatch | TrackingFile) -> None:
    parts = owner.file_parts.all()
    parts._raw_delete(parts.db)


@contextmanager
def file_on_disk(owner: ImportBatch | TrackingFile) -> Iterator[Path]:
    """Yield the path of a temporary copy of the file, which exists only inside the block."""
    with tempfile.NamedTemporaryFile(prefix="liste-") as file:
        for part in _read_parts(owner):
            file.write(part)
        file.flush()
        yield Path(file.name)


def _read_parts(owner: ImportBatch | TrackingFile) -> Iterator[bytes]:
    """Yield the parts of the file, by a query each, because a cursor would hold the whole file in memory."""
    parts = owner.file_parts.values_list("content", flat=True)
    decrypt = cipher(PURPOSE).decrypt
    for number in count():
        part = parts.filter(number=number).first()
        if part is None:
            return
        yield decrypt(bytes(part))


#: Bytes that a form adds to the size of the file.
FORM_OVERHEAD_BYTES = 64 * 1024


def count_sent_bytes(request: HttpRequest) -> int:
    """Return the length of the body that the request states, or 0."""
    return parse_int(request.headers.get("Content-Length", "")) or 0


def is_upload_too_big(content_length: int) -> bool:
    """Return whether a request of so many bytes holds a file that is too big."""
    return content_length > MAX_BYTES + FORM_OVERHEAD_BYTES


class RefuseHugeFiles(FileUploadHandler):
    """Upload handler that skips a file that is too big. Must be first in `FILE_UPLOAD_HANDLERS`.

    The other fields of the form arrive, so the page can say what was wrong.
    """

    _is_huge = False

    def handle_raw_input(
        self, input_data: IO[bytes], META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        self._is_huge = is_upload_too_big(content_length)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self._is_huge:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
