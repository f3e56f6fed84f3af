"""How much of a board is followed up, what is missing by whose turn it is, and whether the deadline will be met.

A letter is followed up (*fulgt op*) when it is decided, done and confirmed by the leader (decision 69).
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from followups.boards.progress import FollowUpTimeline, daily_rate, letters_behind_plan
from followups.boards.tables import BAR_FILLS, board_link, followed_up_bar
from followups.reporting.letter_figures import (
    FIGURE_LABELS,
    LEADERS_TURN,
    SENDERS_TURN,
    FinishedUnit,
    Tally,
    missing_letters,
)
from sepo_incident.core import calendar, charts, danish

#: A part of a text, and the figure that the part counts, or "".
type TextPart = tuple[str, str]
#: The parts of the leaders' turn that a reader who confirms on the board sees beside the own turn.
OTHER_LEADERS = ("THEIRS", "OTHERS")


class TurnNumber(NamedTuple):
    """A number of letters that wait for somebody. `fill`: the CSS class of the same letters in the bar."""

    number: int
    label: str
    url: str
    fill: str


class FollowedUpPanel(NamedTuple):
    """The panel at the head of a board. `parts`: the text, each with the figure that it counts, or "".

    `url`: address of the followed up letters, or "". `bar`: None where nothing is missing, or nothing has begun.
    `turns`: (whose turn, numbers), the reader's own first.
    """

    heading: str
    parts: list[TextPart]
    url: str = ""
    bar: charts.Bar | None = None
    turns: list[tuple[str, list[TurnNumber]]] = []

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.parts)


def followed_up_sentence(counts: Tally) -> str:
    """Return «21 af 29 breve er ikke fulgt op» or «Alle 29 breve er fulgt op»."""
    missing, total = missing_letters(counts), danish.count(counts["ALL"], "brev", "breve")
    if missing:
        return f"{danish.number(missing)} af {total} er ikke fulgt op"
    return f"{_all_letters(counts)} er fulgt op"


def _all_letters(counts: Tally) -> str:
    """Return the letters of the board with their number: others may be on no board, or hidden from the reader."""
    return "Brevet" if counts["ALL"] == 1 else f"Alle {danish.number(counts['ALL'])} breve"


def followed_up_figure(counts: Tally) -> str:
    """Return the name of the figure that `followed_up_sentence` counts."""
    return "NOT_FOLLOWED_UP" if missing_letters(counts) else "FOLLOWED_UP"


def build_followed_up(
    unit_id: int, counts: Tally, finished: FinishedUnit | None, *, is_open: bool, is_closed: bool, may_confirm: bool
) -> FollowedUpPanel:
    """Return the panel. `finished`: the last confirmation, where nothing is missing and the reader may see it.

    `is_open`: the follow-up is opened.
    """
    total = danish.count(counts["ALL"], "brev", "breve")
    if is_closed:
        return FollowedUpPanel(
            "Hændelsen er lukket", [(followed_up_sentence(counts), followed_up_figure(counts)), (".", "")]
        )
    if not is_open:
        waits = ". Afsenderne kan gå i gang, når Koncern IT åbner opfølgningen."
        return FollowedUpPanel("Opfølgningen er ikke åbnet endnu", [(f"{total} er på listen", "ALL"), (waits, "")])
    if not missing_letters(counts):
        return _finished_panel(finished, counts)
    missing = danish.count(missing_letters(counts), "brev", "breve")
    parts = [(f"{missing} mangler", "NOT_FOLLOWED_UP"), (".", "")]
    if counts["ARRIVED"]:
        parts += [(" ", ""), (f"{danish.number(counts['ARRIVED'])} er kommet frem", "ARRIVED"), (".", "")]
    return FollowedUpPanel(
        f"Fulgt op {danish.number(counts['FOLLOWED_UP'])} af {danish.number(counts['ALL'])}",
        parts,
        board_link(unit_id, status="FOLLOWED_UP") if counts["FOLLOWED_UP"] else "",
        followed_up_bar(counts, counts["ALL"]),
        _turns(unit_id, counts, may_confirm=may_confirm),
    )


def _finished_panel(last: FinishedUnit | None, counts: Tally) -> FollowedUpPanel:
    parts: list[TextPart] = []
    if last:
        who = f"{last.by} bekræftede det sidste brev" if last.by else "Det sidste brev blev bekræftet"
        parts = [(f"{who} {last.when}. ", "")]
    if unproven := counts["ARRIVING"]:
        proof = f"{danish.count(unproven, 'brev mangler', 'breve mangler')} bevis for at være kommet frem"
        parts += [(proof, "ARRIVING"), (".", "")]
    return FollowedUpPanel(f"{_all_letters(counts)} er fulgt op", parts)


def _turns(unit_id: int, counts: Tally, *, may_confirm: bool) -> list[tuple[str, list[TurnNumber]]]:
    """Return the numbers of missing letters by whose turn the letters wait for. A number of zero is left out."""
    leaders = OTHER_LEADERS if may_confirm else LEADERS_TURN
    turns = [
        ("Din tur", ("MINE",) if may_confirm else ()),
        ("Afsenderens tur", SENDERS_TURN),
        ("Lederens tur", leaders),
    ]
    shown = [(whose, [name for name in names if counts[name]]) for whose, names in turns]
    return [
        (
            whose,
            [
                TurnNumber(
                    counts[name],
                    FIGURE_LABELS[name],
                    board_link(unit_id, status=name),
                    BAR_FILLS.get(name, BAR_FILLS["DONE"]),
                )
                for name in names
            ],
        )
        for whose, names in shown
        if names
    ]


def progress_sentence(timeline: FollowUpTimeline, counts: Tally, deadline: date, who: str = "I") -> str:
    """Return whether the work keeps up with the plan, or "" after the deadline and when nothing is missing.

    `who`: the people whose work it is, as the reader calls them.
    """
    missing = missing_letters(counts)
    if not missing or calendar.is_overdue(deadline, timeline.today):
        return ""
    rate = daily_rate(timeline, timeline.followed_up, missing, deadline)
    late = letters_behind_plan(timeline, counts, deadline)
    if late > 0:
        verdict = f"{who} er bagud med {danish.count(late, 'brev', 'breve')}."
    elif not timeline.working_days_behind:
        verdict = "Opfølgningen er lige begyndt."
    else:
        verdict = "Med det hidtidige tempo nås fristen ikke." if rate.is_too_slow else f"{who} følger planen."
    needed = "Der er ingen arbejdsdage inden fristen."
    if calendar.working_days_between(timeline.today, deadline):  # counted beside the deadline, in one way
        needed = f"{danish.capitalized(who)} skal nå cirka {danish.number(rate.needed_whole)} om dagen."
    if timeline.working_days_behind:
        needed += f" Hidtil har {who} nået cirka {danish.number(rate.so_far_whole)} om dagen."
    return f"{danish.capitalized(verdict)} {needed}"
