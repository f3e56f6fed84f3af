"""The hidden key of a row: which letter it is, at which version it was written, and what stood in its answers then.

Signed, so that nobody can make one up or alter it. That a key stands beside another letter's facts is seen by the
letter's id (``comparing``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core import signing


class Key(NamedTuple):
    """``print`` is the fingerprint of what the form would have been posted."""

    letter: int
    version: int
    print: str

    def __str__(self) -> str:
        return _signer().sign(f"{self.letter}:{self.version}:{self.print}")


def fingerprint(data: Mapping[str, Any]) -> str:
    filled = {name: value for name, value in data.items() if value}
    return hashlib.blake2b(json.dumps(filled, sort_keys=True).encode(), digest_size=8).hexdigest()


def read(text: str) -> Key | None:
    """None for what is no key of ours."""
    try:
        letter, version, print_ = _signer().unsign(text).split(":")
    except signing.BadSignature:
        return None
    return Key(int(letter), int(version), print_)


def _signer() -> signing.Signer:
    return signing.Signer(salt="followups.exchanging.row", sep="~")
