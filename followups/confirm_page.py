"""Before the leader confirms many letters: what would happen, what to look at first, and what is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from followups import services
from followups.figures import REMEDY_LABELS
from followups.models import Decision, FollowUp
from letters.models import Letter
from letters.models.letter import LetterQuerySet
from sepo_incident import danish
from sepo_incident.accounts.models import User

Review = FollowUp.ConsequenceReview

#: One letter as it was seen: which, and the version of its decision.
SEEN = re.compile(r"(\d{1,18}):(\d{1,9})", re.ASCII)
#: Why a letter is not among «all» when the reader is not the one it waits for.
HAS_OWN_LEADER = "Brevet har selv en leder, der kan bekræfte."
#: A reason names its letters when they are no more than this; otherwise it only counts them.
NAMED = 5


class Left(NamedTuple):
    """Letters that are left alone for the same reason."""

    why: str
    letters: int
    named: list[Letter]


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
        left=_by_reason(left),
        of_others=len(of_others),
        seen=as_text(sound),
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


def _by_reason(left: list[tuple[Letter, str]]) -> list[Left]:
    """The largest group last: what is special stands first."""
    groups = groupby(sorted(left, key=lambda pair: pair[1]), key=lambda pair: pair[1])
    letters = {why: [letter for letter, _ in pairs] for why, pairs in groups}
    found = [Left(why, len(them), them if len(them) <= NAMED else []) for why, them in letters.items()]
    return sorted(found, key=lambda group: group.letters)


# --- Versions as seen travel from the page to the act -------------------------------------------------------------


def as_text(letters: Iterable[Letter]) -> str:
    """«12:1 13:2»: one field, however many letters, and each at the version that was shown."""
    return " ".join(f"{letter.pk}:{letter.followup.version}" for letter in letters)


def as_seen(values: Iterable[str]) -> dict[int, int]:
    """Letter → version. What is not written so is not from the page."""
    return {int(found[1]): int(found[2]) for value in values if (found := SEEN.fullmatch(value))}


def with_versions(letters: LetterQuerySet, versions: Mapping[int, int]) -> tuple[dict[Letter, int], int]:
    """The letters among these that were seen, each at its version; and how many of the seen are not among them."""
    here = {letter: versions[letter.pk] for letter in whole(letters).filter(pk__in=versions)}
    return here, len(versions) - len(here)


def as_they_are(letters: LetterQuerySet) -> dict[Letter, int]:
    """Every letter at the version it has now; one that is not opened has none."""
    return {letter: letter.followup.version if hasattr(letter, "followup") else 0 for letter in whole(letters)}


def whole(letters: LetterQuerySet) -> LetterQuerySet:
    corrected = Decision.objects.filter(followup__letter=OuterRef("pk"), kind=Decision.Kind.CORRECTED)
    letters = letters.annotate(is_corrected=Exists(corrected))
    return letters.select_related("followup", "unit", "sender", "leader")
