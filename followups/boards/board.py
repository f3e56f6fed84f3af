"""Read model of a unit's board: figures, curve, sub-units, people, categories and the list of letters.

`reporting/letter_figures.py` defines each figure. The number of queries is constant, however many units and letters.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property

from django.db.models import Q

from followups.boards import progress, tables
from followups.boards.board_counts import BoardCounts, FoldedTallies, count_board
from followups.boards.board_letters import (
    board_condition,
    board_letters,
    counted_letters,
    has_letter_list,
    led_senders,
    opens_by_membership,
    scope_sentence,
)
from followups.boards.followed_up import (
    FollowedUpPanel,
    build_followed_up,
    followed_up_figure,
    followed_up_sentence,
    progress_sentence,
)
from followups.boards.tables import BAR_LEGEND, MORE_FIGURES, BoardRow, board_link
from followups.reporting import letter_figures
from followups.reporting.figures import large_units
from followups.reporting.letter_figures import FIGURE_LABELS, CountedGroup, Tally
from followups.rules import rights
from letters.categories.category_rules import PERSONNEL_CATEGORY, list_category_names
from letters.models import Incident, deadline_of_unit
from letters.models.letter import LetterQuerySet
from letters.models.visibility import of_incident
from sepo_incident.accounts.models import Absence, Unit, User
from sepo_incident.core import calendar, charts
from sepo_incident.core.sorting import ColumnSort


class Board:
    """The board of a unit for one reader. Each part is fetched when a page first asks for it.

    Only the first `people_shown` people get rows (None for all), because there may be a thousand. With `counts_people`,
    or without units below, they are counted. `sort`: the order of the tables, if the address gives one.

    `is_list`: the page lists letters or names people, so the board has only the letters that the reader sees. Other
    pages count, and have the letters that the reader counts (decision 46).
    """

    legend, more_headers = BAR_LEGEND, list(MORE_FIGURES.values())

    def __init__(
        self,
        unit: Unit,
        incident: Incident,
        reader: User,
        people_shown: int | None = None,
        sort: ColumnSort | None = None,
        is_list: bool = False,
        counts_people: bool = False,
    ) -> None:
        self.unit, self.incident, self.reader, self.is_list = unit, incident, reader, is_list
        self.people_shown, self.sort, self.counts_people = people_shown, sort, counts_people
        self.today = calendar.today()

    # --- letters and counts ---------------------------------------------------------------------------------------

    @cached_property
    def letters(self) -> LetterQuerySet:
        letters_of = board_letters if self.is_list else counted_letters
        return letters_of(self.unit, self.incident, self.reader)

    @cached_property
    def counted(self) -> BoardCounts:
        chosen = board_condition(self.unit, self.reader, is_list=self.is_list) & of_incident(self.incident)
        by_sender = self.counts_people or self.shows_only_led
        return count_board(chosen, self.unit, self.reader, self.today, by_sender=by_sender)

    @property
    def by_unit(self) -> list[CountedGroup]:
        return self.counted.by_unit

    @property
    def by_person(self) -> list[CountedGroup]:
        return self.counted.by_sender

    @cached_property
    def counts(self) -> Tally:
        return self.folded.get(self.unit.pk, Tally())

    @property
    def folded(self) -> FoldedTallies:
        """The tallies of the letters at or below each unit that has some."""
        return self.counted.folded

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
        return bool(self.scope_sentence) or all(lineage[-1] == self.unit.pk for lineage in self.counted.lineages)

    @cached_property
    def timeline(self) -> progress.FollowUpTimeline | None:
        return progress.follow_up_timeline(self.counted.days, self.today, by_sender=self.is_alone)

    @cached_property
    def deadline(self) -> date:
        """The deadline of the unit: the incident's, the administration's own, or one that was extended."""
        return deadline_of_unit(self.incident, self.unit)

    # --- the reader -----------------------------------------------------------------------------------------------

    @cached_property
    def may_confirm(self) -> bool:
        """Whether the reader confirms here, now or later. Nobody does in a closed incident."""
        return not self.incident.is_closed and rights.may_confirm_in_unit(self.reader, self.unit, self.letters)

    @property
    def shows_only_led(self) -> bool:
        """Whether only led letters open the board to the reader, and no membership."""
        return not opens_by_membership(self.unit, self.reader, is_list=self.is_list)

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
        return scope_sentence(self.letters, self.reader) if self.shows_only_led else ""

    # --- figures --------------------------------------------------------------------------------------------------

    @cached_property
    def finished(self) -> dict[int, letter_figures.FinishedUnit]:
        """The last confirmation of each unit with nothing left. Empty if neither this unit nor one right below is."""
        depth = len(self.unit.lineage)
        shown = {pk for lineage in self.counted.lineages for pk in lineage[depth - 1 : depth + 1]}
        if self.scope_sentence or not any(letter_figures.is_unit_finished(self.folded[pk]) for pk in shown):
            return {}
        return letter_figures.finished_units(self.letters, self.folded, self.reader)

    @cached_property
    def followed_up(self) -> FollowedUpPanel:
        return build_followed_up(
            self.unit.pk,
            self.counts,
            self.finished.get(self.unit.pk),
            is_open=self.timeline is not None,
            is_closed=self.incident.is_closed,
            may_confirm=self.may_confirm,
        )

    @property
    def followed_up_text(self) -> list[tuple[str, str]]:
        """The text of `followed_up` as (text, address of the letters that it counts, or "")."""
        return [(text, self.list_url(figure) if figure else "") for text, figure in self.followed_up.parts]

    @property
    def followed_up_sentence(self) -> str:
        return followed_up_sentence(self.counts)

    @property
    def followed_up_url(self) -> str:
        """Address of the letters that `followed_up_sentence` counts."""
        return self.list_url(followed_up_figure(self.counts))

    @property
    def progress_sentence(self) -> str:
        """Whether the work keeps up with the plan, or ""."""
        if self.timeline is None or self.incident.is_closed:
            return ""
        who = self.unit.name if self.only_counts else "I"
        return progress_sentence(self.timeline, self.counts, self.deadline, who)

    @cached_property
    def curve(self) -> charts.BurnDown | None:
        return progress.burn_down_chart(self.timeline, self.counts, self.deadline)

    @cached_property
    def units(self) -> list[BoardRow]:
        if self.is_alone:
            return []
        sort = self.sort or tables.MOST_MISSING_FIRST
        own = sum((counts for group, counts in self.by_unit if group["unit__lineage"][-1] == self.unit.pk), Tally())
        return tables.unit_rows(self.unit, self.folded, own, self.timeline, self.finished, sort)

    def units_with(self, choice: str) -> dict[int, Tally]:
        """Return {unit id: tally of the unit's own letters} of a choice of `UNIT_TOTALS`."""
        return letter_figures.units_in_choice(self.by_unit, choice)

    @property
    def has_trend(self) -> bool:
        """Whether any unit has a trend. False until a working day has passed."""
        return any(row.trend for row in self.units)

    # --- people and categories ------------------------------------------------------------------------------------

    @cached_property
    def owing(self) -> list[CountedGroup]:
        return tables.people_with_work_left(self.by_person, self.sort or tables.MOST_MISSING_FIRST)

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
        return led_senders(self.unit, self.letters, self.reader, shown) if self.may_confirm else frozenset()

    @cached_property
    def categories(self) -> list[BoardRow]:
        in_rule_order = [*list_category_names(self.incident), PERSONNEL_CATEGORY]
        rows = tables.category_rows(self.unit, self.counted.by_category, in_rule_order, self.sort or tables.UNSORTED)
        return [row.without_links for row in rows] if self.only_counts else rows

    @cached_property
    def category_names(self) -> list[str]:
        """The categories of the letters, as choices of the filter, in the order of the rules."""
        names = self.counted.categories
        known = [*list_category_names(self.incident), PERSONNEL_CATEGORY]
        return [name for name in known if name in names] + sorted(names - set(known))

    @property
    def senders(self) -> list[tuple[str, str]]:
        """The senders of the letters, as choices of the filter."""
        return tables.sender_choices(self.counted.senders)

    @property
    def has_hidden_dates(self) -> bool:
        """Whether to tell that the board has personnel cases whose dates are hidden from the reader."""
        return self.tells_personnel_cases and PERSONNEL_CATEGORY in self.category_names

    @property
    def about(self) -> list[tuple[str, str]]:
        """What a file with a list of the board is about, as (label, text)."""
        return [("Hændelse", self.incident.title), ("Enhed", self.unit.name)]

    # --- addresses ------------------------------------------------------------------------------------------------

    def list_url(self, status: str) -> str:
        """Return the address of the letters of a figure."""
        return board_link(self.unit.pk, status=status)

    @cached_property
    def links(self) -> dict[str, str]:
        """{figure: address of its letters}."""
        return {figure: self.list_url(figure) for figure in FIGURE_LABELS}
