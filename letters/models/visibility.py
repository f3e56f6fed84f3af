"""Who reads a personnel case besides Personalejura: the one rule, as a condition and for one letter.

The sender and the letter's own leader do; and whoever answers for one of them because that leader said so
(``Absence``). A substitute whom somebody else named, or whom nobody named alone, does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.expressions import Combinable

if TYPE_CHECKING:
    from letters.models.letter import Letter


def personnel_reader_condition(reader: int | Combinable, opener: int | Combinable | None, letter: str = "") -> Q:
    """The letters that this reader reads: as sender or leader, or by the word of ``opener``, where they answer for
    either. Ids, or what yields them (NULL for nobody); ``letter`` is the path to it, as «letter__»."""
    read = Q(**{f"{letter}sender": reader}) | Q(**{f"{letter}leader": reader})
    return read if opener is None else read | Q(**{f"{letter}leader": opener})


def is_personnel_reader(reader: int, opener: int | None, letter: Letter) -> bool:
    """``opened`` for one letter."""
    return reader in (letter.sender_id, letter.leader_id) or (opener is not None and opener == letter.leader_id)
