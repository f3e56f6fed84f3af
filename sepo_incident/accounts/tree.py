"""The units we have, as lists name them: by code, by name, by what people have said that a name means."""

from collections import defaultdict
from functools import cached_property
from typing import NamedTuple

from sepo_incident.accounts.models import Unit, UnitAlias
from sepo_incident.accounts.naming import Lookalikes, plain

Kind = Unit.Kind


class Node(NamedTuple):
    pk: int
    parent_id: int | None
    name: str
    code: str
    kind: str
    lineage: list[int]


class Tree:
    """The whole tree as it stands now, in two queries; some thousands of units."""

    def __init__(self) -> None:
        rows = Unit.objects.order_by("pk").values_list("pk", "parent_id", "name", "code", "kind", "lineage")
        self.nodes = {row[0]: Node(*row) for row in rows}
        self.root = next((node.pk for node in self.nodes.values() if node.parent_id is None), None)
        self._named = {(node.parent_id, node.name.lower()): node.pk for node in self.nodes.values()}
        self._said = {
            (parent, name.lower()): unit
            for parent, name, unit in UnitAlias.objects.values_list("parent", "name", "unit")
        }
        self._coded = {node.code.lower(): node.pk for node in self.nodes.values() if node.code}

    def child(self, parent: int, name: str) -> int | None:
        """The unit that ``name`` means under ``parent``. A name as we write it wins over what was said of it."""
        written = (parent, name.lower())
        return self._named.get(written) or self._said.get(written) or self._plain.get((parent, plain(name)))

    def said(self, parent: int, name: str) -> int | None:
        """The unit that somebody has said that ``name`` means, where it has no other."""
        return None if self.own(parent, name) else self._said.get((parent, name.lower()))

    def own(self, parent: int, name: str) -> int | None:
        """``child``, had nobody said anything."""
        return self._named.get((parent, name.lower())) or self._plain.get((parent, plain(name)))

    def coded(self, code: str) -> int | None:
        """The unit below the administrations that has the code: theirs name no place where letters are written."""
        unit = self._coded.get(code.lower())
        is_place = unit and self.nodes[unit].kind not in (Kind.MUNICIPALITY, Kind.ADMINISTRATION)
        return unit if is_place else None

    def has_code(self, code: str) -> bool:
        return code.lower() in self._coded

    def like(self, parent: int, name: str) -> list[int]:
        """The units under ``parent`` with a name like this one."""
        return self._alike[parent].of(name) if parent in self._alike else []

    def namesakes(self, parent: int, name: str) -> list[int]:
        """Those of the same name in the same administration, where one of the two lists leaves the area out."""
        here = self.nodes[parent].lineage
        return [
            unit
            for unit in self._units_called.get(plain(name), ())
            if (node := self.nodes[unit]).parent_id != parent
            and len(here) > 1
            and node.lineage[:2] == here[:2]
            and (len(node.lineage) == 3 or len(here) == 2)
        ]

    def called(self, name: str) -> list[int]:
        """The units of that name, wherever they lie, and those that it was said to mean."""
        said = [unit for (_, other), unit in self._said.items() if other == name.lower()]
        return list(dict.fromkeys(self._everywhere.get(plain(name), []) + said))

    @cached_property
    def _everywhere(self) -> dict[str, list[int]]:
        found = defaultdict(list)
        for node in self.nodes.values():
            found[plain(node.name)].append(node.pk)
        return dict(found)

    @cached_property
    def _plain(self) -> dict[tuple[int | None, str], int]:
        """Of two that only the writing tells apart, the older."""
        return {(node.parent_id, plain(node.name)): node.pk for node in reversed(self.nodes.values())}

    @cached_property
    def _alike(self) -> dict[int, Lookalikes[int]]:
        found: dict[int, Lookalikes[int]] = defaultdict(Lookalikes)
        for node in self.nodes.values():
            if node.parent_id is not None:
                found[node.parent_id].add(node.name, node.pk)
        return dict(found)

    @cached_property
    def _units_called(self) -> dict[str, list[int]]:
        found = defaultdict(list)
        for node in self.nodes.values():
            if node.kind == Kind.UNIT:
                found[plain(node.name)].append(node.pk)
        return dict(found)
