"""Read model of a unit's board: figures, curve, sub-units, people, categories and the list of letters.

`metrics.py` defines each figure. The number of queries is constant, however many units and letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, F, Q, Value, When
from django.urls import reverse

from followups.boards import call_suggestions, metrics, progress, tables
from followups.boards.metrics import BOARD_ONLY_FIGURES, FIGURE_LABELS, CountedGroup, Tally, count_letters, sum_by_unit
from followups.boards.tables import BAR_LEGEND, BoardRow, board_link
from followups.models import FollowUp
from followups.rules import rights
from letters.categories.category_rules import NO_SUBJECT_CATEGORY, PERSONNEL_CATEGORY, list_category_names
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Absence, Membership, Unit, User
from sepo_incident.accounts.models.people import UnitQuerySet
from sepo_incident.core import calendar, charts, danish

#: (figure, tone, parts of the figure). The tiles together count every letter once. A tile in OPTIONAL_TILES is left out
#: when it is zero.
TILES = [
    ("OPEN", "is-soon", ["PASSED", "HELP"]),
    ("DECIDED", "", []),
    ("SENT_BACK", "is-soon", []),
    ("TO_ANSWER", "is-soon", []),
    ("DONE", "is-info", ["MINE"]),
    ("CONFIRMED", "is-ok", []),
]
OPTIONAL_TILES = ("SENT_BACK", "TO_ANSWER")


@dataclass(frozen=True)
class Board:
    """The content of a board for one reader.

    `may_confirm` is whether the reader confirms here, now or later. `led` are the ids of the people in `people` with
    unfinished letters that the reader leads. `scope_sentence` says whose letters the board shows if the reader
    sees only part of the unit's letters, else "".
    """

    unit: Unit
    counts: Tally
    may_confirm: bool
    led: frozenset[int]
    scope_sentence: str
    tiles: list[dict[str, Any]]
    banner: progress.Banner
    calls: list[call_suggestions.CallCard]
    curve: charts.BurnDown | None
    units: list[BoardRow]
    people: list[BoardRow]
    people_total: int
    categories: list[BoardRow]
    senders: list[tuple[str, str]]
    legend: list[tuple[str, str]]

    @property
    def has_trend(self) -> bool:
        """Whether any unit has a trend. False until a working day has passed."""
        return any(row.trend for row in self.units)

    @property
    def arriving_url(self) -> str:
        return board_link(self.unit.pk, status="ARRIVING")

    @property
    def banner_url(self) -> str:
        """Address of the letters that the banner is about, or ""."""
        return board_link(self.unit.pk, status=self.banner.figure) if self.banner.figure else ""

    @property
    def gone_url(self) -> str:
        """Address of the letters whose original mail is missing."""
        return board_link(self.unit.pk, status="GONE")

    @property
    def unproven_url(self) -> str:
        """Address of the letters sent again more than three working days ago, without proof of arrival."""
        return board_link(self.unit.pk, status="UNPROVEN")

    @property
    def not_arrived_url(self) -> str:
        return board_link(self.unit.pk, status="NOT_ARRIVED")

    @property
    def has_hidden_dates(self) -> bool:
        """Whether the board has personnel cases whose dates are hidden from the reader."""
        return any(row.name == PERSONNEL_CATEGORY for row in self.categories)

    @property
    def mine_url(self) -> str:
        """Address of the page where the reader confirms the letters that await the reader."""
        return f"{reverse('confirm_many', args=[self.unit.pk])}?{urlencode({'status': 'MINE', 'alle': 1})}"

    @property
    def to_answer_url(self) -> str:
        """Address of the letters that lack an answer before anybody can confirm."""
        return board_link(self.unit.pk, status="TO_ANSWER")

    @property
    def other_leaders_url(self) -> str:
        """Address of the letters that wait for a leader nearer than the reader."""
        return board_link(self.unit.pk, status="THEIRS")


def sees_only_as_hr(unit: Unit, user: User) -> bool:
    """Return whether the user sees the board as Personalejura alone, so that most letters are left out."""
    others = user.unit_ids_with_other_role(Membership.Role.HR)
    return user.holds_role_over(unit.lineage, Membership.Role.HR) and set(unit.lineage).isdisjoint(others)


def units_with_board_for(user: User) -> UnitQuerySet:
    """Return the units whose board the user may open.

    Units at or below a unit where the user holds a membership, and units with letters whose leader is the user or a
    person whom the user stands in for. A board of the second sort shows only such letters.
    """
    led = Letter.objects.visible_to(user).active().with_represented_leader(user)
    return Unit.objects.filter(Q(pk__in=Unit.objects.visible_to(user)) | Q(pk__in=led.values("unit")))


def shows_only_led_letters(unit: Unit, user: User) -> bool:
    """Return whether the board is open to the user only because of led letters, not because of a membership."""
    return set(unit.lineage).isdisjoint(user.membership_unit_ids)


def board_letters(unit: Unit, incident: Incident, user: User) -> LetterQuerySet:
    """Return the active letters at or below the unit that the user may see.

    Annotates `shown_category`, the category name that the user may see.
    """
    letters = Letter.objects.visible_to(user).active().filter(incident=incident, unit__lineage__contains=[unit.pk])
    if shows_only_led_letters(unit, user):
        letters = letters.with_represented_leader(user)
    return letters.annotate(
        shown_category=Case(
            When(reader_may_read=False, then=Value(PERSONNEL_CATEGORY)),
            When(category="", then=Value(NO_SUBJECT_CATEGORY)),
            default=F("category"),
        )
    )


@dataclass(frozen=True)
class BoardCounts:
    """A unit's letters counted by unit, by person and by category."""

    unit: Unit
    by_unit: list[CountedGroup]
    people: list[CountedGroup]
    categories: list[CountedGroup]

    @cached_property
    def overall(self) -> Tally:
        return sum((counts for _, counts in self.by_unit), Tally())

    @property
    def is_alone(self) -> bool:
        """Whether all letters belong to the unit itself, not to units below."""
        return all(group["unit__lineage"][-1] == self.unit.pk for group, _ in self.by_unit)


