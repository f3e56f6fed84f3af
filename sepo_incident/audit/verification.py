"""Verify the audit trail: compare every row with the digest, and every link with the link before.

Limits: the owner of the database can cut off the newest links together with the rows and the recorded checks, or
rebuild the chain from some link on. Therefore the hash of the last link is also written elsewhere (every hour in the
security log) and can be asked for later. Everything is read through PostgreSQL, so a server that lies about rows is
believed.

The clock verifies new links every hour and everything every night, whatever the database says about earlier checks.
The hash of the last link is recorded in the database and in the security log.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.apps import apps
from django.db import connection, models
from django.db.models.functions import Now

from sepo_incident.audit import erasure
from sepo_incident.audit.models import Check, Statement
from sepo_incident.audit.triggers import has_personal_text_sql, is_ledger, without_personal_sql
from sepo_incident.core import danish, logs
from sepo_incident.core.database import SCHEMA, fetch_all, snapshot
from sepo_incident.core.sql_files import read_sql

#: Number of links verified together.
CHUNK = 1_000
_LINKS_SQL = read_sql(__file__, "links.sql")
_LINKED_ROW_COUNTS_SQL = """
    SELECT statement.ledger, sum(cardinality(statement.ids))
    FROM public.audit_link AS link JOIN public.audit_statement AS statement ON statement.id = link.statement_id
    GROUP BY statement.ledger
"""
#: The first recorded check whose link is gone or has another hash now.
_CHANGED_CHECK_SQL = """
    SELECT seen.number, seen.at
    FROM public.audit_check AS seen LEFT JOIN public.audit_link AS link ON link.number = seen.number
    WHERE link.hash IS DISTINCT FROM seen.hash
    ORDER BY seen.number LIMIT 1
