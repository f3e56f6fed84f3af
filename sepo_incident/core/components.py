"""Page components that every app uses: tiles with a number, pills that filter a list, and a frame for HTML mails.

The templates `components/tiles.html` and `components/ui.html` draw tiles and pills.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple, Self

from django.http import HttpResponse
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override


class Tile(NamedTuple):
    """A number with a label. `tone` is a tone of `danish.Badge`; `url` makes the tile a link."""

    number: int
    label: str
    tone: str = ""
    url: str = ""

    @classmethod
    def from_count(cls, number: int, one: str, many: str, tone: str, url: str) -> Self:
        """Return a tile with `one` or `many` as label; a tile that shows 0 has neither tone nor link."""
        return cls(number, one if number == 1 else many, tone if number else "", url if number else "")


class Pill(NamedTuple):
    """A link to a filtered list.

    `tone` is a tone of `danish.Badge`; `number` is None if the pill shows no count.
    """

    label: str
    url: str
    number: int | None = None
    tone: str = ""
    is_current: bool = False


class ListFilter[T](NamedTuple):
    """A filter of a list: slug in the URL, label, and `shows`, the value that the list's query understands."""

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
    """Return pills for the filters with a positive number, the current filter, and the filters in `always`.

    `numbers`: slug → count. `address`: a URL prefix that the slug is appended to.
    """
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
    """Allow a view that returns an HTML mail to be framed by pages of the site.

    The mail's own inline styles apply; scripts, pictures and forms are blocked.
    """
    return csp_override(MAIL_CSP)(xframe_options_sameorigin(view))
