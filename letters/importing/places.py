"""Where the rows' units stand in the tree: root → forvaltning → område → enhed → underenhed, empty levels skipped."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from sepo_incident import danish
from sepo_incident.accounts.models import Unit

Kind = Unit.Kind
LEVELS = (Kind.ADMINISTRATION, Kind.AREA, Kind.UNIT, Kind.SUBUNIT)
#: What an administration calls itself for short; the list may use either.
CODES = {
    "BUF": "Børne- og Ungdomsforvaltningen",
    "SOF": "Socialforvaltningen",
    "SUF": "Sundheds- og Omsorgsforvaltningen",
    "KFF": "Kultur- og Fritidsforvaltningen",
    "BIF": "Beskæftigelses- og Integrationsforvaltningen",
    "TMF": "Teknik- og Miljøforvaltningen",
    "ØKF": "Økonomiforvaltningen",
}
CODE_OF = {name.lower(): code for code, name in CODES.items()}


class Place(NamedTuple):
    """The four columns of a row, as they stand in it."""

    administration: str
    area: str
    unit_name: str
    subunit: str

    @property
    def steps(self) -> list[tuple[str, str]]:
        """(kind, name) from below the root down to the unit itself."""
        names = (CODES.get(self.administration.upper(), self.administration), *self[1:])
        return [(kind, name) for kind, name in zip(LEVELS, names, strict=True) if name]


Found = dict[Place, int | None]
#: (parent id, name in lower case) → unit id
Children = dict[tuple[int | None, str], int]


def of(batch_id: int) -> list[Place]:
    """The places of a batch's accepted rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT administration, area, unit_name, subunit FROM letters_importrow
               WHERE batch_id = %s AND verdict <> 'REJECTED' ORDER BY 1, 2, 3, 4""",
            [batch_id],
        )
        return [Place(*row) for row in cursor.fetchall()]


def find(places: Iterable[Place]) -> Found:
    """place → unit id, or None where the tree does not have it yet. One query."""
    children = _children()
    root = next((unit_id for (parent, _), unit_id in children.items() if parent is None), None)
    return {place: _walk(place, root, children) for place in places}


def make(places: Iterable[Place]) -> Found:
    """Like ``find``, after the missing units are made, a level at a time; one insert per level."""
    places = list(places)
    root = Unit.root().pk
    children = _children()
    codes = set(Unit.objects.exclude(code="").values_list("code", flat=True))
    for depth in range(len(LEVELS)):
        wanted: dict[tuple[int, str], Unit] = {}
        for place in places:
            if depth < len(place.steps):
                parent = _walk_steps(place.steps[:depth], root, children)
                kind, name = place.steps[depth]
                if parent is not None and (parent, name.lower()) not in children:
                    wanted.setdefault((parent, name.lower()), _unit(parent, kind, name, codes))
        # Another import may make the same unit at the same time: the database keeps one, and we read it back.
        Unit.objects.bulk_create(wanted.values(), ignore_conflicts=True)
        if wanted:
            children = _children()
    return {place: _walk(place, root, children) for place in places}


def _unit(parent: int, kind: str, name: str, taken: set[str]) -> Unit:
    code = CODE_OF.get(name.lower(), "") if kind == Kind.ADMINISTRATION else ""
    code = "" if code in taken else code
    return Unit(parent_id=parent, kind=kind, name=name, code=code, sort_key=danish.sort_key(name))


def _children() -> Children:
    return {
        (parent, name.lower()): unit_id for unit_id, parent, name in Unit.objects.values_list("pk", "parent_id", "name")
    }


def _walk(place: Place, root: int | None, children: Children) -> int | None:
    return _walk_steps(place.steps, root, children)


def _walk_steps(steps: list[tuple[str, str]], root: int | None, children: Children) -> int | None:
    at = root
    for _, name in steps:
        if at is None:
            return None
        at = children.get((at, name.lower()))
    return at
