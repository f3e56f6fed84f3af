"""Every awkward file, with what is to come of it. Nothing here is kept: each is made when it is asked for."""

from tests.letters.awkward import hostile, readable
from tests.letters.awkward.outcomes import HEADERS, LIST, Read, Refused, text

__all__ = ["FILES", "HEADERS", "LIST", "Read", "Refused", "text"]

FILES: dict[str, Read | Refused] = {**readable.FILES, **hostile.FILES}
