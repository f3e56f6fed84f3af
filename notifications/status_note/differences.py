"""The text of a version for a page: each figure a link, and the paragraphs marked that the version before lacks."""

from typing import NamedTuple

from followups.models import NoteVersion
from notifications.status_note.frozen_figures import named_figures
from notifications.status_note.sections import SECTIONS_BY_KEY
from notifications.status_note.text import CHANGE, Block, Piece
from sepo_incident.core import danish

#: Figures that a committee wants to see the change of, with what the change means.
CHANGES = {
    "letters": ("brev mere på listen", "breve mere på listen", "brev færre på listen", "breve færre på listen"),
    "letters.followed_up": (
        "brev mere er fulgt op", "breve mere er fulgt op",
        "brev færre er fulgt op", "breve færre er fulgt op",
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


class ShownRow(NamedTuple):
    label: str
    is_total: bool
    cells: list[tuple[str, ShownWord]]
    share: int = 0


class ShownBlock(NamedTuple):
    """A block for the page. `words`: of a text; `rows`: of a table or bars. `is_new`: the version before lacks it."""

    type: str
    block: Block
    words: list[ShownWord]
    rows: list[ShownRow]
    is_new: bool


class ShownSection(NamedTuple):
    """A section for the page. `part`: the heading above it and its neighbours."""

    key: str
    part: str
    heading: str
    is_annex: bool
    blocks: list[ShownBlock]


def show_note(version: NoteVersion) -> list[ShownSection]:
    """Return the version for the page. A paragraph with other figures in the same words is not new. Four queries."""
    figures = named_figures(version)
    before = version.previous.content["sections"] if version.previous else []
    known = [block.get("pieces") for section in before for block in section["blocks"]]

    def word(piece: Piece) -> ShownWord:
        if isinstance(piece, str):
            return ShownWord(piece)
        return ShownWord(figures[piece["figure"]].text, piece["figure"], version.pk)

    def row(block: Block, line: dict) -> ShownRow:
        is_table = block["type"] == "table"
        names, heads = (line["figures"], block["head"][1:]) if is_table else ([line["figure"]], [""])
        cells = [(head, word({"figure": name})) for head, name in zip(heads, names, strict=True)]
        return ShownRow(line["label"], line.get("is_total", False), cells, line.get("share", 0))

    def shown(block: Block) -> ShownBlock:
        pieces = block.get("pieces")
        is_new = bool(known and pieces) and pieces not in known
        rows = [row(block, line) for line in block.get("rows", []) if block["type"] in ("table", "bars")]
        return ShownBlock(block["type"], block, [word(piece) for piece in pieces or []], rows, is_new)

    return [
        ShownSection(
            *(one["key"], one["part"], one["heading"]),
            is_annex=SECTIONS_BY_KEY[one["key"]].is_annex,
            blocks=list(map(shown, one["blocks"])),
        )
        for one in version.content["sections"]
    ]


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
