"""Take in dispatches and receipts of sources. The same row counts once, in whatever order and however often it comes.

A batch is one transaction. Its rows are checked and masked in Python, and merged by SQL, which gets them as JSON.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import transaction

from letters import recipient_keys
from letters.models.tracking import IDENTIFIERS
from letters.tracking.receipt_codes import Status, agreed_status, find_status
from letters.tracking.receipt_formats import ReadReceipt, masked_identifier, masked_text, parse_moment
from letters.tracking.subject_family import family_of
from sepo_incident.core import database
from sepo_incident.core.sql_files import read_sql

APPROVED, HANDED_OVER = "approved", "handed_over"
#: {name of a value: its type in PostgreSQL}
DISPATCH_COLUMNS = {
    **dict.fromkeys(("channel", "source_id", *IDENTIFIERS, "sender", "unit", "subject", "family"), "text"),
    "size": "integer",
    "recipient_key": "text",
    "recipient_domain": "text",
    "is_approval": "boolean",
    **dict.fromkeys(("stage_at", "known_at"), "timestamptz"),
}
RECEIPT_COLUMNS = {
    **dict.fromkeys((*IDENTIFIERS, "status"), "text"),
    "is_final": "boolean",
    "is_delivered": "boolean",
    "is_known": "boolean",
    "error": "text",
    "at": "timestamptz",
    "received_at": "timestamptz",
    "fingerprint": "uuid",
}
_LISTED = ", ".join(IDENTIFIERS)
#: A statement of its own, so that the next one sees the channel that another batch has added meanwhile.
ADD_CHANNELS_SQL = """
    INSERT INTO letters_channel (name, created_at)
    SELECT DISTINCT ON (lower(name)) name, %(now)s FROM unnest(%(channels)s::text[]) AS name ORDER BY lower(name)
    ON CONFLICT DO NOTHING
"""


def _as_table(name: str, columns: Mapping[str, str]) -> str:
    """Return the table of `%(rows)s`, a JSON list of objects."""
    return (
        f"json_to_recordset(%(rows)s) AS {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})"
    )


MERGE_DISPATCHES_SQL = read_sql(
    __file__,
    "merge_dispatches.sql",
    taken=_as_table("taken", DISPATCH_COLUMNS),
    identifiers=_LISTED,
    max_identifiers=", ".join(f"max({name})" for name in IDENTIFIERS),
    filled_identifiers=", ".join(
        f"{name} = CASE WHEN dispatch.{name} = '' THEN EXCLUDED.{name} ELSE dispatch.{name} END" for name in IDENTIFIERS
    ),
    is_filled=" OR ".join(f"dispatch.{name} = '' AND EXCLUDED.{name} > ''" for name in IDENTIFIERS),
)


def _found(identifiers: Iterable[str]) -> str:
    return ", ".join(read_sql(__file__, "find_dispatch.sql", identifier=name) for name in identifiers)


@cache
def add_receipts_sql(given: tuple[str, ...]) -> str:
    """Return the statement for receipts with no other identifiers than the given ones. Planning all five takes a ms."""
    taken = _as_table("receipt", RECEIPT_COLUMNS)
    return read_sql(__file__, "add_receipts.sql", taken=taken, identifiers=_LISTED, found=_found(given))


@cache
def waiting_receipts_sql(given: tuple[str, ...]) -> str:
    """Return the query for the receipts that wait for one of the dispatches, by the given identifiers."""
    return " UNION ".join(read_sql(__file__, "waiting_receipts.sql", identifier=name) for name in given)


MATCH_WAITING_SQL = read_sql(__file__, "match_waiting.sql", found=_found(IDENTIFIERS))
ADD_OUTCOMES_SQL = read_sql(__file__, "add_outcomes.sql")
LOCK_OUTCOMES_SQL = """
    SELECT dispatch_id FROM letters_dispatchoutcome WHERE dispatch_id = ANY(%(dispatches)s)
    ORDER BY dispatch_id FOR NO KEY UPDATE
