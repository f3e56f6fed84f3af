"""``take_in``: a list's bytes all the way in, as the command and the workers do it."""

import pytest

from letters.importing import batches
from letters.importing.files import uploads
from letters.models import ImportBatch


@pytest.fixture
def take_in(cast):
    """``take_in(content, commit=True)`` is the batch afterwards."""

    def run(content: bytes, *, commit: bool = True, name: str = "liste.xlsx") -> ImportBatch:
        batch, _ = uploads.receive_file(cast.incident, name, content, by=cast.mette)
        batches.read_batch(batch.pk)
        if commit:
            batches.request_commit(batch, by=cast.mette)
            batches.commit_batch(batch.pk)
        batch.refresh_from_db()
        return batch

    return run
