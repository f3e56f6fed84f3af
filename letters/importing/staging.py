"""A list's rows into the database as they come: read by the child, understood, and copied in.

Understood here while the database stores those before, so no list lies in memory.
"""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import batched, chain, islice, starmap

from django.db import connection

from letters.categories.judging import Judge
from letters.importing import asking, files, lists, moments, places, reader
from letters.importing.cells import Window
from letters.importing.columns import is_english
from letters.importing.progress import Phase, Progress
from letters.importing.returning import Returning
from letters.importing.rows import Row, Understanding
from letters.models import ImportBatch, ImportRow, Letter
from sepo_incident import copying

Verdict = ImportRow.Verdict
CHUNK = 10_000  # rows staged at a time
#: the columns of a staged row, in the order of ``_as_copied``
STAGED = (
    "source_ref", "sender_name", "sender_email", "leader_name", "leader_email", "administration", "area", "unit_name",
    "subunit", "unit_code", "recipient_kind", "recipient_key", "subject", "category", "shown", "problems",
    "batch_id", "sheet", "row", "sent_at", "is_personnel_case", "has_deadline", "named_on", "changes", "verdict",
)  # fmt: skip
_COPY = f"COPY letters_importrow ({', '.join(STAGED)}) FROM STDIN"


class RowsLostError(RuntimeError):
    """The sheet has rows that never came out of the reading child: no list is ever half read in silence."""


def stage(batch: ImportBatch, telling: Progress) -> int:
    """The most memory the reading child used, in KiB. Raises ``reader.Refused``, ``asking.Asks``, ``RowsLostError``."""
    window = Window(batch.incident.first_day, batch.incident.last_day)
    judge = Judge(batch.incident.category_rules.all(), places.units_passed())
    with files.on_disk(batch) as path, reader.read(path, choose=asking.chooser(batch)) as raw:
        staged = 0
        used: set[int] = set()
        orders: set[moments.Order | None] = set()
        fields = [list(one.columns) for one in raw.lists]
        mapping = lists.mapping_of(raw.lists)
        batch.put(mapping=mapping, sheet_names=raw.names, sheet_fields=fields, remarks=raw.remarks)
        for sheet, (one, rows) in enumerate(raw.by_sheet()):
            telling.enter(Phase.READING, raw.total)
            batch.put(total_rows=raw.total)
            understanding = Understanding(
                one.columns, window, judge, is_in_utc=one.is_in_utc, headed=one.headed, unnamed=one.unnamed
            )
            returning = Returning.of(batch.incident_id, one.headers, one.columns, used)
            for understood in _in_chunks(understanding, returning, rows):
                staged += _copy(batch, understood, sheet)
                telling.tell(staged)
            orders |= understanding.orders
        if raw.total != raw.blank + staged:
            raise RowsLostError(f"{raw.total} rows in the file, but {raw.blank} blank and {staged} staged")
        is_in_english = any(is_english(one.headers[one.columns["sent_at"]]) for one in raw.lists)
        doubt = moments.doubt_about(orders, is_in_english)
        batch.put(blank_rows=raw.blank, total_rows=staged, remarks=[*raw.remarks, *filter(None, [doubt])])
        return raw.peak_kib


def _in_chunks(
    understanding: Understanding, returning: Returning, rows: Iterator[reader.RawRow]
) -> Iterator[Iterable[Row]]:
    """Understood while they are staged; those of a workbook of ours before, for it takes a query to fill them."""
    if returning.column is None:
        understood = starmap(understanding.row, rows)
        for first in understood:
            yield chain([first], islice(understood, CHUNK - 1))
        return
    for chunk in batched(rows, CHUNK):
        filled = list(starmap(understanding.row, chunk))
        returning.fill(filled, chunk)
        yield filled


def _copy(batch: ImportBatch, rows: Iterable[Row], sheet: int) -> int:
    """Put a sheet's typed rows into ``ImportRow`` by COPY as they come, with the verdict expected of them; how many."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return 0
    verdict = _expected(batch, first)
    with connection.cursor() as cursor:
        copying.copy_in(cursor, _COPY, (_as_copied(batch.pk, sheet, row, verdict) for row in chain([first], rows)))
        return int(cursor.rowcount)


def _expected(batch: ImportBatch, row: Row) -> str:
    """What a row and those that come with it are taken for until ``plan.compare``: most need no second writing then."""
    is_known = Letter.objects.filter(incident=batch.incident_id, source_ref=row.source_ref).exists()
    return (Verdict.KNOWN if is_known else Verdict.NEW).value


def _as_copied(batch_id: int, sheet: int, row: Row, verdict: str) -> str:
    """A line of COPY's text format. No text has a tab or a line break in it: ``cells.clean`` saw to that."""
    shown = problems = None
    if row.problems:
        verdict = Verdict.REJECTED.value if row.is_rejected else verdict
        shown, problems = (json.dumps(value, ensure_ascii=False) for value in (row.as_written, row.problems))
    texts = (
        f"{row.source_ref}\t{row.sender_name}\t{row.sender_email}\t{row.leader_name}\t{row.leader_email}\t"
        f"{row.administration}\t{row.area}\t{row.unit_name}\t{row.subunit}\t{row.unit_code}\t"
        f"{row.recipient_kind}\t{row.recipient_key}\t{row.subject}\t{row.category}\t{shown or '{}'}\t{problems or '[]'}"
    ).replace("\\", "\\\\")
    sent_at, named_on = _written(row.sent_at) if row.sent_at else "\\N", row.named_on or "\\N"
    marks = f"{row.is_personnel_case}\t{row.has_deadline}"
    return f"{texts}\t{batch_id}\t{sheet}\t{row.row}\t{sent_at}\t{marks}\t{named_on}\t{{}}\t{verdict}\n"


_written = lru_cache(maxsize=10_000)(str)  # a moment is dear to write, and letters are sent many in a minute
