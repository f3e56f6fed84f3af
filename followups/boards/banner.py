"""The banner of a board: how far the unit is, and whether it will meet the deadline."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from followups.boards.progress import DecisionRate, DecisionTimeline, decision_rate, letters_behind_plan
from followups.reporting.letter_figures import FinishedUnit, Tally
from sepo_incident.core import calendar, danish

#: A part of a text, and the figure that the part counts, or "".
type TextPart = tuple[str, str]


class Banner(NamedTuple):
    """The banner of a board.

    `tone` is the last part of the DKFDS class (alert-error, -warning, -info, -success), and the name of the icon.
    `parts` are the text, each with the figure that it counts, or "". `figure` names the letters that the banner is
    about, or is "".
    """

    tone: str
    heading: str
    parts: list[TextPart]
    figure: str = ""

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.parts)


def decided_sentence(counts: Tally) -> str:
    """Return «4 af 7 breve mangler en beslutning» or «Brevet har en beslutning»."""
    undecided, total = counts["OPEN"], danish.count(counts["ALL"], "brev", "breve")
    if undecided:
        return f"{danish.number(undecided)} af {total} mangler en beslutning"
    return f"{_all_letters(counts)} har en beslutning"


def _all_letters(counts: Tally) -> str:
    """Return the letters of the board with their number: others may be on no board, or hidden from the reader."""
    return "Brevet" if counts["ALL"] == 1 else f"Alle {danish.number(counts['ALL'])} breve"


def decided_figure(counts: Tally) -> str:
    """Return the name of the figure that `decided_sentence` counts."""
    return "OPEN" if counts["OPEN"] else "HAS_DECISION"


def build_banner(
    counts: Tally,
    timeline: DecisionTimeline | None,
    deadline: date,
    today: date,
    finished: FinishedUnit | None = None,
    who: str = "I",
) -> Banner:
    """Return the banner. `timeline` is None until the follow-up is opened; `finished` is None until nothing is left.

    `who`: the people whose work it is, as the reader calls them.
    """
    due = f"{danish.weekday_date_short(deadline)} – {danish.days_left(deadline, today)}"
    letters_text = danish.count(counts["ALL"], "brev", "breve")
    if timeline is None:
        return _not_opened_banner(due, letters_text)
    if finished:
        return _finished_banner(finished, counts)
    if not counts["OPEN"]:
        return _all_decided_banner(counts, due)
    if calendar.is_overdue(deadline, today):
        return _overdue_banner(counts, due)
    rate = decision_rate(timeline, timeline.overall, counts["OPEN"], deadline)
    tone, verdict = _verdict(timeline, counts, rate, deadline, who)
    text = "Der er ingen arbejdsdage inden fristen."
    if calendar.working_days_between(today, deadline):  # counted beside the deadline, in one way
        text = f"{danish.capitalized(who)} skal nå cirka {danish.number(rate.needed_whole)} om dagen."
    if timeline.working_days_behind:
        text += f" Hidtil har {who} nået cirka {danish.number(rate.so_far_whole)} om dagen."
    undecided = f"{danish.number(counts['OPEN'])} af {letters_text} mangler en beslutning"
    parts = [(undecided, "OPEN"), (". ", ""), *_unsent_parts(counts), (text, "")]
    return Banner(tone, f"Frist {due}. {verdict}", parts)


def _not_opened_banner(due: str, letters_text: str) -> Banner:
    return Banner(
        "info",
        "Opfølgningen er ikke åbnet endnu",
        [
            (f"{letters_text} er på listen", "ALL"),
            (f". Afsenderne kan gå i gang, når Koncern IT åbner opfølgningen. Frist: {due}.", ""),
        ],
    )


#: work that is left when all letters have a decision
REMAINING_WORK = {
    "DECIDED": "er ikke sendt endnu",
    "SENT_BACK": "er sendt tilbage til afsenderen",
    "TO_ANSWER": "mangler et svar",
    "DONE": "venter på lederens bekræftelse",
}


def _finished_banner(last: FinishedUnit, counts: Tally) -> Banner:
    confirmed = f"Det sidste brev blev bekræftet {last.when}."
    if last.by:
        confirmed = f"{last.by} bekræftede det sidste brev {last.when}."
    if last.unproven:
        heading = f"Alt er bekræftet, men {danish.count(last.unproven, 'brev', 'breve')} mangler bevis"
        return Banner("warning", heading, [(confirmed, "")], "ARRIVING")
    return Banner("success", f"{_all_letters(counts)} er fulgt op", [(confirmed, "")])


def _all_decided_banner(counts: Tally, due: str) -> Banner:
    work = [(f"{danish.number(counts[name])} {words}", name) for name, words in REMAINING_WORK.items() if counts[name]]
    between = [*[(", ", "")] * (len(work) - 2), *[(" og ", "")] * (len(work) > 1), (f". Frist: {due}.", "")]
    parts = [part for pair in zip(work, between, strict=True) for part in pair] if work else [(f"Frist: {due}.", "")]
    return Banner("success", decided_sentence(counts), parts)


def _overdue_banner(counts: Tally, due: str) -> Banner:
    late = danish.count(counts["OPEN"], "brev", "breve")
    return Banner(
        "error",
        f"Fristen var {due}. {late} mangler stadig en beslutning",
        [*_unsent_parts(counts), ("Begynd med de breve, hvor datoen er passeret.", "")],
    )


def _verdict(
    timeline: DecisionTimeline, counts: Tally, rate: DecisionRate, deadline: date, who: str
) -> tuple[str, str]:
    """Return (tone, Danish verdict) before the deadline has passed."""
    late = letters_behind_plan(timeline, counts, deadline)
    if late > 0:
        return "warning", f"{who} er bagud med {danish.count(late, 'brev', 'breve')}"
    if not timeline.working_days_behind:
        return "info", f"{who} er lige begyndt"
    if rate.is_too_slow:
        return "warning", f"{who} når ikke fristen i det tempo"
    return "info", f"{who} følger planen"


def _unsent_parts(counts: Tally) -> list[TextPart]:
    """Return the sentence about decided letters that are not sent, with a space after it, or nothing."""
    unsent = f"{danish.number(counts['DECIDED'])} er besluttet, men ikke sendt"
    return [(unsent, "DECIDED"), (". ", "")] if counts["DECIDED"] else []
