"""Before the leader confirms many letters: what would happen, what to look at first, and what is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from followups import services
from followups.boards.figures import REMEDY_LABELS
from followups.models import FollowUp
from followups.together.chosen import Left, as_text, by_reason
from letters.models import Letter
from sepo_incident import danish
from sepo_incident.accounts.models import User

Review = FollowUp.ConsequenceReview

#: Why a letter is not among «all» when the reader is not the one it waits for.
HAS_OWN_LEADER = "Brevet har selv en leder, der kan bekræfte."


@dataclass(frozen=True)
class Preview:
    """``first`` are those to look at first: somebody was or may be harmed, a date has passed, or the decision was
    confirmed once and corrected since. ``of_others`` counts those that have a leader nearer than the reader."""

    first: list[Letter]
    others: list[Letter]
    by_remedy: list[tuple[str, int]]
    left: list[Left]
    of_others: int
    seen: str

    @property
    def count(self) -> int:
        return len(self.first) + len(self.others)


def preview(seen: Mapping[Letter, int], reader: User, spares_others: bool) -> Preview:
    """``spares_others``: what has a leader nearer than the reader is left to them."""
    found = services.sort_out(seen, by=reader)
    sound = sorted((followup.letter for followup in found.sound), key=_by_sender)
    of_others = [letter for letter in sound if not letter.falls_to_reader]  # type: ignore[attr-defined]
    left = found.left
    if spares_others:
        sound = [letter for letter in sound if letter.falls_to_reader]  # type: ignore[attr-defined]
        left, of_others = left + [(letter, HAS_OWN_LEADER) for letter in of_others], []
    return Preview(
        first=[letter for letter in sound if wants_a_look(letter)],
        others=[letter for letter in sound if not wants_a_look(letter)],
        by_remedy=_by_remedy([letter.followup for letter in sound]),
        left=by_reason(left),
        of_others=len(of_others),
        seen=as_text({letter: letter.followup.version for letter in sound}),
    )


def wants_a_look(letter: Letter) -> bool:
    followup = letter.followup
    is_harmed = followup.consequence_review in (Review.FOUND, Review.UNKNOWN)
    return is_harmed or bool(followup.deadline_missed) or letter.is_corrected  # type: ignore[attr-defined]


def _by_sender(letter: Letter) -> tuple[str, object]:
    return danish.sort_key(letter.sender.name if letter.sender else letter.sender_name), letter.sent_at


def _by_remedy(followups: list[FollowUp]) -> list[tuple[str, int]]:
    remedies = [followup.remedy for followup in followups]
    return [(label, remedies.count(remedy)) for remedy, label in REMEDY_LABELS.items() if remedy in remedies]
