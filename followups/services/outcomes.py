"""What an act on many letters does or did: which it was done to, and for each one left alone why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from followups.models import BulkDecision, FollowUp
from letters.models import Letter

CHANGED = "Beslutningen er ændret, siden du så den."
NOT_OPENED = "Opfølgningen er ikke åbnet endnu."


@dataclass(frozen=True)
class Outcome:
    """What a bulk act did: how many letters, and for each one left alone why (letter, sentence)."""

    done: int
    skipped: list[tuple[Letter, str]]
    bulk: BulkDecision | None = None  # what decisions made together have in common


@dataclass(frozen=True)
class Sorted:
    """What would be done, and what would be left alone and why (letter, sentence)."""

    sound: list[FollowUp]
    left: list[tuple[Letter, str]]


def sort(followups: Iterable[FollowUp], why_not: Callable[[FollowUp], str]) -> Sorted:
    """``why_not`` tells what is in the way of a follow-up, "" when nothing is."""
    found = Sorted([], [])
    for followup in followups:
        if refusal := why_not(followup):
            found.left.append((followup.letter, refusal))
        else:
            found.sound.append(followup)
    return found


def sort_letters(letters: Iterable[Letter], why_not: Callable[[FollowUp], str]) -> Sorted:
    """The same for letters that were fetched with their follow-ups, of which some may have none."""
    letters = list(letters)
    found = sort([letter.followup for letter in letters if hasattr(letter, "followup")], why_not)
    unopened = [(letter, NOT_OPENED) for letter in letters if not hasattr(letter, "followup")]
    return Sorted(found.sound, found.left + unopened)
