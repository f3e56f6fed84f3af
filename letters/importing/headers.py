"""What a list's headers mean: one table of aliases, Danish and English. The rest is proposed (``proposing``) and asked.

Headers are compared without case, spaces, punctuation and a word about UTC; æ is ae, ø is oe, å is aa.

Where a sheet's headers are: in one row, in two, below a title, or nowhere. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple


class Column(NamedTuple):
    """``field`` of a row, what we call it, and the headers it is known by.

    ``lesser``: headers that mean it too, but only on a list that has none of the others: «Nr» beside «Brev-id».
    """

    field: str
    label: str
    aliases: tuple[str, ...]
    weak_aliases: tuple[str, ...] = ()
    is_required: bool = False


COLUMNS = (
    Column(
        "source_ref",
        "Brev-id",
        ("brev-id", "brevnummer", "brevnr", "besked-id", "message-id"),
        ("id", "nr", "nummer", "løbenummer", "løbenr", "message trace id", "network message id", "trace id"),
        is_required=True,
    ),
    Column(
        "sent_at",
        "Sendt",
        (
            *("sendt", "sendt dato", "sendt den", "afsendt", "sendetidspunkt", "afsendelsestidspunkt"),
            *("sent", "sent at", "date sent", "received", "origin timestamp"),
        ),
        ("dato", "tidspunkt", "modtaget", "date", "timestamp", "date time", "#fields: date-time"),
        is_required=True,
    ),
    Column(
        "sent_time",
        "Klokkeslæt",
        ("klokkeslæt", "kl", "klokken", "sendt klokkeslæt", "afsendt klokkeslæt"),
    ),
    Column(
        "sender_name",
        "Afsender",
        ("afsender", "afsendernavn", "afsenders navn", "afsenderens navn", "sender name"),
        ("sender", "fra", "from"),
    ),
    Column(
        "sender_email",
        "Afsenders e-mail",
        (
            *(
                "afsenders e-mail",
                "afsenderens e-mail",
                "afsender e-mail",
                "afsendermail",
                "afsenders mail",
                "afs mail",
            ),
            *("afsenders mailadresse", "afsenderadresse", "afsenders adresse", "afsenderens mail"),
            *("sender email", "sender address", "from address"),
        ),
        is_required=True,
    ),
    Column(
        "leader_name",
        "Leder",
        ("leder", "ledernavn", "leders navn", "lederens navn", "chef", "nærmeste leder"),
        ("manager",),
    ),
    Column(
        "leader_email",
        "Leders e-mail",
        (
            *("leders e-mail", "lederens e-mail", "leder e-mail", "ledermail", "leders mail", "lederens mail"),
            *("leders mailadresse", "chefmail", "chefs e-mail", "manager email"),
        ),
    ),
    Column("administration", "Forvaltning", ("forvaltning", "administration")),
    Column("area", "Område", ("område", "center", "område/center")),
    Column("unit_name", "Enhed", ("enhed", "enhedsnavn", "org", "organisation", "institution", "unit")),
    Column("subunit", "Underenhed", ("underenhed", "afdeling", "team")),
    Column(
        "unit_code",
        "Enhedskode",
        ("enhedskode", "enhedsnummer", "enhedsnr", "enheds-id", "organisationskode", "orgkode", "unit code"),
    ),
    Column("recipient_kind", "Modtagertype", ("modtagertype", "modtagers type", "recipient type"), ("type",)),
    Column(
        "recipient",
        "Modtager",
        (
            *("modtager", "modtagers adresse", "modtageradresse", "modtagers e-mail", "modtagermail"),
            *("recipient", "recipients", "recipient address"),
        ),
        ("cpr", "cpr-nr", "cpr-nummer", "recipient status", "til", "to"),
    ),
    Column("subject", "Emne", ("emne", "emnelinje", "subject", "message subject", "titel")),
)
#: What Exchange and Microsoft 365 say beside, and nobody misses: known, and not taken.
IGNORED_HEADERS = (
    *("status", "delivery status", "to ip", "from ip", "original client ip", "size", "message size", "total bytes"),
    *("start date", "end date", "index", "ps computer name", "run space id", "ps show computer name", "organization"),
    *("directionality", "connector id", "delivery priority", "event id", "source", "source context", "størrelse"),
    *("client ip", "client hostname", "server ip", "server hostname", "internal message id", "recipient count"),
    *("related recipient address", "reference", "return path"),
)
#: What a workbook of rejected rows has beside the list's own columns (``returning``); the last one is hidden.
OUR_ROW_HEADER, OUR_REASONS_HEADER, OUR_KEY_HEADER = OUR_HEADERS = (
    "Række på den gamle liste",
    "Hvad skal rettes",
    "Nøgle – skal blive stående",
)
#: The id of a message, that each of its recipients gets under.
_MESSAGE_IDS = ("message-id", "message trace id", "network message id", "trace id")
#: A list whose dates are called so may be written by an English program, and its dates too.
_DATES_IN_ENGLISH = ("sent", "sent at", "date sent", "received", "origin timestamp", "date", "timestamp", "date time")

LABELS = {column.field: column.label for column in COLUMNS}
REQUIRED = tuple(column.field for column in COLUMNS if column.is_required)
#: Whose headers may say that the times are UTC.
TIME_FIELDS = ("sent_at", "sent_time")
#: A row with so many known headers is the header row.
FEWEST_KNOWN_HEADERS = 3

_UTC = re.compile(r"(?<![a-z])utc(?![a-z]|\s*[+-]\s*[1-9])", re.IGNORECASE)
_DANISH_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


def normalize_header(header: str) -> str:
    """The one spelling that headers are compared in."""
    return re.sub(r"[\W_]+", "", _UTC.sub("", header)).casefold().translate(_DANISH_LETTERS)


STRONG_ALIASES = {normalize_header(alias): column.field for column in COLUMNS for alias in column.aliases}
WEAK_ALIASES = {normalize_header(alias): column.field for column in COLUMNS for alias in column.weak_aliases}
ALIASES = WEAK_ALIASES | STRONG_ALIASES
_IGNORED = set(map(normalize_header, (*IGNORED_HEADERS, *OUR_HEADERS)))
_NORMALIZED_MESSAGE_IDS = set(map(normalize_header, _MESSAGE_IDS))
_NORMALIZED_ENGLISH_DATES = set(map(normalize_header, _DATES_IN_ENGLISH))


def fields_by_index(headers: Sequence[str]) -> dict[int, str]:
    """index → field of every header that we know; two may claim the same field."""
    found = {
        index: STRONG_ALIASES[name]
        for index, name in enumerate(map(normalize_header, headers))
        if name in STRONG_ALIASES
    }
    taken = set(found.values())
    for index, name in enumerate(map(normalize_header, headers)):
        if WEAK_ALIASES.get(name, "") not in {"", *taken}:
            found[index] = WEAK_ALIASES[name]
    return dict(sorted(found.items()))


def recognise_columns(headers: Sequence[str]) -> dict[str, int]:
    """field → index of its column; the first column wins where two mean the same."""
    found: dict[str, int] = {}
    for index, field in fields_by_index(headers).items():
        found.setdefault(field, index)
    return found


def is_known_header(header: str) -> bool:
    """Whether we know what to do with it, if only to leave it out."""
    return normalize_header(header) in ALIASES.keys() | _IGNORED


def header_says_utc(header: str) -> bool:
    """Its times are UTC: «Received (UTC)», «origin_timestamp_utc»."""
    return bool(_UTC.search(header))


def is_english_date_header(header: str) -> bool:
    """It names the dates in English."""
    return normalize_header(header) in _NORMALIZED_ENGLISH_DATES


def is_message_id_header(header: str) -> bool:
    """It comes from a message trace, where a letter to three people has one id and three rows."""
    return normalize_header(header) in _NORMALIZED_MESSAGE_IDS


def missing_required_columns(found: Mapping[str, int]) -> list[str]:
    """Labels of the required columns that are not there."""
    return [LABELS[field] for field in REQUIRED if field not in found]


SheetRows = Sequence[Sequence[str]]
HEADER_SEARCH_ROWS = 30  # rows


class HeaderRow(NamedTuple):
    """``row`` as Excel counts, the lower one of two, and the last one above the list where it has no headers."""

    row: int
    texts: list[str]
    are_known: bool


def find_header_row(top: SheetRows) -> HeaderRow | None:
    """The headers among the first rows of a sheet; None where it is too narrow to be a list."""
    candidates = [_join_with_row_above(above, row) for above, row in zip([[], *top], top, strict=False)]
    known = [len(recognise_columns(texts)) for texts in candidates]
    best = max(known, default=0)
    if best >= FEWEST_KNOWN_HEADERS:
        at = known.index(best)
        return HeaderRow(at + 1, candidates[at], are_known=True)
    return _guess_header_row(top, candidates, known)


def _join_with_row_above(above: Sequence[str], row: Sequence[str]) -> list[str]:
    """A row's headers, helped by the row above: a cell merged over both, or «Afsender» over «Navn» and «E-mail»."""
    texts, group = [], ""
    for upper, own in zip_longest(above[: len(row)], row, fillvalue=""):
        group = upper.strip() or group
        if not own.strip():
            own = upper if normalize_header(upper) in STRONG_ALIASES else ""
        elif normalize_header(own) not in STRONG_ALIASES and normalize_header(f"{group} {own}") in STRONG_ALIASES:
            own = f"{group} {own}"
        texts.append(own)
    return texts


def _guess_header_row(top: SheetRows, candidates: SheetRows, known: Sequence[int]) -> HeaderRow | None:
    """The first row as wide as a list, the one with a header that we know before others. A row of values has none."""
    wide = [at for at, row in enumerate(top) if sum(1 for cell in row if cell.strip()) >= len(REQUIRED)]
    if not wide:
        return None
    at = max(wide, key=lambda one: (known[one], -one))
    if not known[at] and any(map(_looks_like_value, top[at])):
        return HeaderRow(at, [""] * max(map(len, top)), are_known=False)
    return HeaderRow(at + 1, list(candidates[at]), are_known=False)


def _looks_like_value(cell: str) -> bool:
    """An address, a date, a number: nobody calls a column so."""
    return bool(re.search(r"\S@\S|\d{4}|\d[-./]\d", cell))
