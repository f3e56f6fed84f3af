"""A list's file on its way through the database: kept in parts of a MiB, so that nobody holds the whole of it.

Upload handler: the bytes of a file that is too big are let go as they come, instead of filling the disk.
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

from letters.importing.files.reader import MAX_BYTES
from letters.models import ImportBatch, ImportFilePart

PART_BYTES = 2**20  # bytes


def as_file(content: bytes | BinaryIO) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content


def sha256_of(file: BinaryIO) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def store_file(batch: ImportBatch, content: BinaryIO) -> None:
    """In the place of what was kept for the batch before."""
    delete_stored_file(batch)
    content.seek(0)
    for number, part in enumerate(iter(partial(content.read, PART_BYTES), b"")):
        ImportFilePart.objects.create(batch=batch, number=number, content=part)


def delete_stored_file(batch: ImportBatch) -> None:
    """By hand, for Django would fetch the parts in order to delete them."""
    parts = ImportFilePart.objects.filter(batch=batch)
    parts._raw_delete(parts.db)


@contextmanager
def file_on_disk(batch: ImportBatch) -> Iterator[Path]:
    """The file, for as long as the block lasts."""
    with tempfile.NamedTemporaryFile(prefix="liste-") as file:
        for part in _read_parts(batch):
            file.write(part)
        file.flush()
        yield Path(file.name)


def _read_parts(batch: ImportBatch) -> Iterator[bytes]:
    """One query each: a cursor over all of them would be held in the memory of one side or the other."""
    parts = ImportFilePart.objects.filter(batch=batch).values_list("content", flat=True)
    for number in count():
        part = parts.filter(number=number).first()
        if part is None:
            return
        yield bytes(part)


#: What a form adds around its file.
FORM_OVERHEAD_BYTES = 64 * 1024


def is_upload_too_big(content_length: int) -> bool:
    return content_length > MAX_BYTES + FORM_OVERHEAD_BYTES


class RefuseHugeFiles(FileUploadHandler):
    """First in ``FILE_UPLOAD_HANDLERS``. The form's other fields arrive, so the page can say what was wrong."""

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
