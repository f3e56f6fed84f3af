"""The sample list and its revision: letters in the order of sending, with the edge cases that make a list real."""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from letters.samples.sample_letters import (
    CAST,
    FULL_SIZE,
    Person,
    SampleLetter,
    assign_letters,
    fictitious_cpr,
    write_letters,
)

COLUMNS = (
    "Brev-id", "Sendt", "Afsender", "Afsenders e-mail", "Leder", "Leders e-mail",
    "Forvaltning", "Område", "Enhed", "Underenhed", "Modtagertype", "Modtager", "Emne",
)  # fmt: skip
SEED = 2019
NOBODY = Person("", "")
#: Number of rows of 3.400
WITHOUT_LEADER, WITHOUT_ADDRESS, IN_TWO_UNITS, SENT_TWICE, WITH_CPR = 34, 6, 4, 3, 3
LEADERLESS_UNIT = "Børnehuset Skovsporet"  # the leader is on leave
SMALLEST_LIST_WITH_EDGE_CASES = 40
REVISION_NEW, REVISION_KNOWN, REVISION_CHANGED = 40, 24, 5


class SampleRow(NamedTuple):
    """A row in the order of `COLUMNS`. `sent`: local time in Copenhagen without a zone, as in a list."""

    source_ref: str
    sent: datetime
    sender: str
    sender_email: str
    leader: str
    leader_email: str
    administration: str
    area: str
    unit: str
    subunit: str
    recipient_kind: str
    recipient: str
    subject: str


def make_rows(count: int = FULL_SIZE, seed: int = SEED, shift: timedelta = timedelta()) -> list[SampleRow]:
    """Return `count` rows in the order of sending, the same for the same seed.

    `shift` moves every date, dates in subjects included: `today - MAIL_OUT_DAY` makes today the day when the
    mails go out.
    """
    rng = random.Random(seed)  # noqa: S311 - made-up data, not secrets
    letters = assign_letters(rng, count)
    write_letters(rng, letters, shift)
    if count >= SMALLEST_LIST_WITH_EDGE_CASES:
        _add_edge_cases(rng, letters)
    letters.sort(key=lambda letter: (letter.sent, letter.sender.email, letter.recipient))
    # The suffix keeps the ids of two lists apart. Its letters keep an id from looking like a CPR number, which is
    # refused.
    suffix = (f"-s{seed}" if seed != SEED else "") + (f"-n{count}" if count != FULL_SIZE else "")
    number, rows = 4000, []
    for letter in letters:
        number += rng.randint(1, 9)
        who, recipient = (*letter.sender, *letter.leader), (letter.recipient_kind, letter.recipient)
        rows.append(
            SampleRow(f"SEPO-{number:06d}{suffix}", letter.sent, *who, *letter.place[:4], *recipient, letter.subject)
        )
    return rows


def _add_edge_cases(rng: random.Random, letters: list[SampleLetter]) -> None:
    """Change some letters in place, but no letter of the cast, and not the number of letters and units.

    The cases: no leader, no address, two units, the same mail twice, a CPR number in a subject.
    """
    cast = {role.name for role in CAST}
    others = [letter for letter in letters if letter.sender.name not in cast]
    rng.shuffle(others)
    scale = len(letters) / FULL_SIZE
    leaderless, twice, in_two_units, without_address, with_cpr = (
        max(1, round(count * scale)) for count in (WITHOUT_LEADER, SENT_TWICE, IN_TWO_UNITS, WITHOUT_ADDRESS, WITH_CPR)
    )
    _remove_leaders(others, leaderless)
    _send_twice(others, twice)
    _work_in_two_units(others, in_two_units)
    _remove_addresses(others, without_address)
    _write_cpr(rng, others, with_cpr)


