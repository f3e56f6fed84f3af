"""New units of a list: similar units that exist, and the answers that people give about them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from django.db import transaction

from letters.importing.files.sheet_selection import quote_names
from letters.importing.plan import letter_comparison
from letters.importing.rows import unit_matching
from letters.importing.rows.unit_matching import CODE_BY_ADMINISTRATION, UnitAnswers, UnitFinder, UnitPath
from letters.models import ImportBatch, UnitAnswer
from sepo_incident.accounts.models import Unit, UnitAlias, User
from sepo_incident.accounts.unit_names import UnitTree, are_similar_names, find_similar_names, normalize_unit_name
from sepo_incident.core import task_queue

Kind, Status = Unit.Kind, ImportBatch.Status
ANSWER_NEW_UNIT = "ny"
NEAREST_NAMES = 3
#: The worker compares a longer list again, so that the page does not wait.
MAX_ROWS_COMPARED_AT_ONCE = 20_000


class Candidate(NamedTuple):
    """A unit that a new name may mean. `value`: «enhed-12», or «navn-…» for another new name."""

    value: str
    name: str
    where: str


@dataclass
class NewUnit:
    """A name that the tree does not have: the number of letters, the candidates, and the answer.

    `answered_unit`: id of the unit that the name was answered to mean. `parent`: id of the unit above, None if that
    is new too.
    """

    kind: str
    name: str
    above: tuple[str, ...]
    parent: int | None
    letters: int = 0
    answered_unit: int | None = None
    candidates: list[Candidate] = field(default_factory=list)
    answer: str = ""

    @property
    def key(self) -> str:
        """The key of the unit in a form, hashed so that no name of a unit stands in a URL."""
        return hashlib.sha256("\n".join([*self.above, self.name]).lower().encode()).hexdigest()[:16]

    @property
    def where(self) -> str:
        return " › ".join(self.above)

    @property
    def nearest_names(self) -> str:
        return quote_names([one.name for one in self.candidates])

    @property
    def is_unknown_administration(self) -> bool:
        """Whether the commit creates an administration that the municipality is not known to have."""
        is_known = self.name.lower() in CODE_BY_ADMINISTRATION
        return self.kind == Kind.ADMINISTRATION and self.will_be_created and not is_known

    @property
    def will_be_created(self) -> bool:
        return self.answer in ("", ANSWER_NEW_UNIT)


class CodeDoubt(NamedTuple):
    """A code that does not fit the names beside the code. `unit`: the existing unit with the code, «» if ignored."""

    code: str
    names: list[str]
    letters: int
    unit: str


@dataclass(frozen=True)
class NewUnits:
    """The new units of a batch, units with most letters first, and the doubtful codes."""

    units: list[NewUnit]
    doubts: list[CodeDoubt]

    @property
    def to_create(self) -> list[NewUnit]:
        return [unit for unit in self.units if unit.will_be_created]

    @property
    def administrations(self) -> list[NewUnit]:
        """The new administrations: likely typing errors, which a person must confirm before the commit."""
        return [unit for unit in self.units if unit.is_unknown_administration]

    @property
    def with_candidates(self) -> list[NewUnit]:
        """The units with candidates, unanswered units first."""
        return sorted((unit for unit in self.units if unit.candidates), key=lambda unit: bool(unit.answer))

    @property
    def unanswered(self) -> int:
        return sum(not unit.answer for unit in self.with_candidates)


def find_new_units(batch: ImportBatch) -> NewUnits:
    """Return the new units of a batch. Four queries, of which one reads the rows; names are compared in Python."""
    letters = unit_matching.count_letters_by_path(batch.pk)
    finder = UnitFinder(letters, UnitTree())
    units = sorted(_unknown_units(finder, letters), key=lambda unit: -unit.letters)
    _find_candidates(finder.tree, units)
    _fill_in_answers(units, unit_matching.unit_answers_of(batch.pk))
    return NewUnits(units, _code_doubts(finder, letters))


def _unknown_units(finder: UnitFinder, letters: Mapping[UnitPath, int]) -> Iterable[NewUnit]:
    """Return the steps that the tree does not have, or knows only by an answer of people."""
    found: dict[tuple[tuple[str, ...], str], NewUnit] = {}
    for place, count in letters.items():
        if finder.by_code(place):
            continue
        at = finder.tree.root
        for step in place.steps:
            parent, at = at, finder.tree.find_by_name(at, step.name) if at else None
            if at is None:
                key = tuple(map(normalize_unit_name, step.above)), normalize_unit_name(step.name)
                unit = found.setdefault(key, NewUnit(step.kind, step.name, step.above, parent))
                unit.letters += count
                at = unit.answered_unit = finder.tree.find_by_alias(parent, step.name) if parent else None
    return found.values()


def _find_candidates(tree: UnitTree, units: Iterable[NewUnit]) -> None:
    """Set the candidates. Of two similar names on the list, the name with fewer letters is asked about."""
    on_list: dict[tuple[str, ...], list[tuple[str, NewUnit]]] = defaultdict(list)
    for unit in units:
        like = _units_like(tree, unit)
        for pk in like:
            # without the municipality: «Børne- og Ungdomsforvaltningen › Område Amager»
            above = " › ".join(tree.nodes[above].name for above in tree.nodes[pk].lineage[1:-1])
            unit.candidates.append(Candidate(f"enhed-{pk}", tree.nodes[pk].name, above))
        siblings = on_list[tuple(map(normalize_unit_name, unit.above))]
        for other in find_similar_names(unit.name, siblings):
            unit.candidates.append(Candidate(f"navn-{other.key}", other.name, "Står også på listen, og er ny"))
        siblings.append((unit.name, unit))


def _units_like(tree: UnitTree, unit: NewUnit) -> list[int]:
    if unit.parent is None:
        return []
    like = [unit.answered_unit] if unit.answered_unit else []
    like += tree.find_similar(unit.parent, unit.name)
    like += tree.find_same_name_other_path(unit.parent, unit.name) if unit.kind == Kind.UNIT else []
    if unit.is_unknown_administration:  # the nearest names or codes, however far
        known = [node for node in tree.nodes.values() if node.kind == Kind.ADMINISTRATION]
        by_text = {text.lower(): one.pk for one in known for text in (one.code, one.name) if text}
        like += [by_text[text] for text in get_close_matches(unit.name.lower(), by_text, NEAREST_NAMES, cutoff=0)]
    return list(dict.fromkeys(like))


def _fill_in_answers(units: Iterable[NewUnit], answers: UnitAnswers) -> None:
    for unit in units:
        answer = answers.get(unit_matching.answer_key(unit.above, unit.name))
        if unit.answered_unit:
            unit.answer = f"enhed-{unit.answered_unit}"
        elif answer:
            meant = [one.value for one in unit.candidates if one.name == answer.means]
            unit.answer = meant[0] if meant else "" if answer.means else ANSWER_NEW_UNIT


def _code_doubts(finder: UnitFinder, letters: Mapping[UnitPath, int]) -> list[CodeDoubt]:
    doubts = []
    for code, names in sorted(finder.names_of.items()):
        pk = finder.tree.find_by_code(code)
        unit = finder.tree.nodes[pk].name if pk else ""
        odd = [name for name in names if not are_similar_names(unit, name)] if unit else names
        if odd and (unit or code not in finder.trusted):
            count = sum(n for place, n in letters.items() if place.unit_code == code and place.own_name in odd)
            doubts.append(CodeDoubt(code, odd, count, unit))
    return doubts


@transaction.atomic
def save_answers(batch: ImportBatch, answers: Mapping[str, str], by: User) -> int | None:
    """Save answers about new names: {key: value of a candidate, or `ANSWER_NEW_UNIT`}.

    Return the number of changed answers, or None if the batch is not CHECKED any more. An answer that a name is an
    existing unit holds for all later lists.
    """
    waiting = ImportBatch.objects.select_for_update(no_key=True).filter(pk=batch.pk, status=Status.CHECKED)
    if not waiting.exists():
        return None
    units = find_new_units(batch).units
    changed = [unit for unit in units if answers.get(unit.key, unit.answer) != unit.answer]
    for unit in changed:
        _save_answer(batch, unit, answers[unit.key], {f"navn-{each.key}": each.name for each in units}, by)
    # A letter may already stand in the answered unit, and is then known and not changed.
    if changed and batch.total_rows > MAX_ROWS_COMPARED_AT_ONCE:
        task_queue.enqueue_on_commit("letters.tasks.compare_waiting_batch", args=[batch.pk])
    elif changed:
        letter_comparison.compare_with_letters(batch)
    return len(changed)


def _save_answer(batch: ImportBatch, unit: NewUnit, value: str, names: Mapping[str, str], by: User) -> None:
    UnitAnswer.objects.filter(batch=batch, above=list(unit.above), name__iexact=unit.name).delete()
    if value.startswith("enhed-"):
        # an alias of the unit, for all later lists
        values = {"unit_id": int(value.removeprefix("enhed-")), "by": by}
        UnitAlias.objects.update_or_create(
            parent_id=unit.parent, name__iexact=unit.name, defaults=values, create_defaults=values | {"name": unit.name}
        )
    else:
        if unit.answered_unit:
            UnitAlias.objects.filter(parent=unit.parent, name__iexact=unit.name).delete()
        UnitAnswer.objects.create(
            batch=batch, above=list(unit.above), name=unit.name, means=names.get(value, ""), by=by
        )


def compare_waiting_batch(batch_id: int) -> None:
    """Compare a waiting list with the letters and units as of now."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update(no_key=True).filter(pk=batch_id, status=Status.CHECKED).first()
        if batch:
            letter_comparison.compare_with_letters(batch)
