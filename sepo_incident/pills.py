"""The pills of ``components/pills.html``: some ways to look at a list, each a link with how many are there."""

from typing import NamedTuple


class Pill(NamedTuple):
    """``tone`` is one of ``danish.Look``'s; ``number`` is None where nothing is counted."""

    label: str
    url: str
    number: int | None = None
    tone: str = ""
    is_current: bool = False
