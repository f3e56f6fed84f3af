"""Store the bytes of proof files once, in parts of 1 MiB, and read the parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count

from django.db import connection, transaction

from followups.models import ProofPart
from followups.proof_files.validation import Proof
from sepo_incident.audit.erasure import FILE_LOCK_SQL
from sepo_incident.core import logs

PART_SIZE = 2**20  # bytes


class ProofAltered(Exception):
    """Raised when the stored bytes do not match the SHA-256, or are gone."""


@transaction.atomic
def store_proof(proof: Proof) -> None:
    """Store the file in parts. A file that is stored already stays unchanged."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {FILE_LOCK_SQL.format(sha256='%s')}", [proof.sha256])
    starts = range(0, proof.size, PART_SIZE)
    ProofPart.objects.bulk_create(
        (
            ProofPart(sha256=proof.sha256, number=number, content=proof.content[start : start + PART_SIZE])
            for number, start in enumerate(starts)
        ),
        ignore_conflicts=True,
    )


def read_proof(sha256: str) -> Iterator[bytes]:
    """Check the SHA-256 of the stored file, and return an iterator over the parts.

    Every part is read twice, so that the whole file is never in memory. Raise ProofAltered, and log a security event,
    if the bytes do not match.
    """
    found = hashlib.sha256()
    for part in _iterate_parts(sha256):
        found.update(part)
    if found.hexdigest() != sha256:
        logs.log_security_event("proof_file_altered", None, sha256=sha256)
        raise ProofAltered
    return _iterate_parts(sha256)


def _iterate_parts(sha256: str) -> Iterator[bytes]:
    kept = ProofPart.objects.filter(sha256=sha256).values_list("content", flat=True)
    for number in count():
        part = kept.filter(number=number).first()
        if part is None:
            return
        yield bytes(part)
