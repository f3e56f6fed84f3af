"""The text of a version for a page: each figure a link, and what has changed since the version before, marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from followups.models import NoteVersion
from notifications.status_note.frozen_figures import NamedFigure, named_figures
from notifications.status_note.sections import SECTIONS_BY_KEY
from notifications.status_note.text import CHANGE, Block, Piece
from sepo_incident.core import danish

#: Figures that a committee wants to see the change of, with what the change means.
CHANGES = {
    "letters": ("brev mere på listen", "breve mere på listen", "brev færre på listen", "breve færre på listen"),
    "letters.has_decision": (
        "brev mere har en beslutning", "breve mere har en beslutning",
        "brev færre har en beslutning", "breve færre har en beslutning",
    ),
    "letters.arrived": (
        "brev mere er kommet frem", "breve mere er kommet frem",
        "brev færre er kommet frem", "breve færre er kommet frem",
    ),
    "consequences": ("konsekvens mere", "konsekvenser mere", "konsekvens færre", "konsekvenser færre"),
}  # fmt: skip


class ShownWord(NamedTuple):
    """A stretch of text. `name`: the figure it is; "" for words. `version`: pk of the version with the figure."""

    text: str
    name: str = ""
    version: int = 0


class Stretch(NamedTuple):
    """Words that are the same, inserted or deleted: `kind` is "", "ins" or "del"."""

    kind: str
    words: list[ShownWord]


@dataclass
class ShownBlock:
    """A block for the page. `stretches`: of a text; `rows`: of a table or bars."""

    type: str
    stretches: list[Stretch]
    block: Block
    rows: list[ShownRow]


class ShownRow(NamedTuple):
    label: str
    is_total: bool
    cells: list[tuple[str, ShownWord]]
    share: int = 0


class ShownSection(NamedTuple):
    key: str
    heading: str
    is_annex: bool
    blocks: list[ShownBlock]


class ShownNote(NamedTuple):
    """`places`: how many places of the text differ; `news`: how many of them are not figures."""

    sections: list[ShownSection]
    places: int
    news: int


def show_note(version: NoteVersion, *, with_changes: bool) -> ShownNote:
    """Return the version for the page. At most four queries."""
    figures = named_figures(version)
    previous = version.previous if with_changes else None
    figures_before = named_figures(previous) if previous else {}
    before = {one["key"]: one["blocks"] for one in previous.content["sections"]} if previous else {}
    sections = []
    for section in version.content["sections"]:
        texts = [_words(block, figures, version) for block in section["blocks"] if "pieces" in block]
        if previous:
            old = [_words(one, figures_before, previous) for one in before.get(section["key"], []) if "pieces" in one]
            compared = iter(_compare_blocks(old, texts))
        else:
            compared = iter([[Stretch("", words)] for words in texts])
        blocks = list(_shown_blocks(section["blocks"], compared, figures, version))
        is_annex = SECTIONS_BY_KEY[section["key"]].is_annex
        sections.append(ShownSection(section["key"], section["heading"], is_annex, blocks))
    changed = [one for section in sections for block in section.blocks for one in _places(block.stretches)]
    return ShownNote(sections, len(changed), sum(1 for one in changed if not any(word.name for word in one)))


def _places(stretches: Sequence[Stretch]) -> list[list[ShownWord]]:
    """Return the words of each change; a deletion followed by an insertion is one change."""
    places: list[list[ShownWord]] = []
    previous = ""
    for one in stretches:
        if one.kind == "ins" and previous == "del":
            places[-1] += one.words
        elif one.kind:
            places.append(list(one.words))
        previous = one.kind
    return places


def _shown_blocks(
    blocks: Sequence[Block],
    compared: Iterator[list[Stretch]],
    figures: dict[str, NamedFigure],
    version: NoteVersion,
) -> Iterator[ShownBlock]:
    for block in blocks:
        if "pieces" in block:
            yield ShownBlock(block["type"], next(compared), block, [])
        else:
            yield ShownBlock(block["type"], [], block, [_row(block, row, figures, version) for row in block["rows"]])
    for stretches in compared:  # paragraphs that are gone since the version before
        yield ShownBlock("paragraph", stretches, {}, [])


def _row(block: Block, row: dict, figures: dict[str, NamedFigure], version: NoteVersion) -> ShownRow:
    names = row["figures"] if block["type"] == "table" else [row["figure"]]
    heads = block["head"][1:] if block["type"] == "table" else [""]
    cells = [(head, ShownWord(figures[name].text, name, version.pk)) for head, name in zip(heads, names, strict=True)]
    return ShownRow(row["label"], row.get("is_total", False), cells, row.get("share", 0))


def _words(block: Block, figures: dict[str, NamedFigure], version: NoteVersion) -> list[ShownWord]:
    return [word for piece in block["pieces"] for word in _piece_words(piece, figures, version)]


def _piece_words(piece: Piece, figures: dict[str, NamedFigure], version: NoteVersion) -> Iterable[ShownWord]:
    if isinstance(piece, dict):
        return [ShownWord(figures[piece["figure"]].text, piece["figure"], version.pk)]
    return [ShownWord(text) for text in re.findall(r"\S+\s*|\s+", piece)]


def _same(words: Sequence[ShownWord]) -> list[tuple[str, str]]:
    return [(word.text.strip(), word.name) for word in words]


def _shape(words: Sequence[ShownWord]) -> tuple[str, ...]:
    """Return the words with the names of the figures in place of their values."""
    return tuple(word.name or word.text.strip() for word in words)


def _compare_blocks(old: list[list[ShownWord]], new: list[list[ShownWord]]) -> list[list[Stretch]]:
    """Return the stretches of each new paragraph, and of each paragraph that is gone, last."""
    matcher = SequenceMatcher(None, [_shape(one) for one in old], [_shape(one) for one in new], autojunk=False)
    shown, gone = [], []
    for _, a, b, c, d in matcher.get_opcodes():
        for before, after in zip_longest(old[a:b], new[c:d]):
            if after is None:
                gone.append([Stretch("del", before)])
            else:
                shown.append(_compare_words(before or [], after))
    return [*shown, *gone]


def _compare_words(old: list[ShownWord], new: list[ShownWord]) -> list[Stretch]:
    if not old:
        return [Stretch("ins", new)]
    stretches = []
    for kind, a, b, c, d in SequenceMatcher(None, _same(old), _same(new), autojunk=False).get_opcodes():
        if kind == "equal":
            stretches.append(Stretch("", new[c:d]))
            continue
        stretches += [Stretch(name, words) for name, words in (("del", old[a:b]), ("ins", new[c:d])) if words]
    return stretches


def list_changes(version: NoteVersion) -> list[tuple[ShownWord, str]]:
    """Return (difference, words) of the figures that a committee asks for, where they changed."""
    if version.previous is None:
        return []
    figures, found = named_figures(version), []
    for key, (one_more, more, one_fewer, fewer) in CHANGES.items():
        change = figures.get(key + CHANGE)
        if change and change.value:
            size = max(change.value, -change.value)
            words = (one_more if size == 1 else more) if change.value > 0 else (one_fewer if size == 1 else fewer)
            found.append((ShownWord(danish.number(size), change.name, version.pk), words))
    return found
