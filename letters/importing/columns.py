"""What a list's headers mean: one table of aliases (a mapping edited by people follows in its own issue)."""

import re
from collections.abc import Sequence
from typing import NamedTuple


class Column(NamedTuple):
    """``field`` of a row, what we call it, and the headers it is known by (compared without case and punctuation)."""

    field: str
    label: str
    aliases: tuple[str, ...]
    is_required: bool = False


COLUMNS = (
    Column("source_ref", "Brev-id", ("brev-id", "brevid", "id", "nr", "løbenummer", "message-id"), True),
    Column("sent_at", "Sendt", ("sendt", "sendt dato", "dato", "tidspunkt", "sent", "afsendt"), True),
    Column("sender_name", "Afsender", ("afsender", "afsendernavn", "afsenders navn", "sender")),
    Column(
        "sender_email",
        "Afsenders e-mail",
        ("afsenders e-mail", "afsender e-mail", "afsendermail", "afs mail", "afsenders mail", "sender email"),
        True,
    ),
    Column("leader_name", "Leder", ("leder", "ledernavn", "leders navn", "chef")),
    Column("leader_email", "Leders e-mail", ("leders e-mail", "leder e-mail", "ledermail", "leders mail")),
    Column("administration", "Forvaltning", ("forvaltning", "administration")),
    Column("area", "Område", ("område", "center", "område/center")),
    Column("unit_name", "Enhed", ("enhed", "org", "organisation", "institution", "unit"), True),
    Column("subunit", "Underenhed", ("underenhed", "afdeling", "team")),
    Column(
        "unit_code",
        "Enhedskode",
        ("enhedskode", "enhedsnummer", "enhedsnr", "enheds-id", "organisationskode", "orgkode", "unit code"),
    ),
    Column("recipient_kind", "Modtagertype", ("modtagertype", "type", "modtager type")),
    Column("recipient", "Modtager", ("modtager", "modtagers adresse", "cpr", "recipient")),
    Column("subject", "Emne", ("emne", "subject", "titel")),
)
LABELS = {column.field: column.label for column in COLUMNS}
REQUIRED = tuple(column.field for column in COLUMNS if column.is_required)
#: A row with so many known headers is the header row.
FEWEST_KNOWN_HEADERS = 3


def _plain(header: str) -> str:
    return re.sub(r"[\W_]+", "", header).casefold()


_FIELD_OF = {_plain(alias): column.field for column in COLUMNS for alias in column.aliases}


def recognise(headers: Sequence[str]) -> dict[str, int]:
    """field → index of its column; the first column wins where two mean the same."""
    found: dict[str, int] = {}
    for index, header in enumerate(headers):
        field = _FIELD_OF.get(_plain(header))
        if field:
            found.setdefault(field, index)
    return found


def looks_like_headers(cells: Sequence[str]) -> bool:
    return len(recognise(cells)) >= FEWEST_KNOWN_HEADERS


def missing(found: dict[str, int]) -> list[str]:
    """Labels of the required columns that are not there."""
    return [LABELS[field] for field in REQUIRED if field not in found]
