"""The read model of a unit's board. A constant number of queries, however many units and letters there are."""

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

#: (figure, tone, the parts of it): together the tiles hold every letter once. Without letters there is no tile of
#: ``RARE``.
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
    """``may_confirm``: is the reader one of those who confirm here? ``led``: the people of ``people`` of whose
    unfinished letters the reader leads some. ``narrowed``: whose letters are the only ones here, for who sees no
    others; else ""."""

    unit: Unit
    counted: Tally
    may_confirm: bool
    led: frozenset[int]
    narrowed: str
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
        """Not on the first days, when nothing can have moved."""
        return any(row.trend for row in self.units)

    @property
    def arriving_url(self) -> str:
        return board_link(self.unit.pk, status="ARRIVING")

    @property
    def banner_url(self) -> str:
        """The letters that the banner is about; "" where it points to none."""
        return board_link(self.unit.pk, status=self.banner.figure) if self.banner.figure else ""

    @property
    def gone_url(self) -> str:
        """Those whose mail nobody can find."""
        return board_link(self.unit.pk, status="GONE")

    @property
    def unproven_url(self) -> str:
        """The letters that were sent again some working days ago, without proof that they arrived."""
        return board_link(self.unit.pk, status="UNPROVEN")

    @property
    def not_arrived_url(self) -> str:
        return board_link(self.unit.pk, status="NOT_ARRIVED")

    @property
    def has_hidden_dates(self) -> bool:
        """Are there personnel cases whose dates the reader is not told?"""
        return any(row.name == PERSONNEL_CATEGORY for row in self.categories)

    @property
    def mine_url(self) -> str:
        """Where the reader confirms those that wait for it."""
        return f"{reverse('confirm_many', args=[self.unit.pk])}?{urlencode({'status': 'MINE', 'alle': 1})}"

    @property
    def to_answer_url(self) -> str:
        """The letters that nobody can confirm before something is answered."""
        return board_link(self.unit.pk, status="TO_ANSWER")

    @property
    def other_leaders_url(self) -> str:
        """The letters that wait for a leader nearer than the reader."""
        return board_link(self.unit.pk, status="THEIRS")


def sees_only_as_hr(unit: Unit, user: User) -> bool:
    """Is the user here as Personalejura alone, so that most letters count neither here nor in what is fetched here?"""
    others = user.unit_ids_with_other_role(Membership.Role.HR)
    return user.holds_role_over(unit.lineage, Membership.Role.HR) and set(unit.lineage).isdisjoint(others)


def units_with_board_for(user: User) -> UnitQuerySet:
    """The units whose board the user may open: at or below one where they hold a membership, and those with letters
    that they, or whom they stand in for, are the leader of. A board of the second sort has these letters alone."""
    led = Letter.objects.visible_to(user).active().filter(leader__in=user.own_and_represented_ids)
    return Unit.objects.filter(Q(pk__in=Unit.objects.visible_to(user)) | Q(pk__in=led.values("unit")))


def shows_only_led_letters(unit: Unit, user: User) -> bool:
    """Does nothing but letters of which they answer for the leader open this board to the user?"""
    return set(unit.lineage).isdisjoint(user.membership_unit_ids)


def board_letters(unit: Unit, incident: Incident, user: User) -> LetterQuerySet:
    """The standing letters at or below a unit that this reader may see there; each knows what it may be called."""
    letters = Letter.objects.visible_to(user).active().filter(incident=incident, unit__lineage__contains=[unit.pk])
    if shows_only_led_letters(unit, user):
        letters = letters.filter(leader__in=user.own_and_represented_ids)
    return letters.annotate(
        shown_category=Case(
            When(reader_may_read=False, then=Value(PERSONNEL_CATEGORY)),
            When(category="", then=Value(NO_SUBJECT_CATEGORY)),
            default=F("category"),
        )
    )


@dataclass(frozen=True)
class BoardCounts:
    """A unit's letters counted three ways."""

    unit: Unit
    by_unit: list[CountedGroup]
    people: list[CountedGroup]
    categories: list[CountedGroup]

    @cached_property
    def whole(self) -> Tally:
        return sum((counted for _, counted in self.by_unit), Tally())

    @property
    def is_alone(self) -> bool:
        """Does nothing lie in a unit below?"""
        return all(group["unit__lineage"][-1] == self.unit.pk for group, _ in self.by_unit)


