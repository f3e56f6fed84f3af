"""Matching of rows with units: root → forvaltning → område → enhed → underenhed, without the empty levels.

A row belongs to the lowest unit that the row names; a row without units belongs to the root, so that KIT has the
letter. A unit is found by code, else step by step by name under the same parent (`accounts.unit_names`).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from functools import cache, cached_property
from typing import NamedTuple

from django.db.models import Count, QuerySet

from letters.categories.category_matching import UnitLevels
from letters.models import ImportRow, UnitAnswer
from sepo_incident.accounts.models import Unit, UnitAlias
from sepo_incident.accounts.unit_names import UnitTree, are_similar_names, normalize_unit_name
from sepo_incident.core import danish

UnitKind = Unit.Kind
UNIT_LEVELS = (UnitKind.ADMINISTRATION, UnitKind.AREA, UnitKind.UNIT, UnitKind.SUBUNIT)
#: Short name of an administration → name. A list may use either.
ADMINISTRATION_BY_CODE = {
    "BUF": "Børne- og Ungdomsforvaltningen",
    "SOF": "Socialforvaltningen",
    "SUF": "Sundheds- og Omsorgsforvaltningen",
    "KFF": "Kultur- og Fritidsforvaltningen",
    "BIF": "Beskæftigelses- og Integrationsforvaltningen",
    "TMF": "Teknik- og Miljøforvaltningen",
    "ØKF": "Økonomiforvaltningen",
}
CODE_BY_ADMINISTRATION = {name.lower(): code for code, name in ADMINISTRATION_BY_CODE.items()}


class UnitStep(NamedTuple):
    """A unit as a row names it: the kind, the name, and the names above, from below the root."""

    kind: str
    name: str
    above: tuple[str, ...]


class UnitPath(NamedTuple):
    """The five unit columns of a row, as written."""

    administration: str
    area: str
    unit_name: str
    subunit: str
    unit_code: str = ""

    @property
    def steps(self) -> list[UnitStep]:
        names = (
            ADMINISTRATION_BY_CODE.get(self.administration.upper(), self.administration),
            self.area,
            self.unit_name,
            self.subunit,
        )
        named = [(kind, name) for kind, name in zip(UNIT_LEVELS, names, strict=True) if name]
        return [UnitStep(kind, name, tuple(name for _, name in named[:at])) for at, (kind, name) in enumerate(named)]

    @property
    def own_name(self) -> str:
        """The name of the unit that the code belongs to: the lowest name."""
        return self.subunit or self.unit_name


UnitIdByPath = dict[UnitPath, int | None]
#: (the names above, the name), in lower case → the answer of people
UnitAnswers = dict[tuple[tuple[str, ...], str], UnitAnswer]


def count_letters_by_path(batch_id: int) -> dict[UnitPath, int]:
    """Return {path: number of letters} of the accepted rows of a batch, paths with most letters first. One query."""
    rows = ImportRow.objects.filter(batch=batch_id).exclude(verdict=ImportRow.Verdict.REJECTED)
    counted = rows.values_list(*UnitPath._fields).annotate(number=Count("*")).order_by("-number", *UnitPath._fields)
    return {UnitPath(*place): number for *place, number in counted}


def paths_in_rows(rows: QuerySet[ImportRow]) -> list[UnitPath]:
    return [UnitPath(*place) for place in rows.order_by().values_list(*UnitPath._fields).distinct()]


def unit_answers_of(batch_id: int) -> UnitAnswers:
    """Return the answers about new names of a batch, by `answer_key`."""
    answers = UnitAnswer.objects.filter(batch=batch_id).select_related("by")
    return {answer_key(tuple(answer.above), answer.name): answer for answer in answers}


def answer_key(above: Iterable[str], name: str) -> tuple[tuple[str, ...], str]:
    return tuple(each.lower() for each in above), name.lower()


def find_units(places: Iterable[UnitPath]) -> UnitIdByPath:
    """Return {path: unit id, or None if the tree does not have the unit yet}. Two queries."""
    places = list(places)
    return UnitFinder(places, UnitTree()).find(places)


def make_lineage_lookup() -> Callable[[UnitLevels], frozenset[int]]:
    """Return a function from the unit columns to the ids of the known units on the path, from the root down."""
    tree = UnitTree()

    @cache
    def passed(levels: UnitLevels) -> frozenset[int]:
        place = UnitPath(*levels)
        deepest = tree.find_by_code(place.unit_code) if place.unit_code else None
        if deepest is None:
            deepest = tree.root
            for step in place.steps:
                child = tree.find_child(deepest, step.name) if deepest else None
                if child is None:
                    break
                deepest = child
        return frozenset(tree.nodes[deepest].lineage) if deepest else frozenset()

    return passed


def create_missing_units(
    places: Iterable[UnitPath], answers: UnitAnswers | None = None, needed: Iterable[UnitPath] | None = None
) -> UnitIdByPath:
    """Return {path: unit id} after creating the missing units, level by level. An insert per level.

    `answers`: what people answered about new names. `needed`: the paths whose units are created, None for all.
    """
    places, answers = list(places), answers or {}
    needed = places if needed is None else list(needed)
    Unit.root()
    finder = UnitFinder(places, UnitTree())
    for depth in range(len(UNIT_LEVELS)):
        if wanted := finder.missing_units(needed, depth, answers):
            # A concurrent import may create the same unit: the database keeps a single unit, and we read that unit
            # back.
            Unit.objects.bulk_create(wanted, ignore_conflicts=True)
            finder = UnitFinder(places, UnitTree())
        if aliases := finder.answered_aliases(needed, depth, answers):
            UnitAlias.objects.bulk_create(aliases, ignore_conflicts=True)
            finder = UnitFinder(places, UnitTree())
    # of two codes for a unit, keep the code with most letters
    adopted = {unit: code for code, unit in reversed(finder.adopted.items())}
    Unit.objects.bulk_update([Unit(pk=unit, code=code) for unit, code in adopted.items()], ["code"])
    return finder.find(places)


class UnitFinder:
    """Finds the unit paths of a list in the tree.

    `trusted`: codes that name a single unit; a column with the same code for many units is not trusted.
    `adopted`: {code: unit id} of codes that are new to a unit found by name, and belong to the unit from now on.
    """

    def __init__(self, places: Collection[UnitPath], tree: UnitTree):
        self.tree, self._places = tree, places
        self.names_of = _names_by_code(places)
        self.trusted = {
            code
            for code, names in self.names_of.items()
            if tree.find_by_code(code) or all(are_similar_names(names[0], name) for name in names)
        }
        self.adopted: dict[str, int] = {}
        for place in places:
            if place.unit_code in self.trusted and not tree.has_code(place.unit_code):
                unit = self.walk(place.steps)
                if unit and not tree.nodes[unit].code:
                    self.adopted.setdefault(place.unit_code, unit)

    def find(self, places: Iterable[UnitPath]) -> UnitIdByPath:
        """Return {path: unit id, or None}."""
        return {place: self.by_code(place) or self.walk(place.steps) for place in places}

    def by_code(self, place: UnitPath) -> int | None:
        code = place.unit_code
        return (self.tree.find_by_code(code) or self.adopted.get(code)) if code else None

    def walk(self, steps: Iterable[UnitStep]) -> int | None:
        """Return the id of the unit at the end of the steps, or None."""
        at = self.tree.root
        for step in steps:
            if at is None:
                return None
            at = self.tree.find_child(at, step.name)
        return at

    def missing_units(self, places: Iterable[UnitPath], depth: int, answers: UnitAnswers) -> list[Unit]:
        """Return the missing units of this level, after the units above were created."""
        wanted: dict[tuple[int, str], Unit] = {}
        codes: set[str] = set()
        for place in places:
            steps = place.steps
            if depth >= len(steps) or self.by_code(place):
                continue
            step, parent = steps[depth], self.walk(steps[:depth])
            if parent is None or self.tree.find_child(parent, step.name) or self.answered_name(step, answers):
                continue
            code = self._code_for(place, step)
            if code and code in codes:
                continue  # the same unit under a second name
            key = parent, normalize_unit_name(step.name)
            if key not in wanted:
                sort_key = danish.sort_key(step.name)
                wanted[key] = Unit(parent_id=parent, kind=step.kind, name=step.name, code=code, sort_key=sort_key)
                codes |= {code} - {""}
        return list(wanted.values())

    def answered_aliases(self, places: Iterable[UnitPath], depth: int, answers: UnitAnswers) -> list[UnitAlias]:
        """Return aliases of this level for names that people say are the same unit. Every later list knows both."""
        aliases: dict[tuple[int, str], UnitAlias] = {}
        for place in places if answers else ():
            if depth >= len(place.steps) or not (means := self.answered_name(step := place.steps[depth], answers)):
                continue
            parent = self.walk(place.steps[:depth])
            unit = self.tree.find_child(parent, means) if parent else None
            if parent and unit and not self.tree.find_child(parent, step.name):
                by = answers[answer_key(step.above, step.name)].by
                aliases[parent, step.name.lower()] = UnitAlias(parent_id=parent, name=step.name, unit_id=unit, by=by)
        return list(aliases.values())

    def answered_name(self, step: UnitStep, answers: UnitAnswers) -> str:
        """Return the name on the list that people say is the same unit as the step, or «»."""
        name, passed = step.name, set()
        while (answer := answers.get(answer_key(step.above, name))) and answer.means and name not in passed:
            passed.add(name)
            name = answer.means
        is_there = name not in passed and answer_key(step.above, name) in self._on_list
        return name if is_there and name != step.name else ""

    @cached_property
    def _on_list(self) -> set[tuple[tuple[str, ...], str]]:
        return {answer_key(step.above, step.name) for place in self._places for step in place.steps}

    def _code_for(self, place: UnitPath, step: UnitStep) -> str:
        code = place.unit_code if step == place.steps[-1] and place.unit_code in self.trusted else ""
        if step.kind == UnitKind.ADMINISTRATION:
            code = CODE_BY_ADMINISTRATION.get(step.name.lower(), "")
        return "" if self.tree.has_code(code) else code


def _names_by_code(places: Iterable[UnitPath]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = defaultdict(list)
    for place in places:
        if place.unit_code and place.own_name not in names[place.unit_code]:
            names[place.unit_code].append(place.own_name)
    return dict(names)
