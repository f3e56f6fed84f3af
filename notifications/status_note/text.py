"""The markup of a note's prose, and the blocks that page and Word document are made from.

    A line of text, with figures as {mangler-en-beslutning}; {~er-paa-listen} puts »op mod« before the figure
    while it is not final.
    - a bullet

    An empty line begins a new paragraph.

A block is plain data that the version stores:

    {"type": "paragraph" | "bullet" | "small", "pieces": [piece, …]}
    {"type": "table", "head": [text, …], "rows": [{"label": text, "is_total": bool, "figures": [name, …]}, …]}
    {"type": "cells", "head": [text, …], "rows": [[text, …], …]}
    {"type": "bars", "caption": text, "rows": [{"label": text, "figure": name, "share": 0 to 100}, …]}

A piece is a text, or {"figure": name}. A name is the key of a figure, or the key with @before (the value in the version
before) or @change (the difference).
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.utils.text import slugify

from sepo_incident.core import danish
from sepo_incident.core.control_characters import strip_control_characters

type Piece = str | dict[str, str]
type Block = dict[str, Any]

BEFORE, CHANGE = "@before", "@change"
_CHIP = re.compile(r"\{(~?)([^{}\n]*)\}")
#: «3.400», «3 400», or digits in a row.
NUMBER = re.compile(r"\d{1,3}(?:[.\s]\d{3})+(?!\d)|\d+")
#: Numbers that count nothing.
_NO_FIGURE = re.compile(
    "|".join((
        r"\b\d{4}-\d+(?:-\d+)?\b",  # the number of a case, a date as 2020-01-14
        r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b",  # a date as 14.01.2020
        r"\b\d{1,2}\.\s+(?=[a-zæøå])",  # the day of «9. til 19. december», an ordinal
        r"\b[Kk]l\.?\s*\d{1,2}(?:[.:]\d{2})?\b|(?<![\d.])\d{1,2}[.:]\d{2}(?!\d)",  # a clock time
        r"(?<![\d.])(?:19|20)\d{2}\b(?! \d)",  # a year
        r"\b\d{2}(?: \d{2}){3}\b|\b\d{4} \d{4}\b",  # a phone number
        r"(?:§+|\b(?i:stk|nr|art|pkt|kap)\.|\b(?i:artikel|kapitel|bilag|udgave))\s*\d+",  # a part of a law
    ))
)  # fmt: skip


class UnknownFigures(Exception):
    """Raised for a text with fields that name no figure. The text is a Danish sentence."""

    def __init__(self, names: list[str]):
        super().__init__(f"{danish.join_with_and(names)} findes ikke. Brug felterne under teksten.")


def ascii_name(label: str) -> str:
    return slugify(danish.spell_ascii(label.replace("–", "-")))


class Chips:
    """The names that people write for figures: the label in ASCII, or the key where several have the label."""

    def __init__(self, labels: Mapping[str, str]):
        names = {key: ascii_name(label) for key, label in labels.items()}
        shared = Counter(names.values())
        self.name_of = {key: name if shared[name] == 1 else key for key, name in names.items()}
        self._keys = {name: key for key, name in self.name_of.items()} | {key: key for key in labels}

    def key(self, name: str) -> str | None:
        return self._keys.get(name.strip())

    def spelled(self, text: str) -> str:
        """Return the text with the name of each figure in place of its key."""
        return _CHIP.sub(lambda chip: f"{{{chip[1]}{self.name_of.get(chip[2], chip[2])}}}", text)

    def unknown(self, text: str) -> list[str]:
        return [chip[0] for chip in _CHIP.finditer(text) if self.key(chip[2]) is None]


def typed_numbers(text: str) -> list[str]:
    """Return the numbers of a text that somebody typed instead of a field, each once."""
    rest = _NO_FIGURE.sub(" ", _CHIP.sub(" ", text))
    return list(dict.fromkeys(NUMBER.findall(rest)))


def parse_prose(text: str, chips: Chips, hedges: Mapping[str, str]) -> list[Block]:
    """Return the blocks of a text. `hedges`: {key: word} of the figures that are not final. Raise UnknownFigures."""
    if unknown := chips.unknown(text):
        raise UnknownFigures(unknown)
    blocks, lines = [], []
    text = strip_control_characters(text.replace("\r\n", "\n"))
    for line in [*text.split("\n"), ""]:
        if line.strip() and not line.startswith("- "):
            lines.append(line.strip())
            continue
        if lines:
            blocks.append(_block("paragraph", " ".join(lines), chips, hedges))
            lines = []
        if line.startswith("- "):
            blocks.append(_block("bullet", line[2:].strip(), chips, hedges))
    return blocks


def _block(kind: str, text: str, chips: Chips, hedges: Mapping[str, str]) -> Block:
    pieces: list[Piece] = []
    at = 0
    for chip in _CHIP.finditer(text):
        key = chips.key(chip[2]) or ""
        before = text[at : chip.start()]
        hedge = hedges.get(key, "") if chip[1] else ""
        if hedge:
            begins = (not before.rstrip() and not pieces) or before.rstrip().endswith((".", ":"))
            before += f"{danish.capitalized(hedge) if begins else hedge}\u00a0"
        pieces += [*([before] if before else []), {"figure": key}]
        at = chip.end()
    return {"type": kind, "pieces": [*pieces, *([text[at:]] if text[at:] else [])]}