def build_board(unit: Unit, incident: Incident, user: User, people_shown: int | None = None, order: str = "") -> Board:
    """Rows are made for the first ``people_shown`` people only (None: for all); there may be a thousand.

    ``order`` is one of ``tables.UNIT_ORDERS``.
    """
    today, deadline = calendar.today(), incident.deadline
    letters = board_letters(unit, incident, user)
    counts = _count_letters(unit, letters, user, today)
    days = progress.read_decision_course(letters, today, by="sender_id" if counts.is_alone else "unit__lineage")
    narrowed = _scope_sentence(letters, user) if shows_only_led_letters(unit, user) else ""
    owing, finished = (
        tables.people_with_work_left(counts.people),
        {} if narrowed else metrics.finished_units(letters, counts.by_unit),
    )
    shown = owing[:people_shown]
    may_confirm = rights.may_confirm_in_unit(user, unit, letters)
    away = Absence.objects.stand_ins(today, [group["sender_id"] for group, _ in shown if group["sender_id"]])
    return Board(
        unit=unit,
        counted=counts.whole,
        may_confirm=may_confirm,
        led=_led_senders(unit, letters, user, shown) if may_confirm else frozenset(),
        narrowed=narrowed,
        tiles=_tiles(unit, counts.whole),
        banner=progress.build_banner(counts.whole, days, deadline, today, finished.get(unit.pk)),
        calls=_call_cards(counts, days, deadline, user),
        curve=progress.burn_down_chart(days, counts.whole, deadline),
        units=tables.unit_rows(unit, counts.by_unit, days, finished, order),
        people=tables.people_rows(unit, shown, away),
        people_total=len(owing),
        categories=tables.category_rows(unit, counts.categories, [*list_category_names(incident), PERSONNEL_CATEGORY]),
        senders=tables.sender_choices(counts.people),
        legend=BAR_LEGEND,
    )


def _led_senders(unit: Unit, letters: LetterQuerySet, user: User, people: list[CountedGroup]) -> frozenset[int]:
    """Whoever is in charge of the unit leads all of them, but not themselves."""
    if user.holds_role_over(unit.lineage, *rights.MANAGING_ROLES):
        senders = {group["sender_id"] for group, _ in people}
    else:
        theirs = letters.filter(rights.letters_led_by(user), followup__status__in=FollowUp.OWED)
        senders = set(theirs.order_by().values_list("sender", flat=True).distinct())
    return frozenset(senders - {None, user.pk})


def _scope_sentence(letters: LetterQuerySet, user: User) -> str:
    """«du er leder for», «du tager dig af for Jens Ågård», or both."""
    leaders = User.objects.filter(pk__in=letters.order_by().values("leader"))
    names = sorted((one.name for one in leaders if one.pk != user.pk), key=danish.sort_key)
    own = ["du er leder for"] if any(one.pk == user.pk for one in leaders) else []
    return " eller ".join(own + ([f"du tager dig af for {danish.join_with_and(names)}"] if names else []))


def _count_letters(unit: Unit, letters: LetterQuerySet, user: User, today: date) -> BoardCounts:
    return BoardCounts(
        unit,
        by_unit=count_letters(letters, "unit__lineage", "unit__name", reader=user, today=today, besides=()),
        people=count_letters(letters, "sender_id", "sender__name", "sender__unit__name", reader=user, today=today),
        categories=count_letters(letters, "shown_category", reader=user, today=today),
    )


def _call_cards(
    counts: BoardCounts, days: progress.DecisionCourse | None, deadline: date, user: User
) -> list[call_suggestions.CallCard]:
    """On a board without units below it is the people who are called, else the leaders below."""
    if counts.is_alone:
        candidates = call_suggestions.sender_candidates(counts.unit, user, counts.people)
    else:
        candidates = call_suggestions.leader_candidates(counts.unit, user, dict(sum_by_unit(counts.by_unit)))
    return call_suggestions.calls_for_today(candidates, days, deadline) + call_suggestions.missing_leader_call(
        counts.unit, counts.by_unit, user
    )


def _tiles(unit: Unit, counted: Tally) -> list[dict[str, Any]]:
    """Each tile with those of its parts that there are any of."""

    def figure(name: str) -> dict[str, Any]:
        return {"number": counted[name], "label": FIGURE_LABELS[name], "url": board_link(unit.pk, status=name)}

    return [
        figure(name) | {"tone": tone, "parts": [figure(part) for part in parts if counted[part]]}
        for name, tone, parts in TILES
        if name not in OPTIONAL_TILES or counted[name]
    ]


# --- Several boards -----------------------------------------------------------------------------------------------


def own_units(user: User) -> list[Unit]:
    """The units where the user holds a membership, without those that lie below another of them."""
    held = set(user.membership_unit_ids)
    units = Unit.objects.visible_to(user).filter(pk__in=held).in_order()
    return [unit for unit in units if held.isdisjoint(unit.lineage[:-1])]


def led_units(user: User) -> list[Unit]:
    """The units whose board has nothing for the user but letters of which they answer for the leader."""
    units = units_with_board_for(user).exclude(pk__in=Unit.objects.visible_to(user))
    return list(units.in_order())


def overview_rows(units: list[Unit], incident: Incident, user: User, *, narrowed: bool = False) -> list[BoardRow]:
    """A row for each unit with what lies at or below it: one GROUP BY folded up the tree, and who finished; or of
    ``led_units`` what is theirs."""
    letters = Letter.objects.visible_to(user).active().filter(incident=incident)
    if narrowed:
        letters = letters.filter(leader__in=user.own_and_represented_ids)
    besides = BOARD_ONLY_FIGURES - {"ARRIVING"}
    by_unit = count_letters(letters, "unit__lineage", reader=user, today=calendar.today(), besides=besides)
    folded, finished = sum_by_unit(by_unit), {} if narrowed else metrics.finished_units(letters, by_unit)
    scale = max((folded[unit.pk]["ALL"] for unit in units), default=0)
    return [tables.unit_row(unit, folded[unit.pk], scale, finished.get(unit.pk)) for unit in units]
