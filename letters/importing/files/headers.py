"""Headers of a list: the table of known headers (Danish and English), and the search for the header row.

Headers are compared without case, spaces, punctuation and the word UTC; æ is ae, ø is oe, å is aa.
`columns.column_proposals` proposes a meaning for unknown headers. The headers may stand in one row, in two rows,
below a title, or be missing. Pure functions.
"""

import re
from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import NamedTuple

from sepo_incident.core import danish


class Column(NamedTuple):
    """A column of a file: the field, the label shown to people, and the known headers.

    `weak_aliases`: headers that mean the field only in a file without any of `aliases`: «Nr» beside «Brev-id».
    """

    field: str
    label: str
    aliases: list[str]
    weak_aliases: list[str]


def _column(field: str, label: str, aliases: str, weak: str = "") -> Column:
    return Column(field, label, aliases.split(", "), weak.split(", ") if weak else [])


class HeaderTable:
    """The known headers of a kind of file. `columns`: (field, label, known headers, weak aliases if any), or a Column.

    `fewest_known`: a row with at least this many known headers is the header row.
    """

    def __init__(self, *columns: tuple[str, ...] | Column, fewest_known: int = 3):
        self.fewest_known = fewest_known
        self.columns = [one if isinstance(one, Column) else _column(*one) for one in columns]
        self.labels = {column.field: column.label for column in self.columns}
        self.strong = {normalize_header(alias): column.field for column in self.columns for alias in column.aliases}
        self.weak = {normalize_header(alias): column.field for column in self.columns for alias in column.weak_aliases}

    def fields_by_index(self, headers: Sequence[str]) -> dict[int, str]:
        """Return {index: field} for every known header. Two columns may have the same field."""
        names = [normalize_header(header) for header in headers]
        found = {index: self.strong[name] for index, name in enumerate(names) if name in self.strong}
        taken = set(found.values())
        found |= {
            index: self.weak[name] for index, name in enumerate(names) if self.weak.get(name, "") not in {"", *taken}
        }
        return dict(sorted(found.items()))

    def recognise(self, headers: Sequence[str]) -> dict[str, int]:
        """Return {field: index of the column}. The first column wins where two have the same field."""
        found: dict[str, int] = {}
        for index, field in self.fields_by_index(headers).items():
            found.setdefault(field, index)
        return found


_UTC = re.compile(r"(?<![a-z])utc(?![a-z]|\s*[+-]\s*[1-9])", re.IGNORECASE)


def normalize_header(header: str) -> str:
    """Return the header in the spelling used for comparing headers."""
    return danish.spell_ascii(re.sub(r"[\W_]+", "", _UTC.sub("", header)).casefold())


# fmt: off
LIST_HEADERS = HeaderTable(
    ("source_ref", "Brev-id", "brev-id, brevnummer, brevnr, besked-id, message-id",
     "id, nr, nummer, løbenummer, løbenr, message trace id, network message id, trace id"),
    ("sent_at", "Sendt", "sendt, sendt dato, sendt den, afsendt, sendetidspunkt, afsendelsestidspunkt, "
     "sent, sent at, date sent, received, origin timestamp",
     "dato, tidspunkt, modtaget, date, timestamp, date time, #fields: date-time"),
    ("sent_time", "Klokkeslæt", "klokkeslæt, kl, klokken, sendt klokkeslæt, afsendt klokkeslæt"),
    ("sender_name", "Afsender", "afsender, afsendernavn, afsenders navn, afsenderens navn, sender name",
     "sender, fra, from"),
    ("sender_email", "Afsenders e-mail", "afsenders e-mail, afsenderens e-mail, afsender e-mail, afsendermail, "
     "afsenders mail, afs mail, afsenders mailadresse, afsenderadresse, afsenders adresse, afsenderens mail, "
     "sender email, sender address, from address"),
    ("leader_name", "Leder", "leder, ledernavn, leders navn, lederens navn, chef, nærmeste leder", "manager"),
    ("leader_email", "Leders e-mail", "leders e-mail, lederens e-mail, leder e-mail, ledermail, leders mail, "
     "lederens mail, leders mailadresse, chefmail, chefs e-mail, manager email"),
    ("administration", "Forvaltning", "forvaltning, administration"),
    ("area", "Område", "område, center, område/center"),
    ("unit_name", "Enhed", "enhed, enhedsnavn, org, organisation, institution, unit"),
    ("subunit", "Underenhed", "underenhed, afdeling, team"),
    ("unit_code", "Enhedskode",
     "enhedskode, enhedsnummer, enhedsnr, enheds-id, organisationskode, orgkode, unit code"),
    ("recipient_kind", "Modtagertype", "modtagertype, modtagers type, recipient type", "type"),
    ("recipient", "Modtager", "modtager, modtagers adresse, modtageradresse, modtagers e-mail, modtagermail, "
     "recipient, recipients, recipient address", "cpr, cpr-nr, cpr-nummer, recipient status, til, to"),
    ("subject", "Emne", "emne, emnelinje, subject, message subject, titel"),
)
# fmt: on
REQUIRED = ("source_ref", "sent_at", "sender_email")
#: Headers of extra columns from Exchange and Microsoft 365. The import skips such columns without asking.
IGNORED_HEADERS = (
    "status, delivery status, to ip, from ip, original client ip, size, message size, total bytes, start date, "
    "end date, index, ps computer name, run space id, ps show computer name, organization, directionality, "
    "connector id, delivery priority, event id, source, source context, størrelse, client ip, client hostname, "
    "server ip, server hostname, internal message id, recipient count, related recipient address, reference, "
    "return path"
)
#: Headers for the id of a mail. All recipients of a mail share the id.
_MESSAGE_IDS = ("message-id", "message trace id", "network message id", "trace id")
#: English headers for dates. An English program may have written the list, and then the dates may be in English order
#: too.
_DATES_IN_ENGLISH = ("sent", "sent at", "date sent", "received", "origin timestamp", "date", "timestamp", "date time")

