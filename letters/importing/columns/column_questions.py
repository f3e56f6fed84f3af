"""Questions about the columns of a file before reading, the answers, and the answers remembered for later lists.

If all columns are certain, nobody is asked. Otherwise the batch waits in ASKING and keeps the file, and
`ImportBatch.found` holds what the page shows, masked. The worker then reads the file exactly as answered.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

from letters.categories.category_matching import CategoryMatcher
from letters.importing.columns import column_proposals, returned_row_keys
from letters.importing.columns.column_proposals import Proposal, header_mentions_recipients
from letters.importing.files import sheet_selection
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.headers import OUR_HEADERS, RECIPIENT_KINDS
from letters.importing.files.limits import NO_ROWS, Refused
from letters.importing.files.sheet_selection import CandidateSheet, SelectedSheet, SheetSource
from letters.models import ImportBatch, RememberedColumns
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.accounts.models import User
from sepo_incident.core import cpr, danish

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
        if len(found) == 1 and not batch.is_to_ask and (certain := _select_if_certain(found[0], batch.incident_id)):
            return [certain]
        raise _build_question(book, found, batch)

    return choose


def _select_if_certain(one: CandidateSheet, incident_id: int) -> SelectedSheet | None:
    if earlier := _find_earlier_mapping(one, incident_id):
        return one.chosen(*earlier)
    proposals = _propose_for_sheet(one, incident_id)
    if not column_proposals.are_all_certain(proposals):
        return None
    columns = {proposal.field: index for index, proposal in enumerate(proposals) if proposal.field}
    return one.chosen(columns)


def _propose_for_sheet(one: CandidateSheet, incident_id: int) -> list[Proposal]:
    if earlier := _find_earlier_mapping(one, incident_id):
        field_of = {index: field for field, index in earlier[0].items()}
        return [
            Proposal(sheet_selection.masked_header(text), field_of.get(at, "")) for at, text in enumerate(one.headers)
        ]
    return column_proposals.propose_columns(one.headers, list(one.first.values()))


def _find_earlier_mapping(one: CandidateSheet, incident_id: int) -> tuple[dict[str, int], str] | None:
    """Return (columns, Danish remark) of the list that returned rows came from, or of a list with the same headers."""
    if source := returned_row_keys.find_source_batch(incident_id, one.headers, one.first.values()):
        headers = returned_row_keys.workbook_headers(source.mapping)
        columns = sheet_selection.columns_from_mapping(
            [[header, field] for field, header in headers.items()], one.headers
        )
        others = {clean_text(text) for at, text in enumerate(one.headers) if at not in columns.values()}
        # a column that somebody has added to the workbook may hold information
        if columns.keys() == headers.keys() and others <= {"", *OUR_HEADERS}:
            return columns, f"Kolonnerne er læst som i »{source.filename}«, som rækkerne kommer fra."
    same_headers = RememberedColumns.objects.filter(headers_sha256=_headers_fingerprint(one.headers))
    if remembered := same_headers.select_related("by").first():
        return sheet_selection.columns_from_mapping(remembered.mapping, one.headers), _remembered_remark(remembered)
    return None


def _remembered_remark(remembered: RememberedColumns) -> str:
    who = f"{remembered.by.name} valgte" if remembered.by else "det blev valgt"
    return (
        f"Kolonnerne er læst, som {who} {danish.date(danish.local_date(remembered.at))}. "
        "Er det forkert, så kassér listen, vælg den igen, og sæt kryds ved »Vis mig kolonnerne først«."
    )


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
    return ColumnsNeedConfirmation(
        [_describe_candidate(book, one, _propose_for_sheet(one, batch.incident_id), is_secret) for one in with_rows]
    )


def _describe_candidate(
    book: SheetSource, one: CandidateSheet, proposals: list[Proposal], is_secret: PersonnelCaseTest
) -> dict[str, Any]:
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


def remember_columns(
    found: Sequence[dict[str, Any]], sheets: Sequence[int], mapping: Sequence[Sequence[str]], by: User | None
) -> None:
    """Save the chosen columns of the selected sheets in `found`, for the next list with the same headers."""
    for one in found:
        headers = [column["header"] for column in one["columns"]]
        if one["sheet"] in sheets and any(headers):
            field_of = {index: field for field, index in sheet_selection.columns_from_mapping(mapping, headers).items()}
            own = [[header, field_of.get(index, "")] for index, header in enumerate(headers)]
            RememberedColumns.objects.update_or_create(
                headers_sha256=_headers_fingerprint(headers), defaults={"mapping": own, "by": by}
            )


def _headers_fingerprint(headers: Sequence[str]) -> str:
    return hashlib.sha256(repr([name for name, _ in sheet_selection.column_keys(headers)]).encode()).hexdigest()


PREVIEW_ROWS = 2
MAX_PREVIEW_LENGTH = 80  # characters
NOT_SHOWN = "(vises ikke)"

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
        return NOT_SHOWN
    if is_hidden and not is_known:
        return HIDDEN_SUBJECT
    text = cpr.mask(text)
    if not is_known:
        text = _NINE_DIGITS.sub(cpr.MASK, text)
    if proposal.field not in _COLLEAGUE_FIELDS | {"source_ref"} or proposal.is_by_content:
        text = _NAME_IN_ADDRESS.sub("●●●@", text)
    return text[:MAX_PREVIEW_LENGTH]
