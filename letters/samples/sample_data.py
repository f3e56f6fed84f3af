"""The data in sample_data.toml: people, workplaces and subjects."""

import tomllib
from pathlib import Path
from typing import NamedTuple

DATA = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
ADMINISTRATIONS = DATA["administrations"]
FIRST_NAMES, LAST_NAMES = DATA["names"]["first"].split(), DATA["names"]["last"].split()
#: So many schools of an area send from two departments, the others as a single unit.
SPLIT_SCHOOLS_PER_AREA = 3
SPLIT_DEPARTMENTS = ("Indskoling og mellemtrin", "Udskoling")


class Workplace(NamedTuple):
    """The lowest unit that the list names as sender. ``kind`` decides the topics."""

    administration: str
    area: str
    unit: str
    subunit: str
    kind: str


class CastMember(NamedTuple):
    """Somebody who sent ``letters`` letters (of 3.400) from ``unit``, mostly about ``topic``."""

    name: str
    leader: str
    code: str
    unit: str
    letters: int
    topic: str

    @property
    def administration(self) -> str:
        return ADMINISTRATIONS[self.code]["name"]


CAST = [CastMember(*row) for row in DATA["people"]["cast"]]
SENDER_OF_FOURTEEN = CAST[0]


def list_workplaces(code: str) -> list[Workplace]:
    """Return the workplaces of an administration. BUF has 157: 75 at schools, 40 day-care houses, 42 in the centres."""
    places = []
    for area, kind, units in ADMINISTRATIONS[code]["areas"]:
        for number, unit in enumerate(" ".join(units.split()).split(", ")):
            is_split = kind == "school" and 0 < number <= SPLIT_SCHOOLS_PER_AREA
            for department in SPLIT_DEPARTMENTS if is_split else ("",):
                places.append(Workplace(ADMINISTRATIONS[code]["name"], area, unit, department, kind))
    return places
