"""The first rows of a list, as they may be shown before anybody knows for sure what its columns hold. Pure.

No recipient stands there in clear, no CPR number, and nothing of a personnel case.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from letters.importing.cells import KINDS, clean
from letters.importing.proposing import Proposal, speaks_of_recipients
from letters.models.letter import HIDDEN
from sepo_incident import cpr

#: whether a text is the subject of a personnel case
Secrecy = Callable[[str], bool]

ROWS = 2
LONGEST = 80  # characters
NOT_SHOWN = "(vises ikke)"

#: Whose addresses are those of colleagues.
_COLLEAGUES = {"sender_name", "sender_email", "leader_name", "leader_email"}
_NAME_IN_ADDRESS = re.compile(r"[^\s@<>;,]+@")
_WITHOUT_ITS_ZERO = re.compile(r"(?<!\d)\d{9}(?!\d)")


def choose(first: Mapping[int, Sequence[str]], is_secret: Secrecy) -> list[int]:
    """The numbers of the rows that are shown: rather those that are no personnel case."""
    return sorted(sorted(first, key=lambda number: _is_personnel_case(first[number], is_secret))[:ROWS])


def of(row: Sequence[str], proposals: Sequence[Proposal], is_secret: Secrecy) -> list[str]:
    """A row's cells, one for each column."""
    is_hidden = _is_personnel_case(row, is_secret)
    cells = [*row, *[""] * len(proposals)]
    return [_shown(clean(cell), proposal, is_hidden) for cell, proposal in zip(cells, proposals, strict=False)]


def _is_personnel_case(row: Sequence[str], is_secret: Secrecy) -> bool:
    return any(KINDS.get(clean(cell).casefold()) == "EMPLOYEE" or is_secret(cell) for cell in row)


def _shown(text: str, proposal: Proposal, is_hidden: bool) -> str:
    is_known = proposal.is_sure and proposal.field not in ("", "subject")
    if not text:
        return ""
    if proposal.field == "recipient" or (not is_known and speaks_of_recipients(proposal.header)):
        return NOT_SHOWN
    if is_hidden and not is_known:
        return HIDDEN
    text = cpr.mask(text)
    if not is_known:
        text = _WITHOUT_ITS_ZERO.sub(cpr.MASK, text)
    if proposal.field not in _COLLEAGUES | {"source_ref"} or proposal.is_by_look:
        text = _NAME_IN_ADDRESS.sub("●●●@", text)
    return text[:LONGEST]
