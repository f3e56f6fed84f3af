"""What a list's headers mean: one table of aliases, Danish and English. The rest is proposed (``proposing``) and asked.

Headers are compared without case, spaces, punctuation and a word about UTC; æ is ae, ø is oe, å is aa.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Column(NamedTuple):
    """``field`` of a row, what we call it, and the headers it is known by.

    ``lesser``: headers that mean it too, but only on a list that has none of the others: «Nr» beside «Brev-id».
    """

    field: str
    label: str
    aliases: tuple[str, ...]
    lesser: tuple[str, ...] = ()
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
NOT_TAKEN = (
    *("status", "delivery status", "to ip", "from ip", "original client ip", "size", "message size", "total bytes"),
    *("start date", "end date", "index", "ps computer name", "run space id", "ps show computer name", "organization"),
    *("directionality", "connector id", "delivery priority", "event id", "source", "source context", "størrelse"),
    *("client ip", "client hostname", "server ip", "server hostname", "internal message id", "recipient count"),
    *("related recipient address", "reference", "return path"),
)
#: What a workbook of rejected rows has beside the list's own columns (``returning``); the last one is hidden.
OUR_ROW, OUR_REASONS, OUR_KEY = OURS = ("Række på den gamle liste", "Hvad skal rettes", "Nøgle – skal blive stående")
#: The id of a message, that each of its recipients gets under.
_MESSAGE_IDS = ("message-id", "message trace id", "network message id", "trace id")
#: A list whose dates are called so may be written by an English program, and its dates too.
_DATES_IN_ENGLISH = ("sent", "sent at", "date sent", "received", "origin timestamp", "date", "timestamp", "date time")

LABELS = {column.field: column.label for column in COLUMNS}
REQUIRED = tuple(column.field for column in COLUMNS if column.is_required)
#: Whose headers may say that the times are UTC.
CLOCKS = ("sent_at", "sent_time")
#: A row with so many known headers is the header row.
FEWEST_KNOWN_HEADERS = 3

_UTC = re.compile(r"(?<![a-z])utc(?![a-z]|\s*[+-]\s*[1-9])", re.IGNORECASE)
_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


def plain(header: str) -> str:
    """The one spelling that headers are compared in."""
    return re.sub(r"[\W_]+", "", _UTC.sub("", header)).casefold().translate(_LETTERS)


STRONG = {plain(alias): column.field for column in COLUMNS for alias in column.aliases}
LESSER = {plain(alias): column.field for column in COLUMNS for alias in column.lesser}
ALIASES = LESSER | STRONG
_NOT_TAKEN = set(map(plain, (*NOT_TAKEN, *OURS)))
_IDS = set(map(plain, _MESSAGE_IDS))
_ENGLISH = set(map(plain, _DATES_IN_ENGLISH))


def meanings(headers: Sequence[str]) -> dict[int, str]:
    """index → field of every header that we know; two may claim the same field."""
    found = {index: STRONG[name] for index, name in enumerate(map(plain, headers)) if name in STRONG}
    taken = set(found.values())
    for index, name in enumerate(map(plain, headers)):
        if LESSER.get(name, "") not in {"", *taken}:
            found[index] = LESSER[name]
    return dict(sorted(found.items()))


def recognise(headers: Sequence[str]) -> dict[str, int]:
    """field → index of its column; the first column wins where two mean the same."""
    found: dict[str, int] = {}
    for index, field in meanings(headers).items():
        found.setdefault(field, index)
    return found


def is_known(header: str) -> bool:
    """Whether we know what to do with it, if only to leave it out."""
    return plain(header) in ALIASES.keys() | _NOT_TAKEN


def is_in_utc(header: str) -> bool:
    """Its times are UTC: «Received (UTC)», «origin_timestamp_utc»."""
    return bool(_UTC.search(header))


def is_english(header: str) -> bool:
    """It names the dates in English."""
    return plain(header) in _ENGLISH


def is_message_id(header: str) -> bool:
    """It comes from a message trace, where a letter to three people has one id and three rows."""
    return plain(header) in _IDS


def missing(found: Mapping[str, int]) -> list[str]:
    """Labels of the required columns that are not there."""
    return [LABELS[field] for field in REQUIRED if field not in found]
