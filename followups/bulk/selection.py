"""The letters chosen on a list, each as it was seen there; and how a page tells which of them are left alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from django.db.models import Exists, OuterRef
from django.http import QueryDict

from followups.boards.filters import LetterFilter
from followups.models import Decision
from followups.rules import rights
from letters.models import Letter
from letters.models.letter import LetterQuerySet

#: One letter as it was seen: which, and the version of its decision.
SEEN_VERSION = re.compile(r"(\d{1,18}):(\d{1,9})", re.ASCII)
#: A reason names its letters when they are no more than this; otherwise it only counts them.
MAX_NAMED = 5
INVALID_FILTER = "Et af valgene over listen kan ikke bruges. Gå tilbage, og vælg igen."


class SkippedGroup(NamedTuple):
    """Letters that are left alone for the same reason."""

    why: str
    letters: int
    named: list[Letter]


@dataclass(frozen=True)
class Selection:
    """The letters at the version seen, how many chosen ones are not among the letters here, and what to say when there
    is none."""

    seen: dict[Letter, int]
    foreign: int = 0
    none: str = ""


def group_by_reason(left: Iterable[tuple[Letter, str]], named: int = MAX_NAMED) -> list[SkippedGroup]:
    """The largest group last: what is special stands first."""
    groups = groupby(sorted(left, key=lambda pair: pair[1]), key=lambda pair: pair[1])
    letters = {why: [letter for letter, _ in pairs] for why, pairs in groups}
    found = [SkippedGroup(why, len(them), them if len(them) <= named else []) for why, them in letters.items()]
    return sorted(found, key=lambda group: group.letters)


def selection_from_address(
    choices: QueryDict, letters: LetterQuerySet, none_chosen: str, none_left: str
) -> Selection | None:
    """Those with a tick (``?valgt=12:1``); None where the address asks for all (``?alle=1``)."""
    if "alle" in choices:
        return None
    versions = parse_versions(choices.getlist("valgt"))
    return Selection(*letters_at_versions(letters, versions), none_left if versions else none_chosen)


def selection_from_filter(chosen: LetterFilter, none_left: str) -> Selection:
    """All that the choices above a list leave, as they are now."""
    return (
        Selection(letters_at_current_version(chosen.qs), none=none_left)
        if chosen.is_valid()
        else Selection({}, none=INVALID_FILTER)
    )


# --- Versions as seen travel from the page to the act -------------------------------------------------------------


def format_versions(seen: Mapping[Letter, int]) -> str:
    """«12:1 13:2»: one field, however many letters, and each at the version that was shown."""
    return " ".join(f"{letter.pk}:{version}" for letter, version in seen.items())


def parse_versions(values: Iterable[str]) -> dict[int, int]:
    """Letter → version. What is not written so is not from the page."""
    return {int(found[1]): int(found[2]) for value in values if (found := SEEN_VERSION.fullmatch(value))}


def letters_at_versions(letters: LetterQuerySet, versions: Mapping[int, int]) -> tuple[dict[Letter, int], int]:
    """The letters among these that were seen, each at its version; and how many of the seen are not among them."""
    here = {letter: versions[letter.pk] for letter in with_related_facts(letters).filter(pk__in=versions)}
    return here, len(versions) - len(here)


def letters_at_current_version(letters: LetterQuerySet) -> dict[Letter, int]:
    """Every letter at the version it has now; one that is not opened has none."""
    return {
        letter: letter.followup.version if hasattr(letter, "followup") else 0 for letter in with_related_facts(letters)
    }


def with_related_facts(letters: LetterQuerySet) -> LetterQuerySet:
    """With what a page and an act ask of them, in the order they were sent."""
    corrected = Decision.objects.filter(followup__letter=OuterRef("pk"), kind=Decision.Kind.CORRECTED)
    letters = rights.annotate_handed_over(letters).annotate(is_corrected=Exists(corrected)).order_by("sent_at", "pk")
    return letters.select_related("followup", "unit", "sender", "leader")
