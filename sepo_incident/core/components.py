"""The tiles of ``components/tiles.html``: how many there are of something, and the way to them.

The pills of ``components/pills.html``: some ways to look at a list, each a link with how many are there.

A mail as HTML in a frame of its own: no scripts, no pictures, its own styles, and only inside our pages.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple, Self

from django.http import HttpResponse
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override


class Tile(NamedTuple):
    """``tone`` is one of ``danish.Look``'s."""

    number: int
    label: str
    tone: str = ""
    url: str = ""

    @classmethod
    def of(cls, number: int, one: str, many: str, tone: str, url: str) -> Self:
        """Of what there is none of, neither the tone nor the link."""
        return cls(number, one if number == 1 else many, tone if number else "", url if number else "")


class Pill(NamedTuple):
    """``tone`` is one of ``danish.Look``'s; ``number`` is None where nothing is counted."""

    label: str
    url: str
    number: int | None = None
    tone: str = ""
    is_current: bool = False


class ListFilter[T](NamedTuple):
    """A way to look at a list: its word in the address, and what it shows, as the list understands it."""

    slug: str
    label: str
    tone: str
    shows: T


def find_filter[T](slug: str, filters: Iterable[ListFilter[T]]) -> ListFilter[T] | None:
    return next((one for one in filters if one.slug == slug), None)


def build_pills[T](
    filters: Iterable[ListFilter[T]],
    numbers: Mapping[str, int],
    current: ListFilter[T],
    address: str,
    always: Collection[str],
) -> list[Pill]:
    """Those that show something, the current one, and those that are always there. ``address`` ends where a slug
    goes."""
    return [
        Pill(one.label, f"{address}{one.slug}", numbers[one.slug], one.tone, one == current)
        for one in filters
        if one.slug in always or one == current or numbers[one.slug]
    ]


MAIL_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.NONE],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
}


def mail_frame(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return csp_override(MAIL_CSP)(xframe_options_sameorigin(view))
