"""The tiles of a board: the most important figures, each with its parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from followups.boards.tables import board_link
from followups.reporting.letter_figures import CONFIRMER_FIGURES, FIGURE_LABELS, Tally
from sepo_incident.accounts.models import Unit
from sepo_incident.core import charts

#: (figure, tone, parts of the figure). The tiles together count every letter once; then follows the share of letters
#: that are proven to have arrived, if any. A tile in OPTIONAL_TILES is left out when it is zero.
TILES = [
    ("OPEN", "is-soon", ["PASSED", "HELP"]),
    ("DECIDED", "", []),
    ("SENT_BACK", "is-soon", []),
    ("TO_ANSWER", "is-soon", []),
    ("DONE", "is-info", CONFIRMER_FIGURES),
    ("CONFIRMED", "is-ok", []),
]
OPTIONAL_TILES = ("SENT_BACK", "TO_ANSWER")


def build_tiles(unit: Unit, counts: Tally, may_confirm: bool) -> list[dict[str, Any]]:
    """Return the tiles of the board, each with the parts that are not zero, and last the share of arrived letters."""

    def figure(name: str) -> dict[str, Any]:
        return {"number": counts[name], "label": FIGURE_LABELS[name], "url": board_link(unit.pk, status=name)}

    def parts_of(parts: Sequence[str]) -> list[dict[str, Any]]:
        return [figure(part) for part in parts if counts[part] and (may_confirm or part not in CONFIRMER_FIGURES)]

    tiles = [
        figure(name) | {"tone": tone, "parts": parts_of(parts)}
        for name, tone, parts in TILES
        if name not in OPTIONAL_TILES or counts[name]
    ]
    if not counts["ARRIVED"]:
        return tiles
    percent = charts.rounded_percent(counts["ARRIVED"], counts["AGAIN"])
    share = {"percent": percent} | figure("AGAIN")
    return [*tiles, figure("ARRIVED") | {"tone": "is-ok", "parts": [], "share": share}]
