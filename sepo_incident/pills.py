"""The pills of ``components/pills.html``: some ways to look at a list, each a link with how many are there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple


class Pill(NamedTuple):
    """``tone`` is one of ``danish.Look``'s; ``number`` is None where nothing is counted."""

    label: str
    url: str
    number: int | None = None
    tone: str = ""
    is_current: bool = False


class Filter[T](NamedTuple):
    """A way to look at a list: its word in the address, and what it shows, as the list understands it."""

    slug: str
    label: str
    tone: str
    shows: T


def called[T](slug: str, filters: Iterable[Filter[T]]) -> Filter[T] | None:
    return next((one for one in filters if one.slug == slug), None)


def pills_of[T](
    filters: Iterable[Filter[T]], numbers: Mapping[str, int], current: Filter[T], address: str, always: Collection[str]
) -> list[Pill]:
    """Those that show something, the current one, and those that are always there. ``address`` ends where a slug
    goes."""
    return [
        Pill(one.label, f"{address}{one.slug}", numbers[one.slug], one.tone, one == current)
        for one in filters
        if one.slug in always or one == current or numbers[one.slug]
    ]
