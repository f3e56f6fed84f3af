"""The letters selected on a list, each at the version that the list showed, and the skipped letters by reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from django.http import HttpRequest, QueryDict

from followups.boards.filters import LetterFilter
from followups.seen_versions import letters_at_current_version, letters_at_versions, parse_versions
from letters.models import Letter
from letters.models.letter import LetterQuerySet

#: A reason or message names at most this many letters; the rest are counted.
MAX_NAMED = 5
#: A longer list of letters is folded, so that the form and the buttons stay near.
FOLD_AFTER = 12
#: Further letters are counted, not listed: nobody reads a thousand rows, and each row takes time to render.
MAX_LISTED = 200
INVALID_FILTER = "Et af filtrene er ugyldigt. Gå tilbage, og vælg igen."


class SkippedGroup(NamedTuple):
    """Letters that are skipped for the same reason. `named` is empty if there are too many letters to name."""

    reason: str
    letter_count: int
    listed_letters: list[Letter]


@dataclass(frozen=True)
class Selection:
    """Selected letters with the version that the reader saw.

    `outside_list` is the number of selected letters that are not in the list, `empty_message` the message for an empty
    selection.
    """

    seen_versions: dict[Letter, int]
    outside_list: int = 0
    empty_message: str = ""


def group_by_reason(skipped: Iterable[tuple[Letter, str]], named: int = MAX_NAMED) -> list[SkippedGroup]:
    """Group skipped letters by reason, smallest group first, because rare reasons matter most.

    A group of more than `named` letters only counts the letters.
    """
    groups = groupby(sorted(skipped, key=lambda pair: pair[1]), key=lambda pair: pair[1])
    letters = {why: [letter for letter, _ in pairs] for why, pairs in groups}
    found = [SkippedGroup(why, len(them), them if len(them) <= named else []) for why, them in letters.items()]
    return sorted(found, key=lambda group: group.letter_count)


def is_answered(request: HttpRequest) -> bool:
    """Return whether the form of the page is sent, not a list of ticked letters that is too long for an address."""
    return request.method == "POST" and "valgt" not in request.POST


def selection_from_address(
    choices: QueryDict, letters: LetterQuerySet, none_chosen: str, none_left: str
) -> Selection | None:
    """Return the ticked letters (`?valgt=12:1`), or None if the address selects all (`?alle=1`)."""
    if "alle" in choices:
        return None
    versions = parse_versions(choices.getlist("valgt"))
    return Selection(*letters_at_versions(letters, versions), none_left if versions else none_chosen)


def selection_from_filter(chosen: LetterFilter, none_left: str) -> Selection:
    """Return all letters of the filter at the current versions. Empty with a message for an invalid filter."""
    return (
        Selection(letters_at_current_version(chosen.qs), empty_message=none_left)
        if chosen.is_valid()
        else Selection({}, empty_message=INVALID_FILTER)
    )
