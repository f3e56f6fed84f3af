"""What people are asked about a file before it is read, what they answer, and what is remembered of it.

Where all is certain nobody is asked. Otherwise the batch rests in ASKING, keeps its file, and ``found`` has what the
page shows, masked. The worker then reads with exactly what was answered.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from letters.categories.judging import Judge
from letters.importing import glimpses, lists, proposing, returning
from letters.importing.cells import clean
from letters.importing.columns import OURS
from letters.importing.glimpses import Secrecy
from letters.importing.lists import Book, Chosen, Found
from letters.importing.proposing import Proposal
from letters.importing.reading.refusals import NO_ROWS, Refused
from letters.models import ImportBatch, RememberedColumns
from sepo_incident import danish
from sepo_incident.accounts.models import User


class Asks(Exception):
    """``found`` is what ``ImportBatch.found`` keeps, one per sheet that may be the list:

    {sheet, name, is_hidden, row, rows, numbers, columns: [{header, field, why, cells}]}. ``row`` is that of the
    headers, ``rows`` how many are below it, ``numbers`` are the rows that the cells are from.
    """

    def __init__(self, found: list[dict[str, Any]]):
        super().__init__()
        self.found = found


def chooser(batch: ImportBatch) -> Callable[[Book], list[Chosen]]:
    """What of the file is read, as ``reader.read`` wants to know it. It raises ``Refused`` or ``Asks``."""

    def choose(book: Book) -> list[Chosen]:
        if batch.sheets:
            return [_answered(one, batch) for one in lists.find(book, batch.sheets)]
        found = lists.find(book, lists.shown(book))
        if len(found) == 1 and not batch.is_to_ask and (certain := _certain(found[0], batch.incident_id)):
            return [certain]
        raise _question(book, found, batch)

    return choose


def _answered(one: Found, batch: ImportBatch) -> Chosen:
    return one.chosen(lists.columns_by(batch.mapping, one.headers))


class _Earlier(NamedTuple):
    """What columns meant before (field → index), and what is to be said of that."""

    columns: dict[str, int]
    remark: str


def _certain(one: Found, incident_id: int) -> Chosen | None:
    """The list with the columns that are known, or were answered before; None where anything must be asked."""
    if earlier := _earlier(one, incident_id):
        return one.chosen(*earlier)
    proposals = _propose(one, incident_id)
    if not proposing.are_certain(proposals):
        return None
    columns = {proposal.field: index for index, proposal in enumerate(proposals) if proposal.field}
    return one.chosen(columns)


def _propose(one: Found, incident_id: int) -> list[Proposal]:
    if earlier := _earlier(one, incident_id):
        field_of = {index: field for field, index in earlier.columns.items()}
        return [Proposal(lists.shown_header(text), field_of.get(at, "")) for at, text in enumerate(one.headers)]
    return proposing.propose(one.headers, list(one.first.values()))


def _earlier(one: Found, incident_id: int) -> _Earlier | None:
    """On the list that these rows were sent back from, or on the last one with the same headers."""
    if source := returning.source_of(incident_id, one.headers, one.first.values()):
        headers = returning.headers_of(source.mapping)
        columns = lists.columns_by([[header, field] for field, header in headers.items()], one.headers)
        if columns.keys() == headers.keys() and _are_all(one.headers, columns):
            return _Earlier(columns, f"Kolonnerne er læst som på »{source.filename}«, som rækkerne kommer fra.")
    if remembered := _remembered(one.headers):
        return _Earlier(lists.columns_by(remembered.mapping, one.headers), _as_last_time(remembered))
    return None


def _are_all(headers: Sequence[str], columns: Mapping[str, int]) -> bool:
    """Nobody has added a column, which may say something."""
    others = [clean(text) for at, text in enumerate(headers) if at not in columns.values()]
    return set(others) <= {"", *OURS}


def _as_last_time(remembered: RememberedColumns) -> str:
    who = f"{remembered.by.name} valgte" if remembered.by else "det blev valgt"
    return (
        f"Kolonnerne er læst, som {who} {danish.date(danish.day(remembered.at))}. Er det forkert, så kassér listen, "
        "vælg den igen, og sæt kryds ved »Vis mig kolonnerne«."
    )


def _secrecy(batch: ImportBatch) -> Secrecy:
    """By the incident's rules; a rule for one unit counts everywhere, for nobody knows the columns yet."""
    judge = Judge(batch.incident.category_rules.all())
    return lambda text: any(rule.is_personnel for rule in judge.read(text).rules)


def _question(book: Book, found: Sequence[Found], batch: ImportBatch) -> Exception:
    candidates = [*found, *(one for one in lists.find(book, lists.hidden(book)) if one.are_known)]
    if not candidates:
        return lists.refusal(book)
    with_rows = [one for one in candidates if one.first]
    if not with_rows:
        return Refused(NO_ROWS)
    if len(with_rows) > 1:
        book.measure()
    is_secret = _secrecy(batch)
    return Asks([_as_kept(book, one, _propose(one, batch.incident_id), is_secret) for one in with_rows])


def _as_kept(book: Book, one: Found, proposals: list[Proposal], is_secret: Secrecy) -> dict[str, Any]:
    sheet = book.sheets[one.sheet]
    numbers = glimpses.choose(one.first, is_secret)
    shown = [glimpses.of(one.first[number], proposals, is_secret) for number in numbers]
    return {
        "sheet": one.sheet,
        "name": lists.names_of(book)[one.sheet],
        "is_hidden": sheet["hidden"],
        "row": one.row,
        "rows": None if sheet["rows"] is None else sheet["rows"] - _filled_above(book, one),
        "numbers": numbers,
        "columns": [
            {
                "header": proposal.header,
                "field": proposal.field,
                "why": proposal.why,
                "cells": [row[at] for row in shown],
            }
            for at, proposal in enumerate(proposals)
        ],
    }


def _filled_above(book: Book, one: Found) -> int:
    """Of the sheet's rows that hold something, those that are no letters: titles and headers."""
    return sum(1 for row in book.look(one.sheet)[: one.row] if any(map(str.strip, row)))


def remember(
    found: Sequence[dict[str, Any]], sheets: Sequence[int], mapping: Sequence[Sequence[str]], by: User | None
) -> None:
    """What was chosen for those of the lists that were found, for the next list with the same headers."""
    for one in found:
        headers = [column["header"] for column in one["columns"]]
        if one["sheet"] in sheets and any(headers):
            field_of = {index: field for field, index in lists.columns_by(mapping, headers).items()}
            own = [[header, field_of.get(index, "")] for index, header in enumerate(headers)]
            RememberedColumns.objects.update_or_create(
                headers_sha256=_fingerprint(headers), defaults={"mapping": own, "by": by}
            )


def _remembered(headers: Sequence[str]) -> RememberedColumns | None:
    return RememberedColumns.objects.select_related("by").filter(headers_sha256=_fingerprint(headers)).first()


def _fingerprint(headers: Sequence[str]) -> str:
    return hashlib.sha256(repr([name for name, _ in lists.keys(headers)]).encode()).hexdigest()
