"""Ways to look at the rows of a file, each with its number: those of a list of letters, and those of a staff file."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from sepo_incident.pills import Pill


class Choice(NamedTuple):
    """``slug`` is its value of ``?vis=``, ``counted`` the field of the file's ``Counts`` that counts it."""

    slug: str
    label: str
    tone: str
    condition: Q
    counted: str
    is_pill: bool = True

    @property
    def url(self) -> str:
        return f"?vis={self.slug}#raekker"


def named(slug: str, choices: Iterable[Choice]) -> Choice | None:
    """The choice that the address asks for, if there is such a one."""
    return next((choice for choice in choices if choice.slug == slug), None)


def pills(choices: Iterable[Choice], current: Choice | None, counts: object) -> list[Pill]:
    """Those that have rows, and the current one."""
    return [
        Pill(choice.label, choice.url, getattr(counts, choice.counted), choice.tone, choice == current)
        for choice in choices
        if (choice.is_pill and getattr(counts, choice.counted)) or choice == current
    ]
