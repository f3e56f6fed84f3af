"""The rule for reading a personnel case outside Personalejura, as a condition and for a single letter.

The sender and the letter's own leader may read. A substitute of either may read if that leader registered the absence
(`Absence`). A substitute named by somebody else, or by several persons together, may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.expressions import Combinable

if TYPE_CHECKING:
    from letters.models.letter import Letter


def personnel_reader_condition(reader: int | Combinable, opener: int | Combinable | None, letter: str = "") -> Q:
    """Match the letters that `reader` may read, as sender or leader, or because `opener` is the letter's leader.

    `opener` is the person behind the reader's substitution for sender or leader; the caller checks the substitution.
    Both are ids or expressions for an id (NULL for nobody). `letter` is the path to the letter, for example
    «letter__».
    """
    read = Q(**{f"{letter}sender": reader}) | Q(**{f"{letter}leader": reader})
    return read if opener is None else read | Q(**{f"{letter}leader": opener})


def is_personnel_reader(reader: int, opener: int | None, letter: Letter) -> bool:
    """Apply `personnel_reader_condition` to a single letter."""
    return reader in (letter.sender_id, letter.leader_id) or (opener is not None and opener == letter.leader_id)