def build_board(unit: Unit, incident: Incident, user: User, people_shown: int | None = None, order: str = "") -> Board:
    """Return the board of a unit for the user.

    Only the first `people_shown` people get rows (None for all), because there may be a thousand. `order` is a key of
    `tables.UNIT_ORDERS`.
    """
    today, deadline = calendar.today(), incident.deadline
    letters = board_letters(unit, incident, user)
    counts = _count_letters(unit, letters, user, today)
    timeline = progress.load_decision_timeline(letters, today, by="sender_id" if counts.is_alone else "unit__lineage")
    scope_sentence = _scope_sentence(letters, user) if shows_only_led_letters(unit, user) else ""
    owing, finished = (
        tables.people_with_work_left(counts.people),
        {} if scope_sentence else metrics.finished_units(letters, counts.by_unit),
    )
    shown = owing[:people_shown]
    may_confirm = rights.may_confirm_in_unit(user, unit, letters)
    away = Absence.objects.stand_ins(today, [group["sender_id"] for group, _ in shown if group["sender_id"]])
    return Board(
        unit=unit,
        counts=counts.overall,
        may_confirm=may_confirm,
        led=_led_senders(unit, letters, user, shown) if may_confirm else frozenset(),
        scope_sentence=scope_sentence,
        tiles=_tiles(unit, counts.overall),
        banner=progress.build_banner(counts.overall, timeline, deadline, today, finished.get(unit.pk)),
        calls=_call_cards(counts, timeline, deadline, user),
        curve=progress.burn_down_chart(timeline, counts.overall, deadline),
        units=tables.unit_rows(unit, counts.by_unit, timeline, finished, order),
        people=tables.people_rows(unit, shown, away),
        people_total=len(owing),
        categories=tables.category_rows(unit, counts.categories, [*list_category_names(incident), PERSONNEL_CATEGORY]),
        senders=tables.sender_choices(counts.people),
        legend=BAR_LEGEND,
    )


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


