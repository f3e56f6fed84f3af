"""The bytes of a file that is proof: kept once, in parts of a MiB, and given out part by part."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from followups.arriving.checking import Proof
from followups.models import ProofPart

PART = 2**20  # bytes


def keep(proof: Proof) -> None:
    """Nothing happens where they are kept already."""
    starts = range(0, proof.size, PART)
    ProofPart.objects.bulk_create(
        (
            ProofPart(sha256=proof.sha256, number=number, content=proof.content[start : start + PART])
            for number, start in enumerate(starts)
        ),
        ignore_conflicts=True,
    )


def parts(sha256: str) -> Iterator[bytes]:
    """One query each, so that nobody holds the whole file."""
    kept = ProofPart.objects.filter(sha256=sha256).values_list("content", flat=True)
    for number in count():
        part = kept.filter(number=number).first()
        if part is None:
            return
        yield bytes(part)
