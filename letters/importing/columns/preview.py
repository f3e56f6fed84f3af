"""Preview of the first rows of a list, before the columns are known for certain. Pure functions.

The preview shows no recipient in clear, no CPR number, and nothing of a personnel case.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from letters.importing.columns.column_proposals import Proposal, header_mentions_recipients
from letters.importing.files.excel_artifacts import clean_text
from letters.importing.headers import RECIPIENT_KINDS
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core import cpr

#: tests whether a text is the subject of a personnel case
PersonnelCaseTest = Callable[[str], bool]

PREVIEW_ROWS = 2
MAX_PREVIEW_LENGTH = 80  # characters
NOT_SHOWN = "(vises ikke)"

#: Fields with names and addresses of colleagues
_COLLEAGUE_FIELDS = {"sender_name", "sender_email", "leader_name", "leader_email"}
_NAME_IN_ADDRESS = re.compile(r"[^\s@<>;,]+@")
_NINE_DIGITS = re.compile(r"(?<!\d)\d{9}(?!\d)")


def choose_preview_rows(first: Mapping[int, Sequence[str]], is_secret: PersonnelCaseTest) -> list[int]:
    """Return the numbers of the rows to show, preferably rows that are no personnel cases."""
    return sorted(sorted(first, key=lambda number: _is_personnel_case(first[number], is_secret))[:PREVIEW_ROWS])


def preview_cells(row: Sequence[str], proposals: Sequence[Proposal], is_secret: PersonnelCaseTest) -> list[str]:
    """Return the cells of a row as they may be shown, a text for every column."""
    is_hidden = _is_personnel_case(row, is_secret)
    cells = [*row, *[""] * len(proposals)]
    return [
        _shown_text(clean_text(cell), proposal, is_hidden) for cell, proposal in zip(cells, proposals, strict=False)
    ]


def _is_personnel_case(row: Sequence[str], is_secret: PersonnelCaseTest) -> bool:
    return any(RECIPIENT_KINDS.get(clean_text(cell).casefold()) == "EMPLOYEE" or is_secret(cell) for cell in row)


def _shown_text(text: str, proposal: Proposal, is_hidden: bool) -> str:
    is_known = proposal.is_sure and proposal.field not in ("", "subject")
    if not text:
        return ""
    if proposal.field == "recipient" or (not is_known and header_mentions_recipients(proposal.header)):
        return NOT_SHOWN
    if is_hidden and not is_known:
        return HIDDEN_SUBJECT
    text = cpr.mask(text)
    if not is_known:
        text = _NINE_DIGITS.sub(cpr.MASK, text)
    if proposal.field not in _COLLEAGUE_FIELDS | {"source_ref"} or proposal.is_by_content:
        text = _NAME_IN_ADDRESS.sub("●●●@", text)
    return text[:MAX_PREVIEW_LENGTH]