"""


def proven_sql(which: str) -> str:
    """Return the query for what final receipts prove. `which`: a condition on receipts."""
    return read_sql(__file__, "proven.sql", which=which)


SETTLE_OUTCOMES_SQL = read_sql(__file__, "settle_outcomes.sql", proven=proven_sql("dispatch_id = ANY(%(dispatches)s)"))


class UnusableRow(ValueError):
    """A row that cannot be taken in. The text is a Danish sentence for people."""


@dataclass
class Taken:
    """The result of a batch: numbers of `new` and of `known` rows, and (row number, reason) of the refused rows."""

    new: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def take_in_dispatches(said: Iterable[Mapping[str, Any]], now: datetime) -> Taken:
    """Take in what sources say about letters that are sent or approved. `said`: see `manage.py take_in`."""
    taken = Taken()
    rows = list(_readable(said, lambda one: dispatch_row(one, now), taken))
    with transaction.atomic():
        database.execute(ADD_CHANNELS_SQL, {"now": now, "channels": [*{channel for channel, *_ in rows}]})
        touched = database.fetch_all(MERGE_DISPATCHES_SQL, {"rows": _as_json(DISPATCH_COLUMNS, rows)})
        database.execute(ADD_OUTCOMES_SQL, {"dispatches": [pk for pk, _ in touched]})
        taken.new = sum(is_new for _, is_new in touched)
        if given := _given(DISPATCH_COLUMNS, rows):
            match_waiting_receipts([pk for pk, _ in touched], given)
    taken.known = len(rows) - taken.new
    return taken


def take_in_receipts(said: Iterable[Mapping[str, Any]], now: datetime) -> Taken:
    """Take in what mail systems say about letters. `said`: see `manage.py take_in`."""
    return _take_in_receipts(said, lambda one: receipt_row(one, now))


def take_in_read_receipt(read: ReadReceipt, now: datetime) -> Taken:
    """Take in a receipt that `receipt_formats` has read and judged together with the envelope."""
    status = Status(read.status, read.final, read.delivered, find_status(read.status).is_known)
    return _take_in_receipts([read._asdict()], lambda one: _receipt_values(one, status, now))


def _take_in_receipts(said: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Sequence[Any]]) -> Taken:
    taken = Taken()
    rows = list(_readable(said, read, taken))
    with transaction.atomic():
        if given := _given(RECEIPT_COLUMNS, rows):
            added = _fetch_for(rows)(add_receipts_sql(given), {"rows": _as_json(RECEIPT_COLUMNS, rows)})
            taken.new = len(added)
            settle_outcomes(added)
    taken.known = len(rows) - taken.new
    return taken


def match_waiting_receipts(dispatches: Sequence[int], given: tuple[str, ...]) -> None:
    """Give the receipts that wait for the dispatches their dispatch. `given`: the identifiers that are new."""
    waiting = database.fetch_all(waiting_receipts_sql(given), {"dispatches": dispatches})
    if waiting:
        settle_outcomes(database.fetch_all(MATCH_WAITING_SQL, {"receipts": [pk for (pk,) in waiting]}))


def settle_outcomes(receipts: Sequence[tuple[int | None]]) -> None:
    """Write to the outcomes of the receipts' dispatches what all receipts of each dispatch prove.

    The lock comes first, so that a waiting batch reads the receipts of both batches.
    """
    dispatches = sorted({pk for (pk,) in receipts if pk})
    if dispatches:
        fetch = _fetch_for(dispatches)
        fetch(LOCK_OUTCOMES_SQL, {"dispatches": dispatches})
        fetch(SETTLE_OUTCOMES_SQL, {"dispatches": dispatches})


def _fetch_for(rows: Sequence[Any]) -> Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]:
    """Return the function that executes a statement about the rows. Systems push single rows, many a second."""
    return database.fetch_planned if len(rows) == 1 else database.fetch_all


def _readable(
    said: Iterable[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Sequence[Any]], taken: Taken
) -> Iterator[Sequence[Any]]:
    for number, one in enumerate(said, start=1):
        try:
            yield read(one)
        except UnusableRow as problem:
            taken.refused.append((number, str(problem)))


def _given(columns: Iterable[str], rows: Sequence[Sequence[Any]]) -> tuple[str, ...]:
    """Return the names of the identifiers that a row has."""
    values = dict(zip(columns, zip(*rows, strict=True), strict=False))
    return tuple(name for name in IDENTIFIERS if any(values.get(name, ())))


def _as_json(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> str:
    return json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str)


# --- Rows ---------------------------------------------------------------------------------------------------------


def dispatch_row(said: Mapping[str, Any], now: datetime) -> Sequence[Any]:
    """Return the values of `DISPATCH_COLUMNS`. Raises UnusableRow."""
    identifiers = _identifiers(said)
    source_id = masked_identifier(_text(said, "id")) or identifiers[0]
    channel = masked_text(_text(said, "channel"), 80)
    if not source_id or not channel:
        raise UnusableRow("Rækken mangler id eller kanal.")
    stage = _text(said, "stage") or HANDED_OVER
    if stage not in (APPROVED, HANDED_OVER):
        raise UnusableRow("Rækkens trin er hverken approved eller handed_over.")
    known_at = _time(said, "known_at") or now
    subject, recipient = masked_text(_text(said, "subject"), 500), _text(said, "recipient")
    return (
        *(channel, source_id, *identifiers),
        *(masked_text(_text(said, "sender"), 200), masked_text(_text(said, "unit"), 200), subject, family_of(subject)),
        *(_size(said), recipient_keys.hash_recipient(recipient), masked_text(recipient.rpartition("@")[2], 120)),
        *(stage == APPROVED, _time(said, "sent_at") or known_at, known_at),
    )


def receipt_row(said: Mapping[str, Any], now: datetime) -> Sequence[Any]:
    """Return the values of `RECEIPT_COLUMNS`. Raises UnusableRow."""
    statuses = [one for one in (_text(said, "code"), _text(said, "status")) if one]
    if not statuses:
        raise UnusableRow("Kvitteringen siger ikke, hvad der skete med brevet.")
    has_error = bool(_text(said, "error").strip("0"))
    return _receipt_values(said, agreed_status(statuses, has_error=has_error), now)


def _receipt_values(said: Mapping[str, Any], status: Status, now: datetime) -> Sequence[Any]:
    identifiers = _identifiers(said)
    if not any(identifiers):
        raise UnusableRow("Kvitteringen siger ikke, hvilket brev den er om.")
    error, at = _text(said, "error"), _time(said, "at")
    facts = masked_text(status.name, 200), status.is_final, status.is_delivered, masked_text(error)
    told = json.dumps([*identifiers, *facts, at and at.timestamp()])
    fingerprint = hashlib.sha256(told.encode()).hexdigest()[:32]
    name, is_final, is_delivered, masked = facts
    known = (name, is_final, is_delivered, status.is_known, masked)
    return *identifiers, *known, at, _time(said, "received_at") or now, fingerprint


def _identifiers(said: Mapping[str, Any]) -> list[str]:
    first, *others = (masked_identifier(_text(said, name)) for name in IDENTIFIERS)
    return [first.lower(), *others]


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return "" if value is None else str(value).strip()


def _time(said: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(said, name)
    try:
        return parse_moment(text).astimezone(UTC) if text else None  # PostgreSQL knows no zone of 23 hours
    except (ValueError, OverflowError):
        raise UnusableRow(f"Tidspunktet i {name} kan ikke læses.") from None


def _size(said: Mapping[str, Any]) -> int | None:
    text = _text(said, "size")
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UnusableRow("Størrelsen er ikke et antal bytes.")
    return int(text) if text else None
