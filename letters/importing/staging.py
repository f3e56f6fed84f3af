"""Staging of a list: rows arrive from the child process, are parsed, and are copied into the database.

Rows are parsed while the database stores the rows before, so no list is held in memory.
"""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import batched, chain, islice, starmap

from django.db import connection

from letters.categories.category_matcher import CategoryMatcher
from letters.importing import datetimes
from letters.importing.checks.returned_rows import ReturnedRows
from letters.importing.columns import column_questions
from letters.importing.files import reader, sheet_selection, uploads
from letters.importing.headers import is_english_date_header
from letters.importing.progress import Phase, Progress
from letters.importing.rows import unit_matching
from letters.importing.rows.cell_rules import IncidentWindow
from letters.importing.rows.row_parser import ParsedRow, RowParser
from letters.models import ImportBatch, ImportRow, Letter
from sepo_incident.core import database

Verdict = ImportRow.Verdict
ROWS_PER_COPY = 10_000
#: columns of a staged row, in the order of ``_copy_line``
STAGED_COLUMNS = (
    "source_ref", "sender_name", "sender_email", "leader_name", "leader_email", "administration", "area", "unit_name",
    "subunit", "unit_code", "recipient_kind", "recipient_key", "subject", "category", "shown", "problems",
    "batch_id", "sheet", "row", "sent_at", "is_personnel_case", "has_deadline", "named_on", "changes", "verdict",
)  # fmt: skip
_COPY = f"COPY letters_importrow ({', '.join(STAGED_COLUMNS)}) FROM STDIN"


class RowsLostError(RuntimeError):
    """Raised when the file has rows that the child process did not deliver, so that no list is half read in silence."""


def stage_rows(batch: ImportBatch, progress_writer: Progress) -> int:
    """Read, parse and stage the file of a batch. Return the peak memory of the child process in KiB.

    Raises ``reader.Refused``, ``ColumnsNeedConfirmation``, ``ImportStopped`` and ``RowsLostError``.
    """
    window = IncidentWindow(batch.incident.first_day, batch.incident.last_day)
    category_matcher = CategoryMatcher(batch.incident.category_rules.all(), unit_matching.make_lineage_lookup())
    with (
        uploads.file_on_disk(batch) as path,
        reader.open_list(path, choose=column_questions.make_sheet_chooser(batch)) as raw,
    ):
        staged = 0
        used: set[int] = set()
        orders: set[datetimes.DateOrder | None] = set()
        fields = [list(one.columns) for one in raw.lists]
        mapping = sheet_selection.mapping_of_sheets(raw.lists)
        batch.save_fields(mapping=mapping, sheet_names=raw.names, sheet_fields=fields, remarks=raw.remarks)
        for sheet, (one, rows) in enumerate(raw.by_sheet()):
            progress_writer.start_phase(Phase.READING, raw.total)
            batch.save_fields(total_rows=raw.total)
            parser = RowParser(
                one.columns,
                window,
                category_matcher,
                is_in_utc=one.is_in_utc,
                headed=one.headed_column_count,
                unnamed=one.unnamed,
            )
            returning = ReturnedRows.of(batch.incident_id, one.headers, one.columns, used)
            for chunk in _parse_in_chunks(parser, returning, rows):
                staged += _copy_rows(batch, chunk, sheet)
                progress_writer.report(staged)
            orders |= parser.orders
        if raw.total != raw.blank + staged:
            raise RowsLostError(f"{raw.total} rows in the file, but {raw.blank} blank and {staged} staged")
        is_in_english = any(is_english_date_header(one.headers[one.columns["sent_at"]]) for one in raw.lists)
        doubt = datetimes.date_order_remark(orders, is_in_english)
        batch.save_fields(blank_rows=raw.blank, total_rows=staged, remarks=[*raw.remarks, *filter(None, [doubt])])
        return raw.peak_kib


def _parse_in_chunks(
    parser: RowParser, returning: ReturnedRows, rows: Iterator[reader.RawRow]
) -> Iterator[Iterable[ParsedRow]]:
    """Yield the parsed rows in chunks of ``ROWS_PER_COPY``.

    Rows are parsed during the COPY. The rows of a workbook of rejected rows are parsed before, because filling in the
    placeholders of a chunk takes queries.
    """
    if returning.column is None:
        parsed = starmap(parser.row, rows)
        for first in parsed:
            yield chain([first], islice(parsed, ROWS_PER_COPY - 1))
        return
    for chunk in batched(rows, ROWS_PER_COPY):
        filled = list(starmap(parser.row, chunk))
        returning.fill(filled, chunk)
        yield filled


def _copy_rows(batch: ImportBatch, rows: Iterable[ParsedRow], sheet: int) -> int:
    """COPY the parsed rows of a sheet into ``ImportRow``, with the expected verdict. Return the number of rows."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return 0
    verdict = _expected_verdict(batch, first)
    with connection.cursor() as cursor:
        database.copy_from_lines(
            cursor, _COPY, (_copy_line(batch.pk, sheet, row, verdict) for row in chain([first], rows))
        )
        return int(cursor.rowcount)


def _expected_verdict(batch: ImportBatch, row: ParsedRow) -> str:
    """Return the verdict that a chunk of rows probably gets, judged by the first row.

    ``compare_with_letters`` corrects the verdict; a right guess saves a second write of the row.
    """
    is_known = Letter.objects.filter(incident=batch.incident_id, source_ref=row.source_ref).exists()
    return (Verdict.KNOWN if is_known else Verdict.NEW).value


def _copy_line(batch_id: int, sheet: int, row: ParsedRow, verdict: str) -> str:
    """Return the row as a line of COPY's text format. ``clean_text`` has removed tabs and line breaks."""
    shown = problems = None
    if row.problems:
        verdict = Verdict.REJECTED.value if row.is_rejected else verdict
        shown, problems = (json.dumps(value, ensure_ascii=False) for value in (row.as_written, row.problems))
    texts = (
        f"{row.source_ref}\t{row.sender_name}\t{row.sender_email}\t{row.leader_name}\t{row.leader_email}\t"
        f"{row.administration}\t{row.area}\t{row.unit_name}\t{row.subunit}\t{row.unit_code}\t"
        f"{row.recipient_kind}\t{row.recipient_key}\t{row.subject}\t{row.category}\t{shown or '{}'}\t{problems or '[]'}"
    ).replace("\\", "\\\\")
    sent_at, named_on = _format_datetime(row.sent_at) if row.sent_at else "\\N", row.named_on or "\\N"
    marks = f"{row.is_personnel_case}\t{row.has_deadline}"
    return f"{texts}\t{batch_id}\t{sheet}\t{row.row}\t{sent_at}\t{marks}\t{named_on}\t{{}}\t{verdict}\n"


_format_datetime = lru_cache(maxsize=10_000)(str)  # formatting is slow, and many letters are sent in the same minute
