"""Read model of a unit's board: figures, curve, sub-units, people, categories and the list of letters.

`reporting/letter_figures.py` defines each figure. The number of queries is constant, however many units and letters.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import F

from followups.boards import call_suggestions, progress, tables
from followups.boards.board_letters import (
    counted_in_every_incident,
)
from followups.boards.counted_board import CountedBoard
from followups.boards.tables import BAR_LEGEND, BoardRow, board_link
from followups.boards.tiles import build_tiles
from followups.models import FollowUp
from followups.reporting import letter_figures
from followups.reporting.letter_figures import (
    FIGURE_LABELS,
    CountedGroup,
    Tally,
    count_letters,
    sum_by_unit,
)
from followups.rules import rights
from letters.categories.category_rules import PERSONNEL_CATEGORY, list_category_names
from letters.models import Incident
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Absence, Membership, Unit, User
from sepo_incident.core import charts, danish
from sepo_incident.core.sorting import ColumnSort

#: How many calls a page shows at once, and how many with those under *Vis flere*. The tab *Tal* has all units.
CALLS_SHOWN, MAX_CALLS = 3, 13
#: Roles whose work is not to call leaders and senders.
DO_NOT_CALL = {Membership.Role.READER, Membership.Role.DIT_SUPPORT, Membership.Role.HR}


class Board(CountedBoard):
    """The board of a unit for one reader. Each part is fetched when a page first asks for it.

    Only the first `people_shown` people get rows (None for all), because there may be a thousand. `sort` is the order
    of the tables, if the address gives one.
    """

    legend = BAR_LEGEND

    def __init__(
        self,
        unit: Unit,
        incident: Incident,
        reader: User,
        people_shown: int | None = None,
        sort: ColumnSort | None = None,
        is_list: bool = False,
    ) -> None:
        super().__init__(unit, incident, reader, is_list=is_list)
        self.people_shown, self.sort = people_shown, sort

    # --- figures --------------------------------------------------------------------------------------------------

    @cached_property
    def finished(self) -> dict[int, letter_figures.FinishedUnit]:
        if self.scope_sentence:
            return {}
        return letter_figures.finished_units(self.letters, self.by_unit, self.reader)

    @property
    def tiles(self) -> list[dict[str, Any]]:
        return build_tiles(self.unit, self.counts, self.may_confirm)

    @cached_property
    def banner(self) -> progress.Banner:
        finished = self.finished.get(self.unit.pk)
        return progress.build_banner(self.counts, self.timeline, self.incident.deadline, self.today, finished)

    @property
    def banner_text(self) -> list[tuple[str, str]]:
        """The text of the banner as (text, address of the letters that it counts, or "")."""
        return [(text, self.list_url(figure) if figure else "") for text, figure in self.banner.parts]

    @property
    def decided_sentence(self) -> str:
        """«4 af 7 breve mangler en beslutning» · «Brevet har en beslutning»"""
        undecided, total = self.counts["OPEN"], danish.count(self.counts["ALL"], "brev", "breve")
        if undecided:
            return f"{danish.number(undecided)} af {total} mangler en beslutning"
        return "Brevet har en beslutning" if self.counts["ALL"] == 1 else f"Alle {total} har en beslutning"

    @property
    def decided_url(self) -> str:
        """Address of the letters that `decided_sentence` counts."""
        return self.list_url("OPEN" if self.counts["OPEN"] else "HAS_DECISION")

    @property
    def is_banner_above_tabs(self) -> bool:
        """Whether the banner stands above the tabs: before the follow-up is opened, and when all is confirmed."""
        return self.timeline is None or letter_figures.is_unit_finished(self.counts)

    @property
    def curve(self) -> charts.BurnDown | None:
        return progress.burn_down_chart(self.timeline, self.counts, self.incident.deadline)

    @cached_property
    def units(self) -> list[BoardRow]:
        if self.is_alone:
            return []
        sort = self.sort or tables.MOST_OPEN_FIRST
        return tables.unit_rows(self.unit, self.by_unit, self.timeline, self.finished, sort)

    def units_with(self, choice: str) -> dict[int, Tally]:
        """Return {unit id: tally of the unit's own letters} of a choice of `UNIT_TOTALS`."""
        return letter_figures.units_in_choice(self.by_unit, choice)

    @property
    def has_trend(self) -> bool:
        """Whether any unit has a trend. False until a working day has passed."""
        return any(row.trend for row in self.units)

    # --- people and categories ------------------------------------------------------------------------------------

    @cached_property
    def _all_calls(self) -> list[call_suggestions.CallCard]:
        """The calls of today: to senders on a board without units below, else to the leaders below.

        None for a user who only counts here, and for support desks: others call. None in a closed incident.
        """
        held = self.reader.roles_over(self.unit.lineage)
        if self.incident.is_closed or (held and held <= DO_NOT_CALL):
            return []
        if self.is_alone:
            senders = [group["sender_id"] for group, _ in self.by_person if group["sender_id"]]
            away = Absence.objects.stand_ins(self.today, senders)
            candidates = call_suggestions.sender_candidates(self.unit, self.reader, self.by_person, away)
        else:
            candidates = call_suggestions.leader_candidates(self.unit, self.reader, dict(sum_by_unit(self.by_unit)))
        kinds = call_suggestions.calls_by_kind(candidates, self.timeline, self.incident.deadline)
        missing = call_suggestions.missing_leader_call(self.unit, self.by_unit, self.reader)
        return call_suggestions.first_of_each_kind_first([*kinds, missing])

    @property
    def calls(self) -> list[call_suggestions.CallCard]:
        """The calls that the page shows at once, the first of each kind first."""
        return self._all_calls[:CALLS_SHOWN]

    @property
    def people_to_call(self) -> int:
        """The number of people named in `calls`. A unit without a leader has nobody to call."""
        return sum(len(call.callees) for call in self.calls)

    @property
    def more_calls(self) -> list[call_suggestions.CallCard]:
        return self._all_calls[CALLS_SHOWN:MAX_CALLS]

    @cached_property
    def owing(self) -> list[CountedGroup]:
        return tables.people_with_work_left(self.by_person, self.sort or tables.MOST_OPEN_FIRST)

    @property
    def people_total(self) -> int:
        return len(self.owing)

    @cached_property
    def people(self) -> list[BoardRow]:
        shown = self.owing[: self.people_shown]
        away = Absence.objects.stand_ins(self.today, [group["sender_id"] for group, _ in shown if group["sender_id"]])
        return tables.people_rows(self.unit, shown, away)

    @cached_property
    def led(self) -> frozenset[int]:
        """Ids of the people in `people` with unfinished letters that the reader leads."""
        shown = self.owing[: self.people_shown]
        return _led_senders(self.unit, self.letters, self.reader, shown) if self.may_confirm else frozenset()

    @cached_property
    def categories(self) -> list[BoardRow]:
        groups = count_letters(self.letters, "shown_category", reader=self.reader, today=self.today)
        in_rule_order = [*list_category_names(self.incident), PERSONNEL_CATEGORY]
        rows = tables.category_rows(self.unit, groups, in_rule_order, self.sort or tables.UNSORTED)
        return [row.without_links for row in rows] if self.only_counts else rows

    @cached_property
    def category_names(self) -> list[str]:
        """The categories of the letters, as choices of the filter, in the order of the rules."""
        names = set(self.letters.order_by().values_list(F("shown_category"), flat=True).distinct())
        known = [*list_category_names(self.incident), PERSONNEL_CATEGORY]
        return [name for name in known if name in names] + sorted(names - set(known))

    @property
    def senders(self) -> list[tuple[str, str]]:
        """The senders of the letters, as choices of the filter."""
        rows = self.letters.order_by().values("sender_id", "sender__name").distinct()
        return tables.sender_choices(rows)

    @property
    def has_hidden_dates(self) -> bool:
        """Whether to tell that the board has personnel cases whose dates are hidden from the reader."""
        return self.tells_personnel_cases and PERSONNEL_CATEGORY in self.category_names

    @property
    def is_in_other_incidents(self) -> bool:
        """Whether the unit has letters in other incidents. One query."""
        return counted_in_every_incident(self.unit, self.reader).exclude(incident=self.incident).exists()

    @property
    def about(self) -> list[tuple[str, str]]:
        """What a file with a list of the board is about, as (label, text)."""
        return [("Hændelse", self.incident.title), ("Enhed", self.unit.name)]

    # --- addresses ------------------------------------------------------------------------------------------------

    def list_url(self, status: str) -> str:
        """Return the address of the letters of a figure."""
        return board_link(self.unit.pk, status=status)

    @property
    def banner_url(self) -> str:
        """Address of the letters that the banner is about, or ""."""
        return self.list_url(self.banner.figure) if self.banner.figure else ""

    @property
    def links(self) -> dict[str, str]:
        """{figure: address of its letters}."""
        return {figure: self.list_url(figure) for figure in FIGURE_LABELS}


def _led_senders(unit: Unit, letters: LetterQuerySet, user: User, people: list[CountedGroup]) -> frozenset[int]:
    """Return the ids of the senders with unfinished letters that the user leads, without the user.

    A user in charge of the unit leads all senders.
    """
    if user.holds_role_over(unit.lineage, *rights.MANAGING_ROLES):
        senders = {group["sender_id"] for group, _ in people}
    else:
        theirs = letters.filter(rights.leads(user), followup__status__in=FollowUp.NOT_DONE)
        senders = set(theirs.order_by().values_list("sender", flat=True).distinct())
    return frozenset(senders - {None, user.pk})
