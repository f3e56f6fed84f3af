"""*Opkald i dag*: the calls to make, derived from the counts; the first of each kind first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import islice
from typing import NamedTuple

from django.urls import reverse

from followups.boards import progress
from followups.boards.board import Board
from followups.boards.progress import FollowUpTimeline, has_letters_to_decide
from followups.boards.tables import board_link, person_note, sender_choice, sender_name
from followups.reporting.letter_figures import Tally
from letters.models import deadlines_of_units
from sepo_incident.accounts.models import Absence, Membership, Unit, User
from sepo_incident.accounts.models.absence import StandIn
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import Badge

TOO_SLOW = Badge("Bagud i forhold til fristen", "is-soon")
OVERDUE = Badge("Over fristen", "is-late")
NO_LEADER = Badge("Breve uden leder", "is-soon")
WHOLE_AREA_WORDS = {Unit.Kind.MUNICIPALITY: "I hele kommunen", Unit.Kind.ADMINISTRATION: "I hele forvaltningen"}
#: How many calls a page shows at once, and how many with those under *Vis flere*. The tab *Tal* has all units.
CALLS_SHOWN, MAX_CALLS = 3, 13
#: Roles whose work is not to call leaders and senders.
ROLES_WITHOUT_CALLS = {*Membership.COUNTING_ROLES, Membership.Role.DIT_SUPPORT, Membership.Role.HR}
#: A candidate who needs fewer decisions a day than this gets no call.
MIN_DAILY_NEED = 2


class Callee(NamedTuple):
    """A person to call, with the phone number, "" if unknown."""

    name: str
    phone: str


class CallCandidate(NamedTuple):
    """Whom to call: the leaders of a unit, or a sender, or the substitute of an absent sender.

    `group` is the key in the decision timeline. `unit_id` and `choices` are the board and the filter with the letters.
    """

    group: int | None
    names: Sequence[str]
    unit_name: str
    counts: Tally
    unit_id: int
    choices: dict[str, str]
    callees: Sequence[Callee] = ()


class CallCard(NamedTuple):
    """A suggested call. `linked`: the number of letters in words, a link to `url`. `text`: the rest of the sentence.

    `name`: the person, or the unit with letters without a leader. `unit_name` is where the person works, and who
    answers for an absent person.
    """

    badge: Badge
    name: str
    unit_name: str
    linked: str
    text: str
    url: str
    callees: Sequence[Callee] = ()


class Calls(NamedTuple):
    """The calls that a page shows at once, the first of each kind first, and those under *Vis flere*."""

    shown: list[CallCard]
    more: list[CallCard]

    @property
    def people(self) -> int:
        """The number of people named in `shown`. A unit without a leader has nobody to call."""
        return sum(len(call.callees) for call in self.shown)


def suggest_calls(board: Board) -> Calls:
    """Return the calls of today: to senders on a board without units below, else to the leaders below.

    None for a user who only counts here, and for support desks: others call. None in a closed incident.
    """
    held = board.reader.roles_over(board.unit.lineage)
    if board.incident.is_closed or (held and held <= ROLES_WITHOUT_CALLS):
        return Calls([], [])
    if board.is_alone:
        senders = [group["sender_id"] for group, _ in board.by_person if group["sender_id"]]
        away = Absence.objects.stand_ins(board.today, senders)
        candidates = sender_candidates(board, away)
    else:
        candidates = leader_candidates(board)
    kinds = calls_by_kind(candidates, board.timeline, partial(deadlines_of_units, board.incident))
    missing = missing_leader_call(board)
    cards = first_of_each_kind_first([*kinds, missing])
    return Calls(cards[:CALLS_SHOWN], cards[CALLS_SHOWN:MAX_CALLS])


def leader_candidates(board: Board) -> list[CallCandidate]:
    """Return the leaders of the units below with letters to decide, without the reader. One query."""
    held = Membership.objects.filter(role=Membership.Role.LEADER, unit__lineage__contains=[board.unit.pk])
    others = held.exclude(unit=board.unit).exclude(user=board.reader).order_by("unit__sort_key", "user__name")
    found: dict[tuple[int, str], list[Callee]] = {}
    for unit_id, unit_name, *callee in others.values_list("unit_id", "unit__name", "user__name", "user__phone"):
        if unit_id in board.folded and has_letters_to_decide(board.folded[unit_id]):
            found.setdefault((unit_id, unit_name), []).append(Callee(*callee))
    return [
        CallCandidate(unit_id, [one.name for one in who], unit_name, board.folded[unit_id], unit_id, {}, who)
        for (unit_id, unit_name), who in found.items()
    ]


def sender_candidates(board: Board, away: Mapping[int, StandIn]) -> list[CallCandidate]:
    """Return the unit's senders with an account, without the reader. The substitute is called for an absent sender.

    `away` maps the id of an absent sender to the substitute. One query if anybody is away.
    """
    substitutes = [one.user for one in away.values() if one.user and one.user != board.reader.pk]
    by_id = {user.pk: Callee(user.name, user.phone) for user in User.objects.filter(pk__in=substitutes)}
    candidates = []
    for group, counts in board.by_person:
        sender = group["sender_id"]
        if sender in (None, board.reader.pk):
            continue
        name, stand_in = sender_name(group), away.get(sender)
        callee = by_id.get(stand_in.user) if stand_in and stand_in.user else Callee(name, group["sender__phone"])
        note, choices = person_note(group, away), {"sender": sender_choice(group)}
        callees = (callee,) if callee else ()
        candidates.append(CallCandidate(sender, [name], note, counts, board.unit.pk, choices, callees))
    return candidates


def calls_by_kind(
    candidates: Sequence[CallCandidate],
    timeline: FollowUpTimeline | None,
    deadlines_of: Callable[[Collection[int]], Mapping[int, date]],
) -> list[list[CallCard]]:
    """Return the cards of the stalled candidates, and of the late ones; each list has most undecided letters first.

    At most `MAX_CALLS` each. `deadlines_of`: returns {unit id: deadline} of units.
    """
    if timeline is None:
        return []
    owing = sorted(
        (one for one in candidates if has_letters_to_decide(one.counts)),
        key=lambda one: one.counts["OPEN"],
        reverse=True,
    )
    stalled = (_stalled_card(one, timeline) for one in owing if timeline.has_stalled(one.group))
    moving = [one for one in owing if not timeline.has_stalled(one.group)]
    deadlines = deadlines_of({one.unit_id for one in moving}) if moving else {}
    late = (_late_card(one, deadlines[one.unit_id], timeline) for one in moving)
    return [list(islice(stalled, MAX_CALLS)), list(islice(filter(None, late), MAX_CALLS))]


def first_of_each_kind_first(kinds: Iterable[list[CallCard]]) -> list[CallCard]:
    kinds = list(kinds)
    return [card for kind in kinds for card in kind[:1]] + [card for kind in kinds for card in kind[1:]]


def missing_leader_call(board: Board) -> list[CallCard]:
    """Return a card about the unit with most unfinished letters without a leader, or an empty list.

    The card also gives the number in all of the board's unit.
    """
    unit, by_unit = board.unit, board.counted.of_units("NO_LEADER")
    if not by_unit:
        return []
    (unit_id, unit_name), count = by_unit.most_common(1)[0]
    total, letters, text = by_unit.total(), danish.count(count, "åbent brev", "åbne breve"), "."
    if total > count:
        whole = WHOLE_AREA_WORDS.get(Unit.Kind(unit.kind), f"I hele {unit.name}")
        text = f". {whole}: {danish.number(total)}."
    if board.reader.roles & {Membership.Role.KIT_ADMIN, Membership.Role.COORDINATOR}:
        linked, url = f"Find en leder til {letters}", f"{reverse('unassigned')}?mangler=leder"
    else:
        linked, url = f"{letters} har ingen leder", board_link(unit_id, status="NO_LEADER", unit=unit_id)
    return [CallCard(NO_LEADER, unit_name, "", linked, text, url)]


def _stalled_card(candidate: CallCandidate, timeline: FollowUpTimeline) -> CallCard:
    last = timeline.last(candidate.group)
    since = danish.weekday_date_short(last) if last else f"åbningen {danish.weekday_date_short(timeline.first)}"
    text, passed = ".", candidate.counts["PASSED"]
    if passed:
        is_one = candidate.counts["OPEN"] == 1
        text = ", og datoen er passeret." if is_one else f", og {danish.number(passed)} har en dato, der er passeret."
    return _build_card(Badge(f"Ingen beslutning siden {since}", "is-late"), candidate, text)


def _late_card(one: CallCandidate, deadline: date, timeline: FollowUpTimeline) -> CallCard | None:
    """Return the card of a candidate whose deadline has passed, or who is too slow for it."""
    if calendar.is_overdue(deadline, timeline.today):
        return _build_card(OVERDUE, one, f". Fristen var {danish.weekday_date_short(deadline)}.")
    if not timeline.working_days_behind:
        return None
    rate = progress.daily_rate(timeline, timeline.of(one.group), one.counts["OPEN"], deadline)
    if not rate.is_too_slow or rate.needed_whole < MIN_DAILY_NEED:
        return None
    needed, so_far = danish.number(rate.needed_whole), danish.number(rate.so_far_whole)
    return _build_card(TOO_SLOW, one, f". Fristen kræver cirka {needed} om dagen. Hidtil er det cirka {so_far}.")


def _build_card(badge: Badge, candidate: CallCandidate, text: str) -> CallCard:
    url = board_link(candidate.unit_id, status="OPEN", **candidate.choices)
    linked = f"{danish.count(candidate.counts['OPEN'], 'brev', 'breve')} mangler"
    return CallCard(
        badge, danish.join_with_and(candidate.names), candidate.unit_name, linked, text, url, candidate.callees
    )
