"""Is the history as it was written? Every row is held against its digest, and every link against the one before.

What this cannot see: whoever owns the database can cut off the newest links together with their rows, or make the
chain anew from some link on. So the head is written down somewhere else now and then, and asked for later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models

from sepo_incident import danish
from sepo_incident.ledgers.models import Link
from sepo_incident.ledgers.triggers import CHAINED
from sepo_incident.one_moment import one_moment

#: links that are looked at together
CHUNK = 1_000
_LINKS = """
    SELECT link.number, link.previous, link.hash, said.ledger, coalesce(cardinality(said.ids), 0),
           coalesce(link.hash = ledgers_hash(link.number, link.previous, said), false)
    FROM ledgers_link AS link LEFT JOIN ledgers_statement AS said ON said.id = link.statement_id
    WHERE link.number > %s ORDER BY link.number LIMIT %s
"""
_FIRST_WRONG_ROW = """
    SELECT said.number, said.at, one.id, line.id IS NOT NULL, said.columns <@ said.columns_now
    FROM (
        SELECT link.number, said.*, ledgers_columns(%(ledger)s::regclass) AS columns_now
        FROM ledgers_link AS link JOIN ledgers_statement AS said ON said.id = link.statement_id
        WHERE link.number BETWEEN %(first)s AND %(last)s AND said.ledger = %(ledger)s
    ) AS said
    CROSS JOIN unnest(said.ids, said.digests) AS one (id, digest)
    LEFT JOIN {ledger} AS line ON line.id = one.id
    WHERE one.digest IS DISTINCT FROM ledgers_digest(line, ledgers_without(said.columns_now, said.columns))
    ORDER BY said.number, one.id LIMIT 1
"""
_FIRST_ROW_OUTSIDE = """
    SELECT min(line.id) FROM {ledger} AS line WHERE NOT EXISTS (
        SELECT FROM (
            SELECT unnest(said.ids) AS id
            FROM ledgers_link AS link JOIN ledgers_statement AS said ON said.id = link.statement_id
            WHERE said.ledger = %(ledger)s
        ) AS linked WHERE linked.id = line.id
    )
"""


class Broken(Exception):
    """The text is a Danish sentence that names the first row or link that is not as it was written."""


@dataclass(frozen=True)
class Chain:
    """A whole chain: how many links and rows, and the hash of the last link in hexadecimals ("": there is none)."""

    links: int
    rows: int
    head: str


@dataclass(frozen=True)
class _Seen:
    """A link as it stands; ``holds`` tells whether its hash is that of its statement."""

    number: int
    previous: bytes
    hash: bytes
    ledger: str | None
    rows: int
    holds: bool


def ledgers() -> dict[str, type[models.Model]]:
    """The table of each → its model."""
    chained = [one for one in apps.get_models() if CHAINED in getattr(one._meta, "triggers", [])]
    return {one._meta.db_table: one for one in chained}


@one_moment()
def verify(head: str | None = None) -> Chain:
    """Raises ``Broken``, also where ``head``, the hash of a link that was written down before, is in no link now."""
    last = _Seen(0, b"", b"", None, 0, True)
    rows = 0
    for chunk in _chunks():
        wrong = [*_wrong_link(chunk, last), *_wrong_rows(chunk)]
        if wrong:
            raise Broken(min(wrong)[-1])
        last = chunk[-1]
        rows += sum(link.rows for link in chunk)
    for table, model in ledgers().items():
        for (row,) in _asked(_FIRST_ROW_OUTSIDE.format(ledger=table), {"ledger": table}):
            if row is not None:
                raise Broken(f"{_row(model, row)} står i intet led: den er skrevet uden om kæden, eller leddet er væk.")
    if head and not Link.objects.filter(hash=bytes.fromhex(head)).exists():
        raise Broken(f"Leddet {head} er her ikke mere: kæden er kortet af eller lavet om.")
    return Chain(last.number, rows, last.hash.hex())


def _chunks() -> Iterator[list[_Seen]]:
    last = 0
    while found := _asked(_LINKS, [last, CHUNK]):
        chunk = [_Seen(number, bytes(previous), bytes(digest), *rest) for number, previous, digest, *rest in found]
        yield chunk
        last = chunk[-1].number


def _wrong_link(chunk: list[_Seen], before: _Seen) -> Iterator[tuple[int, int, str]]:
    """(number, 0, sentence) of the first link that does not join."""
    for link in chunk:
        if link.number != before.number + 1:
            yield before.number + 1, 0, f"Led nr. {before.number + 1} er væk; det næste, der er, er nr. {link.number}."
            return
        if not link.holds or link.previous != before.hash:
            yield link.number, 0, f"Led nr. {link.number} ({_names(link)}) er ikke, som det blev skrevet."
            return
        before = link


def _wrong_rows(chunk: list[_Seen]) -> Iterator[tuple[int, int, str]]:
    """(number, 1, sentence): of each ledger the first row that is not as its link says."""
    for table in {link.ledger for link in chunk if link.ledger}:
        model = ledgers().get(table)
        if model is None:
            numbers = [link.number for link in chunk if link.ledger == table]
            yield numbers[0], 1, f"Led nr. {numbers[0]} er om tabellen {table}, som ikke findes mere."
            continue
        values = {"ledger": table, "first": chunk[0].number, "last": chunk[-1].number}
        for number, at, row, is_there, has_columns in _asked(_FIRST_WRONG_ROW.format(ledger=table), values):
            what = "er ændret" if is_there else "er slettet"
            if not has_columns:
                what = "mangler en kolonne, som den havde"
            written = f"Den blev skrevet {danish.moment(at)} (led nr. {number})."
            yield number, 1, f"{_row(model, row)} {what}. {written}"


def _row(model: type[models.Model], row: int) -> str:
    return f"Række {row} i {model._meta.db_table} ({model._meta.verbose_name_plural})"


def _names(link: _Seen) -> str:
    return f"{danish.count(link.rows, 'række', 'rækker')} i {link.ledger}" if link.ledger else "uden rækker"


def _asked(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
