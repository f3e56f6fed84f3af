"""All figures about an incident in a part of the organisation, taken at once for reports.

A figure does not depend on a reader: personnel cases count. A page that shows the letters behind a figure fetches them
through `visible_to`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg

from followups.reporting import consequences
from followups.reporting.figure_definitions import (
    ADMINISTRATION,
    ADMINISTRATION_FIGURES,
    CATEGORY,
    DELETION,
    LETTER_FIGURES,
    NO_ADMINISTRATION,
    OWN_UNIT_FIGURES,
    UNIT,
    category_key,
    hash_of,
    letter_key,
    part_key,
)
from followups.reporting.letter_figures import (
    REVEALING_FIGURES,
    UNIT_FIGURES,
    UNIT_TOTALS,
    CountedGroup,
    count_letters,
    letter_conditions,
    units_in_choice,
)
from letters.categories.category_rules import NO_SUBJECT_CATEGORY, list_category_names
from letters.models import Incident, Letter
from letters.models.letter import TOO_WIDE_KINDS, LetterQuerySet
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish

MAX_LABEL_LENGTH = 200


@dataclass(frozen=True)
class Scope:
    """What the figures are about: the letters of an incident at or below a unit, at a time.

    The root unit is the whole municipality, with the letters that have no unit yet.
    """

    incident: Incident
    unit: Unit
    at: datetime

    @property
    def today(self) -> date:
        return danish.local_date(self.at)

    @property
    def letters(self) -> LetterQuerySet:
        letters = Letter.objects.active().filter(incident=self.incident)
        return letters if self.unit.is_root else letters.filter(unit__lineage__contains=[self.unit.pk])


class FigureValue(NamedTuple):
    """A figure with its value. `key` is stable and ASCII, at most `MAX_KEY_LENGTH` characters.

    `sentence` says what the figure counts. `letters`: ids of the letters behind it, None if it counts no letters. A
    figure of consequences or kroner has the letters behind it too, so its value may differ from their number.
    """

    key: str
    label: str
    sentence: str
    value: int | Decimal
    letters: list[int] | None


def take_figures(scope: Scope) -> dict[str, FigureValue]:
    """Return {key: figure} for all active letters of the scope. The number of queries is constant."""
    sources = [_letter_figures, _category_figures, _unit_figures, _harm_figures]
    return {figure.key: figure for source in sources for figure in source(scope)}


#: The figures about consequences, and the kroner.
_HARM_KEYS = {one.key for one in consequences.count_harms([])} | {one.key for one in consequences.sum_amounts([])}
#: The last parts of the keys of letters that tell of subjects or recipients, of a whole unit or of an administration.
_REVEALING_PARTS = frozenset(letter_key(name).rpartition(".")[2] for name in REVEALING_FIGURES)


def reveals_personnel_cases(key: str) -> bool:
    """Tell whether the figure tells of subjects or recipients, so that a small unit's number may point at a person."""
    if key in _HARM_KEYS or key.startswith((CATEGORY, DELETION)):
        return True
    return key.startswith(letter_key("")) and key.rpartition(".")[2] in _REVEALING_PARTS


def _counted(key: str, label: str, sentence: str, letters: Iterable[int]) -> FigureValue:
    ids = sorted(letters)
    return FigureValue(key, label, sentence, len(ids), ids)


def _letter_figures(scope: Scope) -> Iterator[FigureValue]:
    conditions = letter_conditions(None, scope.today)
    lists = {name: ArrayAgg("pk", filter=condition, default=[]) for name, condition in conditions.items()}
    found = scope.letters.order_by().aggregate(**lists)
    for name, figure in LETTER_FIGURES.items():
        yield _counted(letter_key(name), figure.label, figure.sentence, found[name])


def _category_figures(scope: Scope) -> Iterator[FigureValue]:
    """Yield a figure for each category of the incident, and of the letters, also without letters."""
    rows = scope.letters.order_by().values_list("category").annotate(ids=ArrayAgg("pk"))
    found = {name or NO_SUBJECT_CATEGORY: ids for name, ids in rows}
    known, taken = list_category_names(scope.incident), set()
    for name in [*known, *sorted(set(found) - set(known), key=danish.sort_key)]:
        key = category_key(name)
        if key in taken:
            key = category_key(f"{name} {hash_of(name)}")
        taken.add(key)
        yield _counted(key, name, f"Breve med emneområdet {name}.", found.get(name, []))


