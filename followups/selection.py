"""Letters selected on a list, each at the version that the page showed, and the letters that an act skips, by reason.

The versions travel in a form field, and the act refuses newer ones.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from django.http import HttpRequest, QueryDict

from followups.models.followup import followup_of
from letters.models import Letter
from letters.models.letter import LetterQuerySet

#: A reason or message names at most this many letters; the rest are counted.
MAX_NAMED = 5
#: A longer list of letters is folded, so that the form and the buttons stay near.
FOLD_AFTER = 12
#: Further letters are counted, not listed: nobody reads a thousand rows, and each row takes time to render.
MAX_LISTED = 200
#: A letter's id and the version of its follow-up.
SEEN_VERSION = re.compile(r"(\d{1,18}):(\d{1,9})", re.ASCII)


def format_versions(seen_versions: Mapping[Letter, int]) -> str:
    """Return the letters and versions as text for a single form field: «12:1 13:2»."""
    return " ".join(f"{letter.pk}:{version}" for letter, version in seen_versions.items())


def format_current_versions(letters: Iterable[Letter]) -> str:
    """Return the letters with the current versions, as `format_versions` does."""
    return format_versions({letter: current_version(letter) for letter in letters})


def parse_versions(values: Iterable[str]) -> dict[int, int]:
    """Return {letter id: version}. Values in any other format are ignored, because no page produces such values."""
    return {int(found[1]): int(found[2]) for value in values if (found := SEEN_VERSION.fullmatch(value))}


def letters_at_versions(letters: LetterQuerySet, versions: Mapping[int, int]) -> tuple[dict[Letter, int], int]:
    """Return the letters of the list with the versions seen, and the number of letters that are not in the list."""
    here = {letter: versions[letter.pk] for letter in select_related_rows(letters).filter(pk__in=versions)}
    return here, len(versions) - len(here)


def current_version(letter: Letter) -> int:
    """Return the version of the letter's follow-up; 0 for a letter without a follow-up."""
    followup = followup_of(letter)
    return followup.version if followup else 0


def select_related_rows(letters: LetterQuerySet) -> LetterQuerySet:
    """Return the letters in sending order with the related rows that pages and services need."""
    return letters.select_related("followup", "unit", "sender", "leader", "incident").order_by("sent_at", "pk")


class SkippedGroup(NamedTuple):
    """Letters that are skipped for the same reason. `listed_letters` is empty if there are too many to name."""

    reason: str
    letter_count: int
    listed_letters: list[Letter]


def group_by_reason(skipped: Iterable[tuple[Letter, str]], named: int = MAX_NAMED) -> list[SkippedGroup]:
    """Group skipped letters by reason, smallest group first, because rare reasons matter most.

    A group of more than `named` letters only counts the letters.
    """
    groups = groupby(sorted(skipped, key=lambda pair: pair[1]), key=lambda pair: pair[1])
    letters = {why: [letter for letter, _ in pairs] for why, pairs in groups}
    found = [SkippedGroup(why, len(them), them if len(them) <= named else []) for why, them in letters.items()]
    return sorted(found, key=lambda group: group.letter_count)


@dataclass(frozen=True)
class Selection:
    """Selected letters with the version that the reader saw.

    `outside_list` is the number of selected letters that are not in the list, `empty_message` the message for an empty
    selection.
    """

    seen_versions: dict[Letter, int]
    outside_list: int = 0
    empty_message: str = ""


def select_letters(
    choices: QueryDict, letters: LetterQuerySet, everything: LetterQuerySet, none_chosen: str, none_left: str
) -> Selection:
    """Return the ticked letters (`?valgt=12:1`) of the list, or `everything` if the address selects all (`?alle=1`)."""
    if "alle" in choices:
        current_versions = {letter: current_version(letter) for letter in select_related_rows(everything)}
        return Selection(current_versions, empty_message=none_left)
    versions = parse_versions(choices.getlist("valgt"))
    return Selection(*letters_at_versions(letters, versions), none_left if versions else none_chosen)


def is_answered(request: HttpRequest) -> bool:
    """Return whether the form of the page is sent, not a list of ticked letters that is too long for an address."""
    return request.method == "POST" and "valgt" not in request.POST
