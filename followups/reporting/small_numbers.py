"""Which units are so large that a number of personnel cases identifies no unit below them (decision 46)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from followups.reporting.letter_figures import CountedGroup, count_letters
from letters.models.letter import TOO_WIDE_KINDS, LetterQuerySet
from sepo_incident.accounts.models import Unit


def large_units_of(letters: LetterQuerySet, today: date) -> frozenset[int]:
    """Return `large_units` of the letters. Two queries."""
    with_unit = letters.exclude(unit=None)
    return large_units(count_letters(with_unit, "unit__lineage", reader=None, today=today, figures=("ALL",)))


def large_units(by_unit: Iterable[CountedGroup]) -> frozenset[int]:
    """Return the ids of the units whose number of personnel cases identifies no unit below. One query.

    Only administrations and the municipality can be large. A reader who subtracts the numbers of the large units below
    from the number of a large unit is left with the letters of at least two units, or of none.
    `by_unit`: counts of ALL by `unit__lineage`.
    """
    lineages = [group["unit__lineage"] for group, counts in by_unit if counts["ALL"]]
    known = {pk for lineage in lineages for pk in lineage}
    large: set[int] = set()
    wide = Unit.objects.filter(pk__in=known, kind__in=TOO_WIDE_KINDS)
    for unit in sorted(wide, key=lambda unit: -len(unit.lineage)):
        below = [lineage for lineage in lineages if unit.pk in lineage]
        remaining = [lineage for lineage in below if large.isdisjoint(lineage)]
        if len(below) > 1 and len(remaining) != 1:
            large.add(unit.pk)
    return frozenset(large)
