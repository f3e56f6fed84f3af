"""The tiles of ``components/tiles.html``: how many there are of something, and the way to them."""

from typing import NamedTuple, Self


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
