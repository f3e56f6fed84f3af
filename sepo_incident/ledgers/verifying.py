"""Is the history as it was written? Every row is held against its digest, and every link against the one before.

What this cannot see: whoever owns the database can cut off the newest links together with their rows and with what
the checks wrote down, or make the chain anew from some link on. So the head is written down somewhere else now and
then (the security log has it every hour), and asked for later. And all is read through PostgreSQL: a server that lies
about its rows is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.apps import apps
from django.db import connection, models

from sepo_incident import danish
from sepo_incident.ledgers.hashing import LINK, SCHEMA, built_in, digest, has_words, without
from sepo_incident.ledgers.models import Check
from sepo_incident.ledgers.triggers import is_ledger
from sepo_incident.one_moment import one_moment

#: links that are looked at together
CHUNK = 1_000
_JOINED = f"JOIN {SCHEMA}.ledgers_statement AS said ON said.id = link.statement_id"
_SAID = f"{SCHEMA}.ledgers_link AS link {_JOINED}"
_LINKS = f"""
    SELECT link.number, link.previous, link.hash, coalesce({LINK} = link.hash, false),
           said.ledger, said.columns, said.personal, coalesce(cardinality(said.ids), 0)
    FROM {SCHEMA}.ledgers_link AS link LEFT {_JOINED}
    WHERE link.number > %s ORDER BY link.number LIMIT %s
"""  # noqa: S608 - nothing in these comes from outside
#: ``besides``: columns that came after the row
_LINE = "to_jsonb(line) - %(besides)s::text[]"
_FIRST_WRONG_ROW = f"""
    SELECT link.number, said.at, one.id, CASE WHEN line.id IS NULL THEN 'er slettet' ELSE {{what}} END
    FROM {_SAID}
    CROSS JOIN unnest(said.ids, said.digests, said.sealed) AS one (id, digest, seal)
    LEFT JOIN {SCHEMA}.{{ledger}} AS line ON line.id = one.id
    WHERE link.number BETWEEN %(first)s AND %(last)s AND said.ledger = %(ledger)s
        AND said.columns = %(columns)s AND said.personal = %(personal)s::text[] AND ({{wrong}})
    ORDER BY link.number, one.id LIMIT 1
"""  # noqa: S608
_ERASED = f"SELECT FROM {SCHEMA}.ledgers_erasure WHERE ledger = %(ledger)s AND row_id = line.id"
_FIRST_ROW_OUTSIDE = f"""
    SELECT min(line.id) FROM {SCHEMA}.{{ledger}} AS line WHERE NOT EXISTS (
        SELECT FROM (SELECT unnest(said.ids) AS id FROM {_SAID} WHERE said.ledger = %(ledger)s) AS linked
        WHERE linked.id = line.id
    )
"""  # noqa: S608
_ROWS_LINKED = f"SELECT said.ledger, sum(cardinality(said.ids)) FROM {_SAID} GROUP BY said.ledger"  # noqa: S608
_LOST_HEAD = f"""
    SELECT seen.number, seen.at FROM {SCHEMA}.ledgers_check AS seen
    LEFT JOIN {SCHEMA}.ledgers_link AS link ON link.number = seen.number
    WHERE link.hash IS DISTINCT FROM seen.hash ORDER BY seen.number LIMIT 1
"""  # noqa: S608
#: (a server's clock may be put back by a little)
_FROM_THE_FUTURE = f"""
    SELECT seen.at FROM {SCHEMA}.ledgers_check AS seen
    WHERE seen.at > clock_timestamp() + interval '5 minutes' ORDER BY seen.at LIMIT 1
