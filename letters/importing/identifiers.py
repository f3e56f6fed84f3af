"""Is a Brev-id with a date in it a CPR number? Two kinds of id are none, and are kept as they stand. Pure.

``20191209-0012`` (day and running number): from 2000 on nobody is born with a serial below 4000, for the seventh digit
of a CPR number tells the century, and 0 to 3 are people of the 1900s (cpr.dk, «Personnummeret i CPR»). So there is no
such person, whereas ``091219-0012`` is somebody aged a hundred, and ``20191209-4012`` may be a child of that day: those
are refused as before. A GUID, as Exchange names its messages, is 32 digits that only happen to hold a date.
"""

import re

from sepo_incident import cpr

_RUNNING_NUMBER = r"(?<!\d)20\d\d([-./_]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])[-./_ ]?[0-3]\d{3}(?!\d)"
_GUID = r"(?<![0-9a-f])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])"
_NOBODY = re.compile(f"{_RUNNING_NUMBER}|{_GUID}", re.IGNORECASE)


def mask(text: str) -> str:
    """``text`` as it stands when all that looks like a CPR number in it can be none, else masked."""
    return text if not cpr.holds_cpr(_NOBODY.sub("x", text)) else cpr.mask(text)