def _remove_leaders(letters: list[SampleLetter], count: int) -> None:
    """Remove leaders, first in the unit where the leader is on leave, then from all letters of some small senders."""
    letters_by = Counter(letter.sender for letter in letters)
    senders: set[str] = set()
    by_unit = sorted(letters, key=lambda one: (one.place.unit != LEADERLESS_UNIT, letters_by[one.sender] > 2))
    for letter in by_unit:
        if sum(one.sender.email in senders for one in letters) >= count:
            break
        senders.add(letter.sender.email)
    for letter in letters:
        if letter.sender.email in senders:
            letter.leader = NOBODY


def _send_twice(letters: list[SampleLetter], count: int) -> None:
    """Make a later letter of a sender about the same topic a copy of the first: one mail under two ids."""
    first_by_sender: dict[Person, SampleLetter] = {}
    for letter in letters:
        first = first_by_sender.setdefault(letter.sender, letter)
        if first is not letter and count and first.place == letter.place and first.topic == letter.topic:
            vars(letter).update(vars(first))
            count -= 1


def _work_in_two_units(letters: list[SampleLetter], count: int) -> None:
    """Move a letter of a busy sender to another unit of the area."""
    letters_by = Counter(letter.sender for letter in letters)
    for letter in [one for one in letters if letters_by[one.sender] >= 3 and one.leader.email]:
        area, unit = letter.place.area, letter.place.unit
        elsewhere = next((one for one in letters if one.place.area == area and one.place.unit != unit), None)
        if elsewhere and letters_by[letter.sender] >= 3 and count:
            letter.place, letter.leader = elsewhere.place, elsewhere.leader
            letters_by[letter.sender] = 0
            count -= 1


def _remove_addresses(letters: list[SampleLetter], count: int) -> None:
    """Remove the address of senders with a single letter, and the name of the first."""
    letters_by = Counter(letter.sender for letter in letters)
    leaders = {letter.leader for letter in letters}
    single = [
        letter
        for letter in letters
        if letters_by[letter.sender] == 1 and letter.sender not in leaders and letter.leader.email
    ]
    for number, letter in enumerate(single[:count]):
        letter.sender = Person(letter.sender.name if number else "", "")


def _write_cpr(rng: random.Random, letters: list[SampleLetter], count: int) -> None:
    about_school = [
        letter for letter in letters if letter.recipient_kind == "Borger" and "skole" in letter.subject.lower()
    ]
    for letter in (about_school or letters)[:count]:
        number = fictitious_cpr(rng)
        letter.subject = f"Vedr. {number[:6]}-{number[6:]}, ny tid"


def make_revision(count: int = FULL_SIZE, shift: timedelta = timedelta()) -> list[SampleRow]:
    """Return the shorter list that KIT gets hours after `make_rows` with the same arguments.

    The list has new, known and changed rows, and four faults typed by hand: a date that does not exist, half an
    address, no unit (the row is accepted), and a row that stands twice.
    """
    first = make_rows(count, SEED, shift)
    known = [row for row in first if row.subject and row.leader_email][-(REVISION_KNOWN + REVISION_CHANGED) :]
    changed = [row._replace(subject=f"{row.subject} (rettet)") for row in known[:REVISION_CHANGED]]
    new = [
        row._replace(source_ref=f"SEPO-9{number:05d}")
        for number, row in enumerate(make_rows(REVISION_NEW, SEED + 1, shift), start=1)
    ]
    no_date, half_address, no_unit, twice = [row for row in new if row.sender_email][:4]
    impossible_date: Any = f"31-11-{no_date.sent:%Y} 10:22"
    faulty = {
        no_date: no_date._replace(sent=impossible_date),
        half_address: half_address._replace(sender_email=half_address.sender_email.partition(".")[0]),
        no_unit: no_unit._replace(area="", unit="", subunit="", administration=""),
    }
    rows = sorted([*known[REVISION_CHANGED:], *changed, *new], key=lambda row: row.sent)
    return [*(faulty.get(row, row) for row in rows), twice]
