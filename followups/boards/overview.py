"""The boards of a user side by side: the units that the user opens, and a row of figures for each."""

from __future__ import annotations

from followups.boards.board_letters import units_with_list_for
from followups.boards.tables import BoardRow, unit_row
from followups.reporting.letter_figures import ROW_FIGURES, count_letters, finished_units, sum_by_unit
from letters.models import Incident, Letter
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import calendar


def own_units(user: User) -> list[Unit]:
    """Return the topmost units where the user holds a membership, without units below another such unit."""
    held = set(user.membership_unit_ids)
    units = Unit.objects.visible_to(user).filter(pk__in=held).in_order()
    return [unit for unit in units if held.isdisjoint(unit.lineage[:-1])]


def led_units(user: User) -> list[Unit]:
    """Return the units whose letter list is open to the user only because of led letters."""
    units = units_with_list_for(user).exclude(pk__in=Unit.objects.listed_for(user))
    return list(units.in_order())


def overview_rows(units: list[Unit], incident: Incident, user: User, *, only_led: bool = False) -> list[BoardRow]:
    """Return a row for each unit with the letters at or below the unit. One GROUP BY, summed up the tree.

    With `only_led`, only the letters of `with_represented_leader` are counted, as for `led_units`.
    """
    letters = Letter.objects.counted_for(user).active().filter(incident=incident)
    if only_led:
        letters = letters.with_represented_leader(user)
    figures = (*ROW_FIGURES, "ARRIVING")
    by_unit = count_letters(letters, "unit__lineage", reader=user, today=calendar.today(), figures=figures)
    folded, finished = sum_by_unit(by_unit), {} if only_led else finished_units(letters, by_unit, user)
    scale = max((folded[unit.pk]["ALL"] for unit in units), default=0)
    return [unit_row(unit, folded[unit.pk], scale, finished.get(unit.pk)) for unit in units]
