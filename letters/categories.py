"""What a letter is about, from its subject, and whether it is a personnel case."""

import re
from typing import NamedTuple

NO_SUBJECT = "Uden emne"
OTHER = "Alt andet"
SICKNESS = "Sygefraværssamtaler"


class Topic(NamedTuple):
    name: str
    words: re.Pattern[str]


#: The first that fits wins. Names are what people read on the board.
TOPICS = [
    Topic(name, re.compile(words, re.IGNORECASE))
    for name, words in [
        (SICKNESS, r"sygefravær|sygesamtale|mulighedserklæring"),
        ("Uddannelsesparathed", r"uddannelsesparat|\bUPV\b"),
        ("Dagpleje og privat pasning", r"dagpleje|privat pasning|privat børnepasser"),
        ("Tandpleje", r"\btand|tænder"),
        ("Pjecer", r"\bpjece"),
        ("Kvitteringer", r"kvittering|vi har modtaget|bekræftelse på"),
        ("Møder", r"\bmøde|møde\b|samtale|indkaldelse"),
        ("Høringer", r"høring"),
        ("Afgørelser", r"afgørelse|bevilling|afslag|svar på"),
    ]
]
CATEGORIES = [*(topic.name for topic in TOPICS), NO_SUBJECT, OTHER]

#: Words that make a personnel case whoever the list says the recipient is.
_PERSONNEL = re.compile(
    r"sygefravær|sygesamtale|mulighedserklæring|tjenstlig|personalesag|påtænkt (afsked|opsigelse)"
    r"|\bafskedigelse|din ansættelse|fratrædelse",
    re.IGNORECASE,
)


def category_of(subject: str) -> str:
    """One of ``CATEGORIES``."""
    if not subject.strip():
        return NO_SUBJECT
    return next((topic.name for topic in TOPICS if topic.words.search(subject)), OTHER)


def is_personnel_case(subject: str, to_employee: bool) -> bool:
    """A letter to an employee about the employment; in doubt yes, for a personnel case is hidden from others."""
    return to_employee or bool(_PERSONNEL.search(subject))
