"""Proposals for the meaning of columns: by the header, by a similar header, or by the content. Pure functions."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from difflib import SequenceMatcher
from typing import NamedTuple

from letters.importing.files.cell_cleaning import clean_text, is_email_address
from letters.importing.files.datetimes import UnreadableDate, parse_datetime
from letters.importing.files.headers import (
    GUESSES,
    LIST_HEADERS,
    RECIPIENT_KINDS,
    HeaderTable,
    is_known_header,
    missing_required_columns,
    normalize_header,
)
from letters.importing.files.sheet_selection import masked_header
from sepo_incident.core import cpr

MIN_SIMILARITY = 0.78
MIN_PART_LENGTH = 4  # characters: «emne» in «Emnefelt»

_EMAIL_OF = {"sender_name": "sender_email", "leader_name": "leader_email"}
_LEADER_WORDS, _RECIPIENT_WORDS = re.compile("led|chef|manager"), re.compile("modt|recip|borger|cpr|til|to$")
_CLOCK = re.compile(r"(?:kl\.? ?)?\d\d?[:.]\d\d(?:[:.]\d\d)?")
_LETTER_ID = re.compile(r"<[^<>\s]+>|[\w.-]*\d[\w.-]*")  # the id of a mail, or a number


class Proposal(NamedTuple):
    """The proposed meaning of a column. `field`: «» if not imported. `why`: what people confirm, «» if certain.

    `is_harmless`: neither the header nor the content is like anything that a list has; the command leaves it out.
    """

    header: str
    field: str = ""
    why: str = ""
    is_by_content: bool = False
    is_harmless: bool = False

    @property
    def is_sure(self) -> bool:
        return not self.why


def header_mentions_recipients(header: str) -> bool:
    return bool(_RECIPIENT_WORDS.search(normalize_header(header)))


def propose_columns(
    headers: Sequence[str], rows: Sequence[Sequence[str]], table: HeaderTable = LIST_HEADERS
) -> list[Proposal]:
    """Return a proposal for every column. `rows`: the first rows of the list. `table`: the headers of its kind."""
    columns = [[clean_text(row[index]) if index < len(row) else "" for row in rows] for index in range(len(headers))]
    known = table.fields_by_index(headers)
    claims = Counter(known.values())
    free = set(table.labels) - known.keys() - set(claims)
    found: dict[int, Proposal] = {}
    # A column about a leader takes its field before a column that only says «mail».
    for index in sorted(
        range(len(headers)), key=lambda index: not _LEADER_WORDS.search(normalize_header(headers[index]))
    ):
        header, cells = masked_header(headers[index]), columns[index]
        proposal = _propose_known(header, known.get(index, ""), claims, cells, free, table) or _propose_guess(
            header, cells, free, table
        )
        free.discard(proposal.field)
        found[index] = proposal
    return [found[index] for index in range(len(headers))]


def are_all_certain(proposals: Sequence[Proposal]) -> bool:
    """Return whether all proposals are certain and no required column is missing."""
    missing = missing_required_columns({proposal.field for proposal in proposals})
    return not missing and all(proposal.is_sure for proposal in proposals)


def _propose_known(
    header: str, field: str, claims: Counter[str], cells: Sequence[str], free: set[str], table: HeaderTable
) -> Proposal | None:
    if field and claims[field] > 1:
        return Proposal(header, field, f"»{header}« og en anden kolonne er begge {table.labels[field]}. Vælg den ene.")
    email = _EMAIL_OF.get(field, "")
    if email in free and _all_filled(is_email_address, cells):
        return Proposal(header, email, f"»{header}« har e-mails – mener du {table.labels[email]}?")
    if field or is_known_header(header) or not (header or any(cells)):
        return Proposal(header, field)
    return None


def _propose_guess(header: str, cells: Sequence[str], free: set[str], table: HeaderTable) -> Proposal:
    labels = table.labels
    content = _fields_by_content(normalize_header(header), cells)
    looks = [field for field in content if field in free]
    named = looks[0] if set(looks) & set(_EMAIL_OF.values()) else _closest_field(normalize_header(header), free, table)
    is_contradicted = named not in looks and bool(set(looks) - {"source_ref"})  # «Teamled» over addresses is no Team
    if named and not is_contradicted:
        return Proposal(header, named, f"Kolonnen hedder »{header}« – mener du {labels[named]}?")
    if looks:
        return Proposal(header, looks[0], f"Indholdet ligner {labels[looks[0]]}. Er det rigtigt?", True)
    why = f"Vi kender ikke overskriften »{header}«." if header else "Kolonnen har ingen overskrift."
    is_like_a_field = set(content) - {"source_ref"} or _closest_field(normalize_header(header), {*labels}, table)
    return Proposal(header, "", why, is_harmless=bool(header) and not is_like_a_field)


def _closest_field(name: str, free: set[str], table: HeaderTable) -> str:
    if GUESSES.get(name) in free:
        return GUESSES[name]
    likeness, aliases = {}, table.weak | table.strong
    for alias in (alias for alias, field in aliases.items() if field in free):
        likeness[alias] = SequenceMatcher(None, name, alias, autojunk=False).ratio()
        if len(alias) >= MIN_PART_LENGTH and (name.startswith(alias) or name.endswith(alias)):
            # a known header at an end of a longer word is close enough to ask
            likeness[alias] = max(likeness[alias], MIN_SIMILARITY)
    best = max(likeness, key=lambda alias: likeness[alias], default="")
    return aliases[best] if best and likeness[best] >= MIN_SIMILARITY else ""


def _fields_by_content(name: str, cells: Sequence[str]) -> list[str]:
    """Return the fields that the cells may hold, the likeliest first."""
    if _all_filled(cpr.contains_cpr, cells):
        return ["recipient"]
    if _most_filled(is_email_address, cells):
        if header_mentions_recipients(name):
            return ["recipient"]
        # Any other addresses may be of citizens, and a leader may read letters.
        return ["leader_email", "sender_email"] if _LEADER_WORDS.search(name) else ["sender_email"]
    if _most_filled(_is_datetime, cells):
        return ["sent_at"]
    if _all_filled(_CLOCK.fullmatch, cells):
        return ["sent_time"]
    if _all_filled(lambda cell: cell.casefold() in RECIPIENT_KINDS, cells):
        return ["recipient_kind"]
    if len(set(cells)) == len(cells) > 1 and _all_filled(_LETTER_ID.fullmatch, cells):
        return ["source_ref"]
    return []


def _all_filled(is_so: Callable[[str], object], cells: Sequence[str]) -> bool:
    """Return whether the test holds for all filled cells. False without filled cells."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(map(is_so, filled))


def _most_filled(is_so: Callable[[str], bool], cells: Sequence[str]) -> bool:
    """Return whether the test holds for four out of five filled cells: a list has mistakes, also in the first rows."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and 5 * sum(map(is_so, filled)) >= 4 * len(filled)


def _is_datetime(text: str) -> bool:
    with suppress(UnreadableDate):
        return bool(parse_datetime(text)) and not text.isdigit()
    return False
