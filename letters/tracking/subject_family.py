"""The family of a subject: the words that the subjects of one template share."""

import re

#: «SV:», «VS: RE:» before a subject.
_REPLY = re.compile(r"^(?:\s*(?:sv|vs|re|fw|fwd)\s*:)+", re.IGNORECASE)
_MONTHS = "januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december"
_DAY = re.compile(rf"\b(?:{_MONTHS}|mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag)\b", re.IGNORECASE)
#: Words with a digit: numbers, dates, times, record numbers.
_NUMBER = re.compile(r"\S*\d\S*")
#: Two capitalised words or more in a row are a name: «Anna Bech Sørensen». The first word of a subject is none.
_NAME = re.compile(r"(?<!^)(?<![.!?:]\s)\b[A-ZÆØÅ][\w'-]+(?:\s+[A-ZÆØÅ][\w'.-]*)+")
_SIGNS = re.compile(r"[\W_]+")
MAX_LENGTH = 80
NO_SUBJECT = "uden emne"


def family_of(subject: str) -> str:
    """Return the subject without names, dates, numbers and signs of a reply, in lower case: at most 80 characters."""
    kept = _REPLY.sub("", subject.strip())
    for pattern in (_NUMBER, _DAY, _NAME, _SIGNS):
        kept = pattern.sub(" ", kept)
    return " ".join(kept.split()).lower()[:MAX_LENGTH].strip() or NO_SUBJECT
