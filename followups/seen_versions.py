"""The versions of the letters that a page showed: they travel in a form field, and the act refuses newer ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from followups.models.followup import followup_of
from letters.models import Letter
from letters.models.letter import LetterQuerySet

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


def letters_at_current_version(letters: LetterQuerySet) -> dict[Letter, int]:
    """Return the letters with the current versions; 0 for a letter without a follow-up."""
    return {letter: current_version(letter) for letter in select_related_rows(letters)}


def current_version(letter: Letter) -> int:
    followup = followup_of(letter)
    return followup.version if followup else 0


def select_related_rows(letters: LetterQuerySet) -> LetterQuerySet:
    """Return the letters in sending order with the related rows that pages and services need."""
    return letters.select_related("followup", "unit", "sender", "leader", "incident").order_by("sent_at", "pk")
