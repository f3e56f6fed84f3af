"""Rejected rows that return in a workbook: signed keys restore the recipients and hidden subjects that were masked.

A key is signed for a row of an incident. The key restores the recipient and the hidden subject only if the cell still
shows the placeholder, the row is about the same letter, and the key is used for the first time in the file. A row
with a restored hidden subject stays a personnel case, even if the other cells say otherwise. A row remembers which of
`TYPED_FIELDS` somebody typed in the workbook.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from letters import recipient_keys
from letters.importing.columns import returned_row_keys
from letters.importing.files import datetimes
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.headers import LABELS
from letters.importing.files.reader import RawRow
from letters.importing.rows.row_parser import ParsedRow, hides_subject
from letters.importing.rows.row_problems import ProblemKind
from letters.models import ImportRow
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core import danish

#: The fields that lead a person to a letter.
TYPED_FIELDS = ("source_ref", "sender_email", "leader_email")


@dataclass
class ReturnedRows:
    """The keys of a sheet. `column`: index of the keys, None in any file but a workbook of rejected rows.

    `used`: row ids of the keys used so far, shared by the sheets of a file.
    """

    incident_id: int
    columns: Mapping[str, int]
    column: int | None
    used: set[int]

    def fill(self, rows: Sequence[ParsedRow], raw: Sequence[RawRow]) -> None:
        """Replace the placeholders in the rows. Two queries."""
        wanted = {number: row_id for number, (_, cells) in enumerate(raw) if (row_id := self._row_id(cells))}
        sources = ImportRow.objects.filter(batch__incident=self.incident_id).in_bulk(list(wanted.values()))
        has_ids = "source_ref" in self.columns
        for row in rows:
            row.typed = TYPED_FIELDS
        for number, row_id in wanted.items():
            row, source = rows[number], sources.get(row_id)
            if source is None or row_id in self.used:
                continue
            # a Brev-id with a problem may have been corrected
            had_bad_id = any(problem["column"] == LABELS["source_ref"] for problem in source.problems)
            if not has_ids or had_bad_id or row.source_ref == source.source_ref:
                self.used.add(row_id)
                self._fill(row, raw[number].cells, source)
                row.typed = [
                    one for one in TYPED_FIELDS if one in source.typed or getattr(row, one) != getattr(source, one)
                ]
                if not has_ids:
                    facts = row.sent_at, row.sender_email, row.recipient_key, row.subject
                    row.source_ref = recipient_keys.make_letter_id(*facts)

    def _row_id(self, cells: Sequence[str]) -> int | None:
        return returned_row_keys.read_row_key(self.incident_id, clean_text(self._text(cells, self.column)))

    def _fill(self, row: ParsedRow, cells: Sequence[str], source: ImportRow) -> None:
        code = f"kode {recipient_keys.short_recipient_code(source.recipient_key)}"
        if source.recipient_key and self._shows(cells, "recipient", code):
            row.recipient_key = source.recipient_key
            _resolve_placeholder(row, "recipient", code)
        if not (hides_subject(source) and self._shows(cells, "subject", HIDDEN_SUBJECT)):
            return
        row.subject, row.category, row.is_personnel_case = source.subject, source.category, True
        row.has_deadline = source.has_deadline
        if row.sent_at:
            row.named_on = datetimes.find_date_in_subject(source.subject, danish.local_date(row.sent_at))
        _resolve_placeholder(row, "subject", HIDDEN_SUBJECT)

    def _shows(self, cells: Sequence[str], name: str, text: str) -> bool:
        return clean_text(self._text(cells, self.columns.get(name))) == text

    @staticmethod
    def _text(cells: Sequence[str], index: int | None) -> str:
        return cells[index] if index is not None and index < len(cells) else ""


def _resolve_placeholder(row: ParsedRow, name: str, text: str) -> None:
    about_placeholder = LABELS[name], ProblemKind.PLACEHOLDER.value
    row.problems = [one for one in row.problems if (one["column"], one["kind"]) != about_placeholder]
    row.as_written = row.as_written | {name: text} if row.problems else {}
