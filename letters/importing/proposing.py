"""What each column of a list seems to mean: by its header, by one that is like it, or by what stands in it. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from difflib import SequenceMatcher
from typing import NamedTuple

from letters.importing.addresses import is_address
from letters.importing.cells import KINDS, clean
from letters.importing.columns import ALIASES, LABELS, REQUIRED, is_known, meanings, plain
from letters.importing.moments import Unreadable, moment_of
from sepo_incident import cpr

Rows = Sequence[Sequence[str]]
CLOSE = 0.78
SHORTEST_PART = 4  # characters: «emne» in «Emnefelt»

_EMAIL_OF = {"sender_name": "sender_email", "leader_name": "leader_email"}
_A_LEADER, _A_RECIPIENT = re.compile("led|chef|manager"), re.compile("modt|recip|borger|cpr|til|to$")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_CLOCK = re.compile(r"(?:kl\.? ?)?\d\d?[:.]\d\d(?:[:.]\d\d)?")
_NUMBER = re.compile(r"[\w.-]*\d[\w.-]*")


class Proposal(NamedTuple):
    """``field`` is «» where the column is not taken. ``why`` is a Danish sentence; «» where we are sure.

    ``is_by_look``: told from what stands in it, whatever it is called.
    """

    header: str
    field: str = ""
    why: str = ""
    is_by_look: bool = False

    @property
    def is_sure(self) -> bool:
        return not self.why


def speaks_of_recipients(header: str) -> bool:
    return bool(_A_RECIPIENT.search(plain(header)))


def propose(headers: Sequence[str], rows: Rows) -> list[Proposal]:
    """One per column. ``rows`` are the first of the list."""
    columns = [[clean(row[index]) if index < len(row) else "" for row in rows] for index in range(len(headers))]
    known = meanings(headers)
    claims = Counter(known.values())
    free = set(LABELS) - known.keys() - set(claims)
    found: dict[int, Proposal] = {}
    # A column that speaks of a leader takes its field before one that only says «mail» can.
    for index in sorted(range(len(headers)), key=lambda index: not _A_LEADER.search(plain(headers[index]))):
        header, cells = _shown(headers[index]), columns[index]
        proposal = _known(header, known.get(index, ""), claims, cells, free) or _guessed(header, cells, free)
        free.discard(proposal.field)
        found[index] = proposal
    return [found[index] for index in range(len(headers))]


def lacking(proposals: Sequence[Proposal]) -> list[str]:
    """Labels of the necessary columns that nothing was found for."""
    found = {proposal.field for proposal in proposals}
    return [LABELS[field] for field in REQUIRED if field not in found]


def are_certain(proposals: Sequence[Proposal]) -> bool:
    """Nothing needs to be asked."""
    return not lacking(proposals) and all(proposal.is_sure for proposal in proposals)


def _shown(header: str) -> str:
    return cpr.mask(clean(header))


def _known(header: str, field: str, claims: Counter[str], cells: Sequence[str], free: set[str]) -> Proposal | None:
    if field and claims[field] > 1:
        return Proposal(header, field, f"»{header}« er ikke ene om at være {LABELS[field]}. Vælg den ene.")
    email = _EMAIL_OF.get(field, "")
    if email in free and _all(is_address, cells):
        return Proposal(header, email, f"Der står e-mails i »{header}« – mener du {LABELS[email]}?")
    if field or is_known(header) or not (header or any(cells)):
        return Proposal(header, field)
    return None


def _guessed(header: str, cells: Sequence[str], free: set[str]) -> Proposal:
    looks = [field for field in _looks_like(plain(header), cells) if field in free]
    named = looks[0] if set(looks) & set(_EMAIL_OF.values()) else _closest(plain(header), free)
    is_contradicted = named not in looks and bool(set(looks) - {"source_ref"})  # «Teamled» over addresses is no Team
    if named and not is_contradicted:
        return Proposal(header, named, f"Kolonnen hedder »{header}« – mener du {LABELS[named]}?")
    if looks:
        return Proposal(header, looks[0], f"Det, der står i kolonnen, ligner {LABELS[looks[0]]}. Er det rigtigt?", True)
    return Proposal(
        header, "", f"Vi kender ikke overskriften »{header}«." if header else "Kolonnen har ingen overskrift."
    )


def _closest(name: str, free: set[str]) -> str:
    """The free field with the alias most like it, or «»."""
    likeness = {alias: _likeness(name, alias) for alias, field in ALIASES.items() if field in free}
    best = max(likeness, key=lambda alias: likeness[alias], default="")
    return ALIASES[best] if best and likeness[best] >= CLOSE else ""


def _likeness(name: str, alias: str) -> float:
    """From 0 to 1; an alias at the beginning or the end of a longer word is close enough to ask."""
    ratio = SequenceMatcher(None, name, alias, autojunk=False).ratio()
    is_part = len(alias) >= SHORTEST_PART and (name.startswith(alias) or name.endswith(alias))
    return max(ratio, CLOSE) if is_part else ratio


def _looks_like(name: str, cells: Sequence[str]) -> list[str]:
    """The fields that such cells may be, the likeliest first."""
    if _all(cpr.holds_cpr, cells):
        return ["recipient"]
    if _nearly_all(is_address, cells):
        if speaks_of_recipients(name):
            return ["recipient"]
        # Anybody else's may be those of citizens, and a leader may read letters.
        return ["leader_email", "sender_email"] if _A_LEADER.search(name) else ["sender_email"]
    if _nearly_all(_is_moment, cells):
        return ["sent_at"]
    if _all(_CLOCK.fullmatch, cells):
        return ["sent_time"]
    if _all(lambda cell: cell.casefold() in KINDS, cells):
        return ["recipient_kind"]
    if len(set(cells)) == len(cells) > 1 and _all(_is_number_of_its_own, cells):
        return ["source_ref"]
    return []


def _all(is_so: Callable[[str], object], cells: Sequence[str]) -> bool:
    """For all of them that hold something."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(map(is_so, filled))


def _nearly_all(is_so: Callable[[str], bool], cells: Sequence[str]) -> bool:
    """For four out of five of them that hold something: a list has mistakes in it, also in its first rows."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and 5 * sum(map(is_so, filled)) >= 4 * len(filled)


def _is_moment(text: str) -> bool:
    with suppress(Unreadable):
        return bool(moment_of(text)) and not text.isdigit()
    return False


def _is_number_of_its_own(text: str) -> bool:
    return bool(_MESSAGE_ID.fullmatch(text) or _NUMBER.fullmatch(text))
