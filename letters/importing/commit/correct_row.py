"""Correction of cells on the check page: the row is checked again by the rules of the list.

`ImportRow.corrections` is append-only: {field, was, now, by, name, at}, where `was` and `now` are masked.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django.db import transaction
from django.utils import timezone

from letters.categories.category_matching import CategoryMatcher
from letters.importing.checks import duplicates
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.headers import FIELD_BY_LABEL, TIME_FIELDS, header_says_utc
from letters.importing.plan import letter_comparison
from letters.importing.rows import unit_matching
from letters.importing.rows.cell_rules import (
    MAX_SHOWN_LENGTH,
    CellMeaning,
    CellRule,
    IncidentWindow,
    ParsedSentAt,
)
from letters.importing.rows.row_parser import ParsedRow, RowParser, hides_subject, shown_cells
from letters.importing.rows.row_problems import KINDS_OF_NO_LETTER, ProblemKind, Remark
from letters.models import ImportBatch, ImportRow
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict

Correction = dict[str, Any]
_FIELDS_THAT_ARE_NO_FACTS = ("row", "as_written", "problems")


class BatchNotWaiting(Exception):
    """Raised when the batch is not CHECKED: being committed, committed, or discarded. The rows can no longer change."""


def correctable_fields(row: ImportRow) -> set[str]:
    """Return the fields with a problem or a correction; none for a row that is no letter.

    In a personnel case, the kind of recipient cannot be corrected: a change to citizen would show a hidden subject.
    """
    if any(problem["kind"] in KINDS_OF_NO_LETTER for problem in row.problems):
        return set()
    names = {FIELD_BY_LABEL[problem["column"]] for problem in row.problems} | set(latest_corrections(row))
    return names - {"recipient_kind"} if hides_subject(row) else names


def hidden_fields(row: ImportRow) -> set[str]:
    """Return the fields whose text is never shown. Left empty, such a field stays unchanged."""
    return {"recipient", "subject"} if hides_subject(row) else {"recipient"}


def latest_corrections(row: ImportRow) -> dict[str, Correction]:
    """Return {field: latest correction}."""
    return {correction["field"]: correction for correction in row.corrections}


@transaction.atomic
def correct_cells(
    batch_id: int, row_id: int, typed: Mapping[str, str], *, corrections_shown: int, by: User
) -> ImportRow:
    """Correct cells of a row and return the row. `typed`: {field: text}; an unchanged text is no correction.

    `corrections_shown`: the number of corrections when the row was shown. Raises BatchNotWaiting, and Conflict if
    the row was corrected since.
    """
    batches = ImportBatch.objects.select_related("incident").select_for_update(of=("self",), no_key=True)
    batch = batches.get(pk=batch_id)
    if batch.status != ImportBatch.Status.CHECKED:
        raise BatchNotWaiting
    row, parser = batch.rows.get(pk=row_id), _parser_of(batch)
    current = _current_meanings(row, parser.rules)
    texts = {name: clean_text(typed[name]) for name in correctable_fields(row) & set(typed)}
    changed = {name: parser.rules[name](text) for name, text in texts.items() if text or name not in hidden_fields(row)}
    changed = {name: meaning for name, meaning in changed.items() if meaning[:2] != current[name][:2]}
    if changed and len(row.corrections) != corrections_shown:
        raise Conflict
    return _save_correction(batch, row, parser, changed, by) if changed else row


def _parser_of(batch: ImportBatch) -> RowParser:
    """Return a parser with the rules that the list was read with."""
    return RowParser(
        {},
        IncidentWindow(batch.incident.first_day, batch.incident.last_day),
        CategoryMatcher(batch.incident.category_rules.all(), unit_matching.make_lineage_lookup()),
        remembered=0,
        is_in_utc=any(header_says_utc(batch.header_of(field)) for field in TIME_FIELDS),
        makes_ids=all(field != "source_ref" for _, field in batch.mapping),
    )


def _save_correction(
    batch: ImportBatch, row: ImportRow, parser: RowParser, changed: dict[str, CellMeaning], by: User
) -> ImportRow:
    """Write the row with the new meaning of cells, and check duplicates and the comparison with letters again."""
    shown, current = shown_cells(row), _current_meanings(row, parser.rules)
    refs = {row.source_ref}
    if is_trace := duplicates.is_message_trace(batch):
        suffix = f"/{row.recipient_key[: duplicates.KEY_DIGITS]}" if row.recipient_key else ""
        current["source_ref"] = current["source_ref"]._replace(value=row.source_ref.removesuffix(suffix))
    # a hidden subject stays hidden unless the subject is typed anew
    is_hidden = hides_subject(row) and "subject" not in changed
    typed = parser.parse_corrected_row(row.row, current | changed, is_personnel_case=is_hidden)
    facts = [one.name for one in fields(ParsedRow) if one.name not in _FIELDS_THAT_ARE_NO_FACTS]
    for name in facts:
        setattr(row, name, getattr(typed, name))
    row.shown, row.problems, row.changes = typed.as_written, typed.problems, {}
    row.verdict = ImportRow.Verdict.REJECTED if typed.is_rejected else ImportRow.Verdict.NEW
    who_and_when = {"by": by.pk, "name": by.name, "at": timezone.now().isoformat()}
    row.corrections += [
        {"field": name, "was": shown.get(name, ""), "now": typed.as_written.get(name, ""), **who_and_when}
        for name in changed
    ]
    row.save(update_fields=[*facts, "shown", "problems", "changes", "verdict", "corrections"])
    if is_trace:
        duplicates.separate_recipients(batch, only=row.pk)
        row.refresh_from_db()
    letter_comparison.compare_with_letters(batch, only=duplicates.recheck_duplicates(batch, refs | {row.source_ref}))
    row.refresh_from_db()
    return row


def _current_meanings(row: ImportRow, rules: Mapping[str, CellRule]) -> dict[str, CellMeaning]:
    """Return the present meaning of every cell, without problems of `DUPLICATE_KINDS`."""
    shown = shown_cells(row)
    if shown.get("subject") == HIDDEN_SUBJECT:
        shown["subject"] = row.subject[:MAX_SHOWN_LENGTH]
    remarks: dict[str, tuple[Remark, ...]] = {}
    for problem in row.problems:
        if problem["kind"] not in duplicates.DUPLICATE_KINDS:
            remark = Remark(ProblemKind(problem["kind"]), problem["message"], problem["severity"])
            remarks[FIELD_BY_LABEL[problem["column"]]] = (*remarks.get(FIELD_BY_LABEL[problem["column"]], ()), remark)
    values: dict[str, Any] = {name: getattr(row, name, "") for name in rules}
    values["sent_at"] = ParsedSentAt(row.sent_at, danish.local_date(row.sent_at) if row.sent_at else None)
    values["recipient"] = row.recipient_key
    values["subject"] = rules["subject"](row.subject).value
    without_recipient = shown | {"recipient": "" if row.recipient_key else shown.get("recipient", "")}
    return {
        name: CellMeaning(value, without_recipient.get(name, ""), remarks.get(name, ()))
        for name, value in values.items()
    }
