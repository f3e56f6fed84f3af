"""Rows that make a list real: no leader, no address, two units, the same mail twice, a CPR number in a subject."""

import random
from collections import Counter
from dataclasses import replace

from letters.samples import sample_people
from letters.samples.letter_drafts import Draft, fictitious_cpr
from letters.samples.sample_people import Person

NOBODY = Person("", "")
#: Number of rows of 3.400
WITHOUT_LEADER, WITHOUT_ADDRESS, IN_TWO_UNITS, SENT_TWICE, WITH_CPR = 34, 6, 4, 3, 3
SMALLEST_LIST = 40


def add_edge_cases(rng: random.Random, drafts: list[Draft], scale: float) -> None:
    """Change some drafts in place. Drafts of the cast, and the number of letters and units, stay unchanged."""
    if len(drafts) < SMALLEST_LIST:
        return
    known = {
        role.name
        for role in [sample_people.SENDER_OF_FOURTEEN, *sample_people.COLLEAGUES, *sample_people.HEAVY_SENDERS]
    }
    others = [draft for draft in drafts if draft.sender.name not in known]
    rng.shuffle(others)
    _take_leaders_away(others, _scaled(WITHOUT_LEADER, scale))
    _send_twice(others, _scaled(SENT_TWICE, scale))
    _work_in_two_units(others, _scaled(IN_TWO_UNITS, scale))
    _take_addresses_away(others, _scaled(WITHOUT_ADDRESS, scale))
    _write_cpr(rng, others, _scaled(WITH_CPR, scale))


def _scaled(count: int, scale: float) -> int:
    return max(1, round(count * scale))


def _take_leaders_away(drafts: list[Draft], count: int) -> None:
    """Remove leaders, first in the unit where the leader is on leave, then from all letters of some senders."""
    by_need = sorted(drafts, key=lambda draft: draft.place.unit != sample_people.LEADERLESS_UNIT)
    taken: dict[str, None] = {}
    for draft in by_need:
        letters = sum(draft.sender.email in taken for draft in drafts)
        if letters >= count:
            break
        taken[draft.sender.email] = None
    for draft in drafts:
        if draft.sender.email in taken:
            draft.leader = NOBODY


def _take_addresses_away(drafts: list[Draft], count: int) -> None:
    letters_of = Counter(draft.sender for draft in drafts)
    leading = {draft.leader for draft in drafts}
    alone = [
        draft
        for draft in drafts
        if letters_of[draft.sender] == 1 and draft.sender not in leading and draft.leader.email
    ]
    for number, draft in enumerate(alone[:count]):
        draft.sender = NOBODY if number == 0 else Person(draft.sender.name, "")


def _work_in_two_units(drafts: list[Draft], count: int) -> None:
    letters_of = Counter(draft.sender for draft in drafts)
    busy = [draft for draft in drafts if letters_of[draft.sender] >= 3 and draft.leader.email]
    for draft in busy:
        elsewhere = next(
            (o for o in drafts if o.place.area == draft.place.area and o.place.unit != draft.place.unit), None
        )
        if elsewhere and letters_of[draft.sender] >= 3 and count:
            draft.place, draft.leader = elsewhere.place, elsewhere.leader
            letters_of[draft.sender] = 0
            count -= 1


def _send_twice(drafts: list[Draft], count: int) -> None:
    """Make a later letter of a sender a copy of the first: one mail under two ids."""
    first_of: dict[Person, int] = {}
    for number, draft in enumerate(drafts):
        first = first_of.setdefault(draft.sender, number)
        if first != number and count and drafts[first].place == draft.place:
            drafts[number].__dict__.update(replace(drafts[first]).__dict__)
            count -= 1


def _write_cpr(rng: random.Random, drafts: list[Draft], count: int) -> None:
    written = [draft for draft in drafts if draft.recipient_kind == "Borger" and "skole" in draft.subject.lower()]
    for draft in (written or drafts)[:count]:
        number = fictitious_cpr(rng)
        draft.subject = f"Vedr. {number[:6]}-{number[6:]}, ny tid"
