"""*Hvem skal jeg ringe til i dag?* At most three cards, all derived; nothing to say is an empty list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from django.urls import reverse

from followups import deadlines
from followups.boards import pace
from followups.boards.course import Course, owes
from followups.boards.figures import Group, Tally
from followups.boards.tables import link, name_of, sender_of
from sepo_incident import danish
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.danish import Look

STANDS_STILL = Look("Står stille", "is-late")
TOO_SLOW = Look("Når det ikke", "is-soon")
OVERDUE = Look("Over fristen", "is-late")
NO_LEADER = Look("Mangler leder", "is-soon")
WHOLE = {Unit.Kind.MUNICIPALITY: "I hele kommunen", Unit.Kind.ADMINISTRATION: "I hele forvaltningen"}
#: Whoever has fewer than this to do a day makes it without a call.
WORTH_A_CALL = 2


class Candidate(NamedTuple):
    """Somebody who can be called: the leader of a unit, or a sender. ``group`` is the key of the course; ``unit_id``
    and ``choices`` are the board and the filter that hold the letters."""

    group: int | None
    name: str
    place: str
    counted: Tally
    unit_id: int
    choices: dict[str, str]


class Call(NamedTuple):
    """``place`` is the unit; ``url`` leads to the letters it is about."""

    look: Look
    name: str
    place: str
    text: str
    url: str
    label: str


def leaders_below(unit: Unit, reader: User, folded: dict[int, Tally]) -> list[Candidate]:
    """The leaders of the units below, each unit with all that lies below it. One query."""
    held = Membership.objects.filter(role=Membership.Role.LEADER, unit__lineage__contains=[unit.pk])
    others = held.exclude(unit=unit).exclude(user=reader).order_by("unit__sort_key", "user__name")
    names: dict[tuple[int, str], list[str]] = {}
    for unit_id, place, name in others.values_list("unit_id", "unit__name", "user__name"):
        names.setdefault((unit_id, place), []).append(name)
    return [
        Candidate(unit_id, " og ".join(who), place, folded[unit_id], unit_id, {})
        for (unit_id, place), who in names.items()
        if unit_id in folded
    ]


def senders(unit: Unit, reader: User, people: Iterable[Group]) -> list[Candidate]:
    """The unit's own people, but not the reader."""
    return [
        Candidate(
            group["sender_id"],
            name_of(group),
            group["sender__unit__name"] or "",
            counted,
            unit.pk,
            {"sender": sender_of(group)},
        )
        for group, counted in people
        if group["sender_id"] not in (None, reader.pk)
    ]


def today(candidates: Sequence[Candidate], course: Course | None, deadline: date) -> list[Call]:
    """Who stands still, and who will not make it (after the deadline: who has most left)."""
    if course is None:
        return []
    owing = [one for one in candidates if owes(one.counted)]
    still = max((one for one in owing if course.stands_still(one.group)), key=_open, default=None)
    moving = [one for one in owing if not course.stands_still(one.group)]
    calls = [_still(still, course)] if still else []
    if deadlines.is_overdue(deadline, course.today):
        late = max(moving, key=_open, default=None)
        return calls + ([_overdue(late, deadline)] if late else [])
    slow = max((one for one in moving if _is_slow(one, course, deadline)), key=_open, default=None)
    return calls + ([_slow(slow, course, deadline)] if slow else [])


def without_leader(unit: Unit, by_unit: list[Group], reader: User) -> list[Call]:
    """The unit with most unfinished letters that have no leader; how many there are in all of ``unit``."""
    most = max(by_unit, key=lambda pair: pair[1]["NO_LEADER"], default=None)
    if most is None or not most[1]["NO_LEADER"]:
        return []
    unit_id, count = most[0]["unit__lineage"][-1], most[1]["NO_LEADER"]
    total = sum(counted["NO_LEADER"] for _, counted in by_unit)
    unfinished = "1 brev er ikke færdigt" if count == 1 else f"{danish.number(count)} breve er ikke færdige"
    text = f"{unfinished}, og der står ingen leder på."
    if total > count:
        whole = WHOLE.get(Unit.Kind(unit.kind), f"I hele {unit.name}")
        text += f" {whole} er det {danish.number(total)}."
    if reader.roles & {Membership.Role.KIT_ADMIN, Membership.Role.COORDINATOR}:
        url, label = f"{reverse('unassigned')}?mangler=leder", "Find en leder"
    else:
        url, label = link(unit_id, status="NO_LEADER"), _label(count)
    return [Call(NO_LEADER, "Ingen leder", most[0]["unit__name"], text, url, label)]


def _open(candidate: Candidate) -> int:
    return candidate.counted["OPEN"]


def _is_slow(candidate: Candidate, course: Course, deadline: date) -> bool:
    measured = _pace(candidate, course, deadline)
    return measured.is_too_slow and measured.needed_whole >= WORTH_A_CALL and course.working_days_behind > 0


def _pace(candidate: Candidate, course: Course, deadline: date) -> pace.Pace:
    return pace.measure(course, course.of(candidate.group), _open(candidate), deadline)


def _still(one: Candidate, course: Course) -> Call:
    last = course.last(one.group)
    since = danish.weekday_date_short(last) if last else f"åbningen {danish.weekday_date_short(course.first)}"
    missing = danish.count(_open(one), "brev", "breve")
    text = f"Ingen beslutning siden {since}. {missing} mangler"
    if passed := one.counted["PASSED"]:
        text += (
            f", og {danish.number(passed)} har en dato, der er passeret"
            if _open(one) > 1
            else ", og datoen i det er passeret"
        )
    return _call(STANDS_STILL, one, f"{text}.")


def _slow(one: Candidate, course: Course, deadline: date) -> Call:
    measured = _pace(one, course, deadline)
    needed, so_far = danish.number(measured.needed_whole), danish.number(measured.so_far_whole)
    missing = danish.count(_open(one), "brev", "breve")
    text = f"{missing} mangler. For at nå det skal der klares cirka {needed} om dagen. Hidtil er det cirka {so_far}."
    return _call(TOO_SLOW, one, text)


def _overdue(one: Candidate, deadline: date) -> Call:
    missing = danish.count(_open(one), "brev", "breve")
    return _call(OVERDUE, one, f"{missing} mangler stadig. Fristen var {danish.weekday_date_short(deadline)}.")


def _call(look: Look, one: Candidate, text: str) -> Call:
    url = link(one.unit_id, status="OPEN", **one.choices)
    return Call(look, one.name, one.place, text, url, _label(_open(one)))


def _label(count: int) -> str:
    return "Vis brevet" if count == 1 else f"Vis de {danish.number(count)} breve"
