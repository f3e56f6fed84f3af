"""The letters of a unit's board for one reader, counted, and what the reader may see of them (decision 46)."""

from __future__ import annotations

from functools import cached_property

from django.db.models import Q

from followups.boards import progress
from followups.boards.board_letters import (
    board_letters,
    counted_letters,
    has_letter_list,
    opening_roles,
)
from followups.boards.small_numbers import large_units
from followups.reporting.letter_figures import BOARD_FIGURES, CountedGroup, Tally, count_letters
from followups.rules import rights
from letters.models import Incident
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import calendar, danish

SENDER_FIELDS = ("sender_id", "sender__name", "sender__phone", "sender__unit__name")


class CountedBoard:
    """The letters of a unit for one reader, and their counts. Each part is fetched when a page first asks for it.

    `is_list`: the page lists letters or names people, so the board has only the letters that the reader sees. Other
    pages count, and have the letters that the reader counts.
    """

    def __init__(self, unit: Unit, incident: Incident, reader: User, *, is_list: bool = False) -> None:
        self.unit, self.incident, self.reader, self.is_list = unit, incident, reader, is_list
        self.today = calendar.today()

    @cached_property
    def letters(self) -> LetterQuerySet:
        letters_of = board_letters if self.is_list else counted_letters
        return letters_of(self.unit, self.incident, self.reader)

    @cached_property
    def by_unit(self) -> list[CountedGroup]:
        return count_letters(
            self.letters, "unit__lineage", "unit__name", reader=self.reader, today=self.today, figures=BOARD_FIGURES
        )

    @cached_property
    def by_person(self) -> list[CountedGroup]:
        return count_letters(self.letters, *SENDER_FIELDS, reader=self.reader, today=self.today)

    @cached_property
    def counts(self) -> Tally:
        return sum((counts for _, counts in self.by_unit), Tally())

    @property
    def unreadable_letters(self) -> LetterQuerySet:
        """The personnel cases on the board that the reader may not read."""
        return self.letters.filter(Q(reader_may_read=False))

    @cached_property
    def large_units(self) -> frozenset[int]:
        return large_units(self.by_unit)

    @property
    def is_large(self) -> bool:
        """Whether the unit is so large, and shown whole, that a number of personnel cases points at nobody."""
        return not self.shows_only_led and not self.only_hrs and self.unit.pk in self.large_units

    @property
    def is_alone(self) -> bool:
        """Whether all letters belong to the unit itself, or the boards below may be closed to the reader."""
        return bool(self.scope_sentence) or all(group["unit__lineage"][-1] == self.unit.pk for group, _ in self.by_unit)

    @cached_property
    def timeline(self) -> progress.DecisionTimeline | None:
        group = "sender_id" if self.is_alone else "unit__lineage"
        return progress.load_decision_timeline(self.letters, self.today, by=group)

    # --- the reader -----------------------------------------------------------------------------------------------

    @cached_property
    def may_confirm(self) -> bool:
        """Whether the reader confirms here, now or later. Nobody does in a closed incident."""
        return not self.incident.is_closed and rights.may_confirm_in_unit(self.reader, self.unit, self.letters)

    @cached_property
    def opening_roles(self) -> frozenset[str]:
        return opening_roles(self.unit, self.reader, is_list=self.is_list)

    @property
    def shows_only_led(self) -> bool:
        """Whether only led letters open the board to the reader, and no membership."""
        return not self.opening_roles

    @property
    def only_hrs(self) -> bool:
        """Whether the reader sees the board as Personalejura alone, so that most letters are left out."""
        return self.reader.sees_only_personnel_cases(self.unit.lineage, is_list=self.is_list)

    @cached_property
    def has_list(self) -> bool:
        """Whether the reader sees letters of the unit on a list, and does not only count them."""
        return has_letter_list(self.unit, self.reader)

    @property
    def only_counts(self) -> bool:
        """Whether the reader has no other role here than READER. Some letters may still be the reader's to lead."""
        return self.reader.only_counts(self.unit.lineage)

    @property
    def tells_personnel_cases(self) -> bool:
        """Whether figures may tell how many personnel cases there are: to who sees them, or of a large unit."""
        return not self.only_counts or self.is_large

    @cached_property
    def scope_sentence(self) -> str:
        """The owners of the letters, if the board shows the reader only part of the unit's letters, else ""."""
        return _scope_sentence(self.letters, self.reader) if self.shows_only_led else ""


def _scope_sentence(letters: LetterQuerySet, user: User) -> str:
    """Return «du er leder for», «du tager dig af for Jens Ågård», or both."""
    leaders = User.objects.filter(pk__in=letters.order_by().values("leader"))
    names = sorted((one.name for one in leaders if one.pk != user.pk), key=danish.sort_key)
    own = ["du er leder for"] if any(one.pk == user.pk for one in leaders) else []
    return " eller ".join(own + ([f"du tager dig af for {danish.join_with_and(names)}"] if names else []))
