"""The statuses that receipts of Digital Post carry, and what each says about the letter.

Sources: SF1601 Postkomponent, PKO_PostStatus (codes and texts); next-generation Digital Post, business receipts
(receiptStatus). A status that is not in the table says that the letter is not delivered, and is not final.
"""

import re
from functools import lru_cache
from typing import NamedTuple


class Status(NamedTuple):
    """`is_final`: no other receipt is to come. `is_delivered`: the letter is available in the recipient's mailbox."""

    name: str
    is_final: bool = False
    is_delivered: bool = False
    is_known: bool = True


FAILED = Status("Fejlet", is_final=True)
DELIVERED = Status("Afleveret Digital Post", is_final=True, is_delivered=True)
RECALLED = Status("Tilbagekaldt", is_final=True)
#: UUID of an ObjektHandling -> status. «Modtaget» is a promise of the mail system, and says nothing of the mailbox.
STATUS_BY_CODE = {
    "e225a75c-4b63-46c4-9423-77f5c8762445": FAILED,
    "f7161a89-5068-4023-bc80-d7f4daad2a2e": DELIVERED,
    "f03904aa-df6e-417f-bd74-6a01a61adbcf": RECALLED,
    "eb866ca2-b871-4387-b501-12cde577bd58": Status("Modtaget Digital Post"),
    "db5a6025-caa3-45c3-8e02-4e6fa8142ade": Status("Afsendt"),
    "dd98e71c-41ac-4305-a47b-8f86b00e639b": Status("Modtaget Fjernprint"),
    "e2b30d57-504a-4e2e-ae2d-a1394a9cb0b8": Status("Klar"),
    "e3c0a021-2070-40d4-b7b7-754aeba762e9": Status("Afleveret til print og kuvertering"),
    "e94a0a8b-60a0-42ad-8b83-52c9e15d0fb3": Status("Modtaget Post Danmark"),
    "f4e6eb11-0261-4198-8b5d-be92a9b1a35d": Status("Opdatering fra Post Danmark"),
}
NEXT_GENERATION_STATUSES = (
    Status("RECEIVED"),
    Status("COMPLETED", is_final=True, is_delivered=True),
    Status("INVALID", is_final=True),
    Status("NOT_ALLOWED", is_final=True),
)
#: Of a message trace of Exchange. «Delivered» says that the mail left Exchange: Koncern IT tells what that proves.
EXCHANGE_STATUSES = (Status("Pending"), Status("Failed", is_final=True))


def _key(name: str) -> str:
    """Return the name without what differs between systems: case, and signs between the words."""
    return re.sub(r"[\W_]+", "", name).casefold()


STATUS_BY_NAME = {
    _key(one.name): one for one in (*STATUS_BY_CODE.values(), *NEXT_GENERATION_STATUSES, *EXCHANGE_STATUSES)
}


@lru_cache(maxsize=1024)  # a few come again and again
def find_status(said: str) -> Status:
    """Return the status that a code or a text names; a status of that name that proves nothing if it is unknown."""
    known = STATUS_BY_CODE.get(said.strip().lower()) or STATUS_BY_NAME.get(_key(said))
    return known or Status(said.strip(), is_known=False)


def agreed_status(said: list[str], *, has_error: bool) -> Status:
    """Return the status that all codes and texts of a receipt agree on. `has_error`: the receipt names an error too.

    If the codes and texts disagree, the letter is not delivered, and the receipt is final only if one of them, or the
    error, names a failure.
    """
    statuses = [find_status(one) for one in said]
    first, *others = statuses
    is_agreed = all(one == first for one in others) and not (has_error and first.is_delivered)
    if is_agreed:
        return first
    failed = has_error or any(one.is_final and not one.is_delivered for one in statuses)
    return Status(first.name, is_final=failed, is_known=all(one.is_known for one in statuses))