def _unit_figures(scope: Scope) -> Iterator[FigureValue]:
    """Yield the units hit, begun and finished, and the figures of each administration and of each unit with letters.

    Of the whole municipality also those of the letters outside every administration, so that the parts are the whole.
    """
    with_unit = scope.letters.exclude(unit=None)
    groups = count_letters(with_unit, "unit__lineage", reader=None, today=scope.today, figures=UNIT_FIGURES)
    for choice, (key, label, sentence) in UNIT_TOTALS.items():
        yield FigureValue(key, label, sentence, len(units_in_choice(groups, choice)), None)
    units = Unit.objects.in_bulk({pk for group, _ in groups for pk in group["unit__lineage"]})
    ordered = sorted(units.values(), key=lambda unit: (unit.sort_key, unit.pk))
    administrations = [unit for unit in ordered if unit.kind == Unit.Kind.ADMINISTRATION]
    names = {*ADMINISTRATION_FIGURES, *OWN_UNIT_FIGURES}
    conditions = letter_conditions(None, scope.today, names)
    lists = {name: ArrayAgg("pk", filter=condition, default=[]) for name, condition in conditions.items()}
    own: dict[int | None, Mapping[str, Any]] = {
        row["unit"]: row for row in scope.letters.order_by().values("unit").annotate(**lists)
    }

    def below(unit: Unit) -> list[Mapping[str, Any]]:
        return [row for pk, row in own.items() if pk in units and unit.pk in units[pk].lineage]

    for unit in administrations:
        yield from _part_figures(
            f"{ADMINISTRATION}{unit.pk}", unit.name, unit.name, ADMINISTRATION_FIGURES, below(unit)
        )
    named = {unit.pk for unit in administrations}
    outside = [row for pk, row in own.items() if pk not in units or named.isdisjoint(units[pk].lineage)]
    if scope.unit.is_root and administrations and outside:
        where = "ingen forvaltning"
        yield from _part_figures(NO_ADMINISTRATION, "Uden forvaltning", where, ADMINISTRATION_FIGURES, outside)
    labels = {unit.pk: _unit_label(unit, units, scope) for unit in ordered if unit.pk in own}
    for pk, label in sorted(labels.items(), key=lambda one: (danish.sort_key(one[1]), one[0])):
        where = f"{units[pk].name} uden underenhederne"
        yield from _part_figures(f"{UNIT}{pk}", label, where, OWN_UNIT_FIGURES, [own[pk]])


def _part_figures(
    part: str, label: str, where: str, names: Iterable[str], rows: Sequence[Mapping[str, Any]]
) -> Iterator[FigureValue]:
    """Yield figures of a part. `rows`: {figure: ids of letters} of its units; `where`: after «Breve fra»."""
    for name in names:
        ids = [pk for row in rows for pk in row[name]]
        if name == "ALL":
            yield _counted(part, label, f"Breve fra {where}.", ids)
        else:
            figure = LETTER_FIGURES[name]
            long_label = f"{label}: {figure.label}"[:MAX_LABEL_LENGTH]
            yield _counted(part_key(part, name), long_label, f"{figure.sentence} Kun breve fra {where}.", ids)


def _unit_label(unit: Unit, units: dict[int, Unit], scope: Scope) -> str:
    """Return «Udskoling (Ådalens Skole)»: many sub-units have the same name. The part of the scope is not named."""
    parent = units.get(unit.parent_id or 0)
    if parent is None or parent.pk == scope.unit.pk or parent.is_root or parent.name in unit.name:
        return unit.name
    return f"{unit.name} ({parent.code or parent.name})"[:MAX_LABEL_LENGTH]


def _harm_figures(scope: Scope) -> Iterator[FigureValue]:
    """Yield the consequences and the kroner. A letter with two consequences stands once among the letters."""
    harms = consequences.list_harms(consequences.consequences_of(scope.letters))
    for key, label, sentence, _, counted in consequences.count_harms(harms):
        yield FigureValue(key, label, sentence, len(counted), sorted({one.letter for one in counted}))
    for key, label, sentence, _, kroner, letters in consequences.sum_amounts(harms):
        yield FigureValue(key, label, sentence, kroner, sorted(letters))


# --- Units whose number of personnel cases identifies nobody (decision 46) -------------------------------------------


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
