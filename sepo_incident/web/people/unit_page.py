"""*Om enheden*: the tab of a unit's board that says who leads the unit, who sees its letters, and who works there.

The board has the letters, the figures and the mails of the unit, so the unit needs no other page.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from followups.boards.board import Board
from followups.boards.board_letters import units_with_board_for
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import danish
from sepo_incident.web.people.visible_people import people_visible_to, person_urls

PEOPLE_SHOWN = 30
Role = Membership.Role


class UnitPerson(NamedTuple):
    """A person with a role at or above the unit, or at work there. `url`: the person's page, or ""."""

    person: User
    url: str
    role: str


class UnitPage:
    """What the tab says to the reader of the board. A reader who only counts gets no names (decision 46)."""

    def __init__(self, board: Board, shows_everybody: bool) -> None:
        self.board, self.unit, self.reader, self.shows_everybody = board, board.unit, board.reader, shows_everybody

    @cached_property
    def held(self) -> list[Membership]:
        """The roles at or above the unit, the nearest first, for a reader who may learn the names."""
        if not self.board.has_list:
            return []
        return Membership.objects.opening_letters_of(self.unit)

    @property
    def leaders(self) -> list[UnitPerson]:
        return [self._with_url(one) for one in self.held if one.unit_id == self.unit.pk and one.role == Role.LEADER]

    @property
    def who_sees(self) -> list[UnitPerson]:
        """The people who see the unit's letters by a role at or above the unit."""
        return [self._with_url(one) for one in self.held]

    def _with_url(self, held: Membership) -> UnitPerson:
        return UnitPerson(held.user, self.urls.get(held.user_id, ""), f"{held.get_role_display()} i {held.unit.name}")

    @cached_property
    def urls(self) -> dict[int, str]:
        return person_urls(self.reader, [one.user_id for one in self.held])

    @cached_property
    def everybody(self) -> list[User]:
        """The people of the unit itself whose page the reader may open, by name."""
        found = people_visible_to(self.reader).filter(unit=self.unit, left_on=None)
        return sorted(found, key=lambda one: (danish.sort_key(one.name), one.pk))

    @property
    def people(self) -> list[User]:
        return self.everybody if self.shows_everybody else self.everybody[:PEOPLE_SHOWN]

    @cached_property
    def units_below(self) -> list[Unit]:
        return list(units_with_board_for(self.reader).filter(parent=self.unit).in_order())