"""  # noqa: S608
_COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"


class Broken(Exception):
    """The text is a Danish sentence that names the first row or link that is not as it was written."""


@dataclass(frozen=True)
class Chain:
    """A chain that is whole: how many links, how many rows were looked at, and the hash of the last link in
    hexadecimals ("": there is none)."""

    links: int
    rows: int
    head: str


@dataclass(frozen=True)
class _Seen:
    """A link as it stands; ``holds`` tells whether its hash is that of its statement."""

    number: int
    previous: bytes
    hash: bytes
    holds: bool
    ledger: str | None
    columns: tuple[str, ...]
    personal: tuple[str, ...]
    rows: int


def ledgers() -> dict[str, type[models.Model]]:
    """The table of each → its model."""
    return {one._meta.db_table: one for one in apps.get_models() if is_ledger(one)}


@one_moment()
def verify(head: str | None = None, since: Check | None = None, *, all_linked: bool = True) -> Chain:
    """Raises ``Broken``, also where ``head``, the hash of a link that was written down before, is in no link now.

    ``since``: only the links after that check, unless there are more or fewer rows than links tell of. ``all_linked``:
    each row must have its link; what a transaction has written has it only from its commit.
    """
    with built_in():
        _heads_stand(head)
        if since and (not all_linked or _as_many_rows_as_linked()):
            return _looked_through(_Seen(since.number, b"", bytes(since.hash), True, None, (), (), 0))
        chain = _looked_through(_Seen(0, b"", b"", True, None, (), (), 0))
        if all_linked:
            _nothing_outside()
        return chain


def _heads_stand(head: str | None) -> None:
    for number, at in _asked(_LOST_HEAD, ()):
        raise Broken(
            f"Led nr. {number} er ikke det, der stod her ved tjekket {danish.moment(at)}: "
            "kæden er kortet af eller lavet om."
        )
    for (at,) in _asked(_FROM_THE_FUTURE, ()):
        raise Broken(f"Der står et tjek fra {danish.moment(at)}, som ikke har været endnu: det er forfalsket.")
    known = f"SELECT FROM {SCHEMA}.ledgers_link WHERE hash = %s"
    if head and not _asked(known, [bytes.fromhex(head)]):
        raise Broken(f"Leddet {head} er her ikke mere: kæden er kortet af eller lavet om.")


def _looked_through(last: _Seen) -> Chain:
    rows = 0
    columns = {table: _columns_of(table) for table in ledgers()}
    for chunk in _chunks(last.number):
        wrong = [*_wrong_link(chunk, last), *_wrong_rows(chunk, columns)]
        if wrong:
            raise Broken(min(wrong)[-1])
        last = chunk[-1]
        rows += sum(link.rows for link in chunk)
    return Chain(last.number, rows, last.hash.hex())


def _nothing_outside() -> None:
    for table, model in ledgers().items():
        for (row,) in _asked(_FIRST_ROW_OUTSIDE.format(ledger=table), {"ledger": table}):
            if row is not None:
                raise Broken(f"{_row(model, row)} står i intet led: den er skrevet uden om kæden, eller leddet er væk.")


def _as_many_rows_as_linked() -> bool:
    linked = dict(_asked(_ROWS_LINKED, ()))
    there = {table: _asked(f"SELECT count(*) FROM {SCHEMA}.{table}", ())[0][0] for table in ledgers()}  # noqa: S608
    return all(linked.get(table, 0) == rows for table, rows in there.items())


def _columns_of(table: str) -> set[str]:
    return {name for (name,) in _asked(_COLUMNS, [f"{SCHEMA}.{table}"])}


def _chunks(last: int) -> Iterator[list[_Seen]]:
    while found := _asked(_LINKS, [last, CHUNK]):
        chunk = [
            _Seen(
                number, bytes(previous), bytes(hashed), holds, ledger, tuple(columns or ()), tuple(personal or ()), rows
            )
            for number, previous, hashed, holds, ledger, columns, personal, rows in found
        ]
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


def _wrong_rows(chunk: list[_Seen], columns_now: dict[str, set[str]]) -> Iterator[tuple[int, int, str]]:
    """(number, 1, sentence): of each ledger the first row that is not as its link says."""
    kinds = sorted({(link.ledger, link.columns, link.personal) for link in chunk if link.ledger})
    for table, of_one_table in groupby(kinds, key=lambda kind: kind[0]):
        model = ledgers().get(table)
        if model is None:
            numbers = [link.number for link in chunk if link.ledger == table]
            yield numbers[0], 1, f"Led nr. {numbers[0]} er om tabellen {table}, som ikke findes mere."
            continue
        for _, columns, personal in of_one_table:
            values = {
                "ledger": table,
                "first": chunk[0].number,
                "last": chunk[-1].number,
                "columns": list(columns),
                "personal": list(personal),
                "besides": sorted(columns_now[table] - set(columns)),
            }
            for number, at, row, what in _asked(_first_wrong_row(table, personal), values):
                if not set(columns) <= columns_now[table]:
                    what = "mangler en kolonne, som den havde"
                written = f"Den blev skrevet {danish.moment(at)} (led nr. {number})."
                yield number, 1, f"{_row(model, row)} {what}. {written}"


def _first_wrong_row(table: str, personal: tuple[str, ...]) -> str:
    """SQL. What was erased has a line about it, and the rest is held against its digest; all else against its seal."""
    changed, wrong = "'er ændret'", f"one.digest IS DISTINCT FROM {digest(_LINE)}"
    if personal:
        rest = f"one.digest IS DISTINCT FROM {digest(without(_LINE, personal))} OR {has_words(_LINE, personal)}"
        sealed = f"one.seal IS DISTINCT FROM {digest(_LINE)}"
        wrong = f"CASE WHEN line.salt IS NULL THEN {rest} OR NOT EXISTS ({_ERASED}) ELSE {sealed} END"
        changed = f"CASE WHEN line.salt IS NULL AND NOT EXISTS ({_ERASED}) THEN 'er tømt i stilhed' ELSE {changed} END"
    return _FIRST_WRONG_ROW.format(ledger=table, wrong=wrong, what=changed)


def _row(model: type[models.Model], row: int) -> str:
    return f"Række {row} i {model._meta.db_table} ({model._meta.verbose_name_plural})"


def _names(link: _Seen) -> str:
    return f"{danish.count(link.rows, 'række', 'rækker')} i {link.ledger}" if link.ledger else "uden rækker"


def _asked(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