"""
_COLUMNS_SQL = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"


class BrokenChain(Exception):
    """Raised with a Danish message that names the first row or link that has changed."""


@dataclass(frozen=True)
class VerifiedChain:
    """An intact chain: the number of links, the number of verified rows and the hash of the last link.

    `head` is in hexadecimals, "" if there is no link.
    """

    links: int
    rows: int
    head: str


@dataclass(frozen=True)
class _StoredLink:
    """A link as stored. `hash_matches` tells whether the hash matches the statement."""

    number: int
    previous: bytes
    hash: bytes
    hash_matches: bool
    ledger: str | None
    columns: tuple[str, ...]
    personal: tuple[str, ...]
    rows: int


def ledger_models() -> dict[str, type[models.Model]]:
    """Return {table name: model} for the tables in the hash chain."""
    return {one._meta.db_table: one for one in apps.get_models() if is_ledger(one)}


@snapshot()
def verify_chain(head: str | None = None, since: Check | None = None, *, all_linked: bool = True) -> VerifiedChain:
    """Verify the chain and return the result. Raise BrokenChain at the first fault.

    `head`: the hash of a link noted earlier; a fault if no link has the hash now. `since`: verify only the links
    after that check, unless the number of rows differs from the number in the links. `all_linked`: every row must
    have a link; rows of an open transaction get a link only at the commit.
    """
    _require_known_heads(head)
    if since:
        linked = dict(fetch_all(_LINKED_ROW_COUNTS_SQL, ()))
        counts = ((linked.get(table, 0), model) for table, model in ledger_models().items())
        if not all_linked or all(number == model._base_manager.count() for number, model in counts):
            return _verify_links_after(_StoredLink(since.number, b"", bytes(since.hash), True, None, (), (), 0))
    chain = _verify_links_after(_StoredLink(0, b"", b"", True, None, (), (), 0))
    if all_linked:
        _require_every_row_linked()
    return chain


def _require_known_heads(head: str | None) -> None:
    for number, at in fetch_all(_CHANGED_CHECK_SQL, ()):
        raise BrokenChain(
            f"Led nr. {number} er et andet end ved tjekket {danish.moment(at)}: kæden er kortet af eller lavet om."
        )
    if head and not fetch_all("SELECT FROM public.audit_link WHERE hash = %s", [bytes.fromhex(head)]):
        raise BrokenChain(f"Leddet {head} findes ikke længere: kæden er kortet af eller lavet om.")


def _verify_links_after(last: _StoredLink) -> VerifiedChain:
    rows = 0
    columns = {table: {name for (name,) in fetch_all(_COLUMNS_SQL, [f"{SCHEMA}.{table}"])} for table in ledger_models()}
    for chunk in _read_link_chunks(last.number):
        faults = [*_find_wrong_link(chunk, last), *_find_wrong_rows(chunk, columns)]
        if faults:
            raise BrokenChain(min(faults)[-1])
        last = chunk[-1]
        rows += sum(link.rows for link in chunk)
    return VerifiedChain(last.number, rows, last.hash.hex())


def _require_every_row_linked() -> None:
    for table, model in ledger_models().items():
        for (row,) in fetch_all(read_sql(__file__, "first_unlinked_row.sql", ledger=table), {"ledger": table}):
            if row is not None:
                raise BrokenChain(
                    f"{_describe_row(model, row)} har intet led: den er skrevet uden om kæden, eller leddet er væk."
                )


def _read_link_chunks(last: int) -> Iterator[list[_StoredLink]]:
    while found := fetch_all(_LINKS_SQL, {"after": last, "limit": CHUNK}):
        chunk = [
            _StoredLink(
                number, bytes(previous), bytes(hashed), holds, ledger, tuple(columns or ()), tuple(personal or ()), rows
            )
            for number, previous, hashed, holds, ledger, columns, personal, rows in found
        ]
        yield chunk
        last = chunk[-1].number


def _find_wrong_link(chunk: list[_StoredLink], before: _StoredLink) -> Iterator[tuple[int, int, str]]:
    """Yield (number, 0, sentence) for the first link that does not continue the chain."""
    for link in chunk:
        if link.number != before.number + 1:
            yield before.number + 1, 0, f"Led nr. {before.number + 1} er væk. Det næste er nr. {link.number}."
            return
        if not link.hash_matches or link.previous != before.hash:
            what = f"{danish.count(link.rows, 'række', 'rækker')} i {link.ledger}" if link.ledger else "uden rækker"
            yield link.number, 0, f"Led nr. {link.number} ({what}) er ændret."
            return
        before = link


def _find_wrong_rows(chunk: list[_StoredLink], columns_now: dict[str, set[str]]) -> Iterator[tuple[int, int, str]]:
    """Yield (number, 1, sentence) for the first row of every table that differs from the link."""
    kinds = sorted({(link.ledger, link.columns, link.personal) for link in chunk if link.ledger})
    for table, of_one_table in groupby(kinds, key=lambda kind: kind[0]):
        model = ledger_models().get(table)
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
            for number, at, row, what in fetch_all(_first_wrong_row_sql(table, personal), values):
                if not set(columns) <= columns_now[table]:
                    what = "mangler en kolonne, som den havde"
                written = f"Den blev skrevet {danish.moment(at)} (led nr. {number})."
                yield number, 1, f"{_describe_row(model, row)} {what}. {written}"


def _first_wrong_row_sql(table: str, personal: tuple[str, ...]) -> str:
    """Return SQL for the first wrong row of a table, whose statements have the personal columns `personal`."""
    if not personal:
        return read_sql(__file__, "first_wrong_row.sql", ledger=table)
    row = "public.audit_json(line) - %(besides)s::text[]"
    rest, has_text = without_personal_sql(row, personal), has_personal_text_sql(row, personal)
    return read_sql(__file__, "first_wrong_sealed_row.sql", ledger=table, rest=rest, has_personal_text=has_text)


def _describe_row(model: type[models.Model], row: int) -> str:
    return f"Række {row} i {model._meta.db_table} ({model._meta.verbose_name_plural})"


def verify_history(whole: bool = True, head: str | None = None) -> VerifiedChain:
    """Verify chain and files, and record a `Check`.

    Raise BrokenChain with all faults, a sentence per line. Not `whole`: verify only the links since the last check
    and no files; within a transaction of the caller, only rows with a link.
    """
    faults: list[str] = []
    all_linked = whole or not connection.in_atomic_block
    try:
        chain = verify_chain(head, None if whole else Check.objects.order_by("pk").last(), all_linked=all_linked)
    except BrokenChain as broken:
        faults.insert(0, str(broken))
    if whole:
        faults += erasure.list_file_differences()
    if faults:
        raise BrokenChain("\n".join(faults))
    if chain.head:
        fetch_all("SELECT public.audit_record_check(%s, %s)", [chain.links, bytes.fromhex(chain.head)])
    return chain


def last_verified_at() -> datetime | None:
    """Return when the history was last found intact, else when the chain began; None if the chain is empty."""
    if last := Check.objects.filter(at__lte=Now()).order_by("pk").last():
        return last.at
    return Statement.objects.filter(link__number=1).values_list("at", flat=True).first()


def run_scheduled_verification(whole: bool) -> VerifiedChain:
    """Run `verify_history` and write the result to the security log."""
    try:
        chain = verify_history(whole)
    except BrokenChain as broken:
        logs.log_security_event("history_broken", None, found=len(str(broken).splitlines()))
        raise
    logs.log_security_event("history_checked", None, links=chain.links, rows=chain.rows, head=chain.head)
    return chain