def _scope_sentence(letters: LetterQuerySet, user: User) -> str:
    """Return «du er leder for», «du tager dig af for Jens Ågård», or both."""
    leaders = User.objects.filter(pk__in=letters.order_by().values("leader"))
    names = sorted((one.name for one in leaders if one.pk != user.pk), key=danish.sort_key)
    own = ["du er leder for"] if any(one.pk == user.pk for one in leaders) else []
    return " eller ".join(own + ([f"du tager dig af for {danish.join_with_and(names)}"] if names else []))


def _count_letters(unit: Unit, letters: LetterQuerySet, user: User, today: date) -> BoardCounts:
    return BoardCounts(
        unit,
        by_unit=count_letters(letters, "unit__lineage", "unit__name", reader=user, today=today, excluded=()),
        people=count_letters(letters, "sender_id", "sender__name", "sender__unit__name", reader=user, today=today),
        categories=count_letters(letters, "shown_category", reader=user, today=today),
    )


def _call_cards(
    counts: BoardCounts, timeline: progress.DecisionTimeline | None, deadline: date, user: User
) -> list[call_suggestions.CallCard]:
    """Return the calls of today: to senders on a board without units below, else to the leaders below."""
    if counts.is_alone:
        candidates = call_suggestions.sender_candidates(counts.unit, user, counts.people)
    else:
        candidates = call_suggestions.leader_candidates(counts.unit, user, dict(sum_by_unit(counts.by_unit)))
    return call_suggestions.calls_for_today(candidates, timeline, deadline) + call_suggestions.missing_leader_call(
        counts.unit, counts.by_unit, user
    )


def _tiles(unit: Unit, counts: Tally) -> list[dict[str, Any]]:
    """Return the tiles of the board, each with the parts that are not zero."""

    def figure(name: str) -> dict[str, Any]:
        return {"number": counts[name], "label": FIGURE_LABELS[name], "url": board_link(unit.pk, status=name)}

    return [
        figure(name) | {"tone": tone, "parts": [figure(part) for part in parts if counts[part]]}
        for name, tone, parts in TILES
        if name not in OPTIONAL_TILES or counts[name]
    ]


# --- Several boards -----------------------------------------------------------------------------------------------


def own_units(user: User) -> list[Unit]:
    """Return the topmost units where the user holds a membership, without units below another such unit."""
    held = set(user.membership_unit_ids)
    units = Unit.objects.visible_to(user).filter(pk__in=held).in_order()
    return [unit for unit in units if held.isdisjoint(unit.lineage[:-1])]


def led_units(user: User) -> list[Unit]:
    """Return the units whose board is open to the user only because of led letters."""
    units = units_with_board_for(user).exclude(pk__in=Unit.objects.visible_to(user))
    return list(units.in_order())


def overview_rows(units: list[Unit], incident: Incident, user: User, *, only_led: bool = False) -> list[BoardRow]:
    """Return a row for each unit with the letters at or below the unit. One GROUP BY, summed up the tree.

    With `only_led`, only the letters of `with_represented_leader` are counted, as for `led_units`.
    """
    letters = Letter.objects.visible_to(user).active().filter(incident=incident)
    if only_led:
        letters = letters.with_represented_leader(user)
    besides = BOARD_ONLY_FIGURES - {"ARRIVING"}
    by_unit = count_letters(letters, "unit__lineage", reader=user, today=calendar.today(), excluded=besides)
    folded, finished = sum_by_unit(by_unit), {} if only_led else metrics.finished_units(letters, by_unit)
    scale = max((folded[unit.pk]["ALL"] for unit in units), default=0)
    return [tables.unit_row(unit, folded[unit.pk], scale, finished.get(unit.pk)) for unit in units]