COLUMNS, LABELS = LIST_HEADERS.columns, LIST_HEADERS.labels
FIELD_BY_LABEL = {label: name for name, label in LABELS.items()}
fields_by_index, recognise_columns = LIST_HEADERS.fields_by_index, LIST_HEADERS.recognise
#: Words in the column of the recipient's kind → `Letter.RecipientKind`
RECIPIENT_KINDS = {
    "borger": "CITIZEN",
    "citizen": "CITIZEN",
    "medarbejder": "EMPLOYEE",
    "ansat": "EMPLOYEE",
    "": "UNKNOWN",
}
#: Fields with a header that may say UTC.
TIME_FIELDS = ("sent_at", "sent_time")

STRONG_ALIASES, ALIASES = LIST_HEADERS.strong, LIST_HEADERS.weak | LIST_HEADERS.strong
#: Words that may mean a field. People confirm the meaning.
GUESSES = HeaderTable(
    ("sent_at", "", "oprettet, leveret, tid, dato og tid, sendt tid"),
    ("sender_name", "", "sagsbehandler, medarbejder, kontaktperson, bruger"),
    ("sender_email", "", "mail, e-mail, mailadresse, e-mailadresse"),
    ("leader_name", "", "ansvarlig, overordnet"),
    ("administration", "", "magistrat, direktørområde"),
    ("unit_name", "", "skole, arbejdssted, arbejdsplads, sted, lokation"),
    ("recipient", "", "borger, adressat, personnummer"),
    ("subject", "", "overskrift, tekst, vedrørende, vedr, sag, indhold"),
).strong
_IGNORED = set(map(normalize_header, IGNORED_HEADERS.split(", ")))
_NORMALIZED_MESSAGE_IDS = set(map(normalize_header, _MESSAGE_IDS))
_NORMALIZED_ENGLISH_DATES = set(map(normalize_header, _DATES_IN_ENGLISH))


def is_known_header(header: str) -> bool:
    """Return whether the header means a field or is a header to ignore."""
    return normalize_header(header) in ALIASES.keys() | _IGNORED


def header_says_utc(header: str) -> bool:
    """Return whether the header says that the times are UTC: «Received (UTC)», «origin_timestamp_utc»."""
    return bool(_UTC.search(header))


def is_english_date_header(header: str) -> bool:
    """Return whether the header names the dates in English."""
    return normalize_header(header) in _NORMALIZED_ENGLISH_DATES


def is_message_id_header(header: str) -> bool:
    """Return whether the header names the id of a mail: a letter to three people has three rows with the same id."""
    return normalize_header(header) in _NORMALIZED_MESSAGE_IDS


def missing_required_columns(found: Collection[str]) -> list[str]:
    """Return the labels of the required columns that were not found."""
    return [LABELS[field] for field in REQUIRED if field not in found]


SheetRows = Sequence[Sequence[str]]
HEADER_SEARCH_ROWS = 30
_VALUE = re.compile(r"\S@\S|\d{4}|\d[-./]\d")  # in no header


class HeaderRow(NamedTuple):
    """The header row of a sheet. `row`: row number in Excel of the lowest header, 0 without a row above the list."""

    row: int
    texts: list[str]
    are_known: bool


def find_header_row(top: SheetRows, table: HeaderTable = LIST_HEADERS) -> HeaderRow | None:
    """Return the header row among the first rows of a sheet, or None if the sheet is too narrow to be a list."""
    candidates = [_join_with_row_above(above, row, table.strong) for above, row in zip([[], *top], top, strict=False)]
    known = [len(table.recognise(texts)) for texts in candidates]
    best = max(known, default=0)
    if best >= table.fewest_known:
        at = known.index(best)
        return HeaderRow(at + 1, candidates[at], are_known=True)
    return _guess_header_row(top, candidates, known)


def _join_with_row_above(above: Sequence[str], row: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the headers of a row, completed from a cell merged over both rows, or from «Afsender» above «Navn»."""
    texts, group = [], ""
    for upper, own in zip_longest(above[: len(row)], row, fillvalue=""):
        group = upper.strip() or group
        if not own.strip():
            own = upper if normalize_header(upper) in known else ""
        elif normalize_header(own) not in known and normalize_header(f"{group} {own}") in known:
            own = f"{group} {own}"
        texts.append(own)
    return texts


def _guess_header_row(top: SheetRows, candidates: SheetRows, known: Sequence[int]) -> HeaderRow | None:
    """Return the likeliest header row among the rows that are wide enough for a list, or None.

    The row with most known headers wins, then the first. If that row has no known header and holds values, the list
    has no headers.
    """
    wide = [at for at, row in enumerate(top) if sum(1 for cell in row if cell.strip()) >= len(REQUIRED)]
    if not wide:
        return None
    at = max(wide, key=lambda one: (known[one], -one))
    if not known[at] and any(map(_VALUE.search, top[at])):
        return HeaderRow(at, [""] * max(map(len, top)), are_known=False)
    return HeaderRow(at + 1, list(candidates[at]), are_known=False)
