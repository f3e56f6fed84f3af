"""A list's file on its way through the database: kept in parts of a MiB, so that nobody holds the whole of it."""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import BinaryIO

from letters.models import ImportBatch, ImportFilePart

PART = 2**20  # bytes


def as_file(content: bytes | BinaryIO) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content


def sha256_of(file: BinaryIO) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def keep(batch: ImportBatch, content: BinaryIO) -> None:
    """In the place of what was kept for the batch before."""
    forget(batch)
    content.seek(0)
    for number, part in enumerate(iter(partial(content.read, PART), b"")):
        ImportFilePart.objects.create(batch=batch, number=number, content=part)


def forget(batch: ImportBatch) -> None:
    """By hand, for Django would fetch the parts in order to delete them."""
    parts = ImportFilePart.objects.filter(batch=batch)
    parts._raw_delete(parts.db)


@contextmanager
def on_disk(batch: ImportBatch) -> Iterator[Path]:
    """The file, for as long as the block lasts."""
    with tempfile.NamedTemporaryFile(prefix="liste-") as file:
        for part in _parts(batch):
            file.write(part)
        file.flush()
        yield Path(file.name)


def _parts(batch: ImportBatch) -> Iterator[bytes]:
    """One query each: a cursor over all of them would be held in the memory of one side or the other."""
    parts = ImportFilePart.objects.filter(batch=batch).values_list("content", flat=True)
    for number in count():
        part = parts.filter(number=number).first()
        if part is None:
            return
        yield bytes(part)
