"""Which units are so large that a number of personnel cases points at no unit of theirs (decision 46)."""

from __future__ import annotations

from collections.abc import Iterable

from followups.reporting.letter_figures import CountedGroup
from letters.models.letter import TOO_WIDE_KINDS
from sepo_incident.accounts.models import Unit


def large_units(by_unit: Iterable[CountedGroup]) -> frozenset[int]:
    """Return the ids of the administrations, and of the municipality, that are large. One query.

    At least two units at or below a large unit have letters. The numbers of a large unit and of the large units below
    it are both told, so what remains by subtraction is the letters of no unit, or of at least two.
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
