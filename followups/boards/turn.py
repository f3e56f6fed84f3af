"""*Din tur*: the decisions that the reader confirms on a board, in groups, and the confirmations that can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from followups.boards.board import Board
from followups.models import FollowUp, LetterRow
from followups.rules import rights
from followups.selection import format_current_versions
from sepo_incident.core import danish

Remedy = FollowUp.Remedy
#: So many decisions are shown, and confirmed in one press: nobody confirms a letter that the page does not show.
MAX_SHOWN = 50
#: Decisions that stand open, in the order below; a press unfolds the rest.
FOLD_AFTER = 10
#: Heading of each group, in the order of the page: what needs most attention comes first.
GROUP_HEADINGS = {
    "harmed": "Har fået konsekvenser ({}): læs, hvad der er gjort",
    "corrected": "Rettet efter bekræftelse ({})",
    Remedy.NO_DISPATCH: "Sendes ikke igen ({}): læs begrundelsen",
    Remedy.NEW_LETTER: "Nyt brev ({})",
    Remedy.RESEND_AND_NEW: "Sendes igen og nyt brev ({})",
    Remedy.PAPER: "Sendes på papir ({})",
    Remedy.RESEND: "Sendes igen ({})",
}


class ConfirmRow(NamedTuple):
    """A decision to confirm. `note`: what the reader must know before the press, or ""."""

    letter: LetterRow
    note: str
    is_folded: bool = False


class ConfirmGroup(NamedTuple):
    heading: str
    rows: list[ConfirmRow]

    @property
    def is_folded(self) -> bool:
        return self.rows[0].is_folded


@dataclass(frozen=True)
class LastConfirmation:
    """The reader's latest confirmations of today, made in one press: `versions` says of which letters."""

    at: datetime
    count: int
    versions: str


@dataclass(frozen=True)
class Turn:
    """The decisions that await the reader. `count`: all of them; `shown`: those in `groups`, at most `MAX_SHOWN`."""

    count: int
    groups: list[ConfirmGroup]
    versions: str
    last: LastConfirmation | None

    @property
    def shown(self) -> int:
        return sum(len(group.rows) for group in self.groups)

    @property
    def folds(self) -> bool:
        return self.shown > FOLD_AFTER


def waiting_ids(board: Board) -> list[int]:
    """Return the ids of the first `MAX_SHOWN` letters that await the reader on the board, the longest waiting first."""
    if not board.may_confirm or not board.counts["MINE"]:
        return []
    waiting = board.letters.filter(rights.awaits_confirmation_by(board.reader)).order_by("followup__decided_at", "pk")
    return list(waiting.values_list("pk", flat=True)[:MAX_SHOWN])


def build_turn(board: Board, letters: list[LetterRow]) -> Turn:
    """Return the reader's turn on the board. `letters`: those of `waiting_ids`. At most two queries."""
    if not board.may_confirm:
        return Turn(0, [], "", None)
    groups, versions = _groups(letters), format_current_versions(letters)
    return Turn(board.counts["MINE"], groups, versions, last_confirmation(board))


def last_confirmation(board: Board) -> LastConfirmation | None:
    """Return what the reader confirmed last on the board today, if no letter has changed since. At most one query."""
    at = board.counted.confirmed_at
    if at is None or at < danish.midnight(board.today):
        return None
    confirmed = board.letters.filter(followup__confirmed_by=board.reader, followup__confirmed_at=at)
    letters = confirmed.select_related("followup").order_by("pk")
    return LastConfirmation(at, len(letters), format_current_versions(letters))


def _groups(letters: list[LetterRow]) -> list[ConfirmGroup]:
    rows: dict[str, list[ConfirmRow]] = {key: [] for key in GROUP_HEADINGS}
    for letter in letters:
        key = "corrected" if letter.is_corrected else Remedy(letter.followup.remedy)
        rows["harmed" if letter.followup.may_have_harmed else key].append(ConfirmRow(letter, _note(letter)))
    in_order = [row for some in rows.values() for row in some]
    folded = {row.letter.pk for row in in_order[FOLD_AFTER:]}
    return [
        ConfirmGroup(
            GROUP_HEADINGS[key].format(len(some)), [one._replace(is_folded=one.letter.pk in folded) for one in some]
        )
        for key, some in rows.items()
        if some
    ]


def _note(letter: LetterRow) -> str:
    """Return for example «Datoen 10. januar er passeret. Ny dato: 20. januar.»"""
    followup = letter.followup
    missed = f"Datoen {danish.day_month(followup.missed_on)} er passeret." if followup.missed_on else ""
    if denied := followup.denied_due_date:
        missed = f"Datoen {danish.day_month(denied)} var passeret, men afsenderen har svaret nej."
    new = f"Ny dato: {danish.day_month(followup.new_deadline)}." if followup.new_deadline else ""
    reason = f"»{followup.no_dispatch_reason}«" if followup.no_dispatch_reason else ""
    handled = f"Håndteret: »{followup.handled_text}«" if followup.handled_text else ""
    return " ".join(filter(None, [reason, missed, new, handled]))
