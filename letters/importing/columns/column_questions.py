"""Questions about the columns of a file before reading, and the answers.

If all columns are certain, nobody is asked. Otherwise the batch waits in ASKING and keeps the file, and
`ImportBatch.found` holds what the page shows, masked. The worker then reads the file exactly as answered.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from letters.categories.category_matching import CategoryMatcher
from letters.importing.columns import column_proposals
from letters.importing.columns.column_proposals import Proposal, header_mentions_recipients
from letters.importing.files import sheet_selection
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.headers import LIST_HEADERS, RECIPIENT_KINDS, HeaderTable
from letters.importing.files.limits import NO_ROWS, Refused
from letters.importing.files.sheet_selection import CandidateSheet, SelectedSheet, SheetSource
from letters.models import ImportBatch
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core import cpr

#: tests whether a text is the subject of a personnel case
PersonnelCaseTest = Callable[[str], bool]


class ColumnsNeedConfirmation(Exception):
    """Raised when people must confirm the columns.

    `found` is saved in `ImportBatch.found` and has an entry per possible list. An entry is {sheet, name,
    is_hidden, row, rows, numbers, columns: [{header, field, why, cells}]}. `row`: row number of the headers;
    `rows`: number of rows below, None if unknown; `numbers`: row numbers of the cells.
    """

    def __init__(self, found: list[dict[str, Any]]):
        super().__init__()
        self.found = found


def make_sheet_chooser(batch: ImportBatch) -> Callable[[SheetSource], list[SelectedSheet]]:
    """Return the `choose` function for `reader.open_list`. Raises Refused or ColumnsNeedConfirmation."""

    def choose(book: SheetSource) -> list[SelectedSheet]:
        if batch.sheets:
            return [
                one.chosen(sheet_selection.columns_from_mapping(batch.mapping, one.headers))
                for one in sheet_selection.find_lists(book, batch.sheets)
            ]
        found = sheet_selection.find_lists(book, sheet_selection.visible_sheets(book))
        if len(found) == 1 and not batch.is_to_ask:
            proposals = column_proposals.propose_columns(found[0].headers, list(found[0].first.values()))
            if column_proposals.are_all_certain(proposals):
                return [found[0].chosen({one.field: at for at, one in enumerate(proposals) if one.field})]
        raise _build_question(book, found, batch)

    return choose


def _build_question(book: SheetSource, found: Sequence[CandidateSheet], batch: ImportBatch) -> Exception:
    candidates = [
        *found,
        *(one for one in sheet_selection.find_lists(book, sheet_selection.hidden_sheets(book)) if one.are_known),
    ]
    if not candidates:
        return sheet_selection.no_list_refusal(book)
    with_rows = [one for one in candidates if one.first]
    if not with_rows:
        return Refused(NO_ROWS)
    if len(with_rows) > 1:
        book.measure()
    # a rule for a unit counts everywhere, because the columns are unknown
    is_secret = CategoryMatcher(batch.incident.category_rules.all()).matches_personnel_rule
    return ColumnsNeedConfirmation([describe_candidate(book, one, is_secret) for one in with_rows])


def describe_candidate(
    book: SheetSource, one: CandidateSheet, is_secret: PersonnelCaseTest, table: HeaderTable = LIST_HEADERS
) -> dict[str, Any]:
    """Return the entry of a sheet in `ColumnsNeedConfirmation.found`."""
    proposals = column_proposals.propose_columns(one.headers, list(one.first.values()), table)
    sheet = book.sheets[one.sheet]
    titles_and_headers = sum(1 for row in book.first_rows(one.sheet)[: one.row] if any(map(str.strip, row)))
    # preferably rows that are no personnel cases
    numbers = sorted(sorted(one.first, key=lambda at: _is_personnel_case(one.first[at], is_secret))[:PREVIEW_ROWS])
    shown = [preview_cells(one.first[number], proposals, is_secret) for number in numbers]
    return {
        "sheet": one.sheet,
        "name": sheet_selection.sheet_names(book)[one.sheet],
        "is_hidden": sheet["hidden"],
        "row": one.row,
        "rows": None if sheet["rows"] is None else sheet["rows"] - titles_and_headers,
        "numbers": numbers,
        "columns": [
            {
                "header": proposal.header,
                "field": proposal.field,
                "why": proposal.why,
                "is_harmless": proposal.is_harmless,
                "cells": [row[at] for row in shown],
            }
            for at, proposal in enumerate(proposals)
        ],
    }


PREVIEW_ROWS = 2
MAX_PREVIEW_LENGTH = 80  # characters

#: Fields with names and addresses of colleagues
_COLLEAGUE_FIELDS = {"sender_name", "sender_email", "leader_name", "leader_email"}
_NAME_IN_ADDRESS = re.compile(r"[^\s@<>;,]+@")
_NINE_DIGITS = re.compile(r"(?<!\d)\d{9}(?!\d)")


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
        return "(vises ikke)"
    if is_hidden and not is_known:
        return HIDDEN_SUBJECT
    text = cpr.mask(text)
    if not is_known:
        text = _NINE_DIGITS.sub(cpr.MASK, text)
    if proposal.field not in _COLLEAGUE_FIELDS | {"source_ref"} or proposal.is_by_content:
        text = _NAME_IN_ADDRESS.sub("●●●@", text)
    return text[:MAX_PREVIEW_LENGTH]
