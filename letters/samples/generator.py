"""Generator of the sample list: first the senders and topics, then every letter, then the edge cases.

``make_revision`` makes a second, shorter list, as KIT gets hours later, with rows that somebody has typed by hand.
"""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from letters.samples import edge_cases, sample_people, subjects
from letters.samples.letter_drafts import write_drafts
from letters.samples.organisation import BIF, BUF, KFF, OKF, SOF, SUF, TMF, Workplace, buf_workplaces, other_workplaces
from letters.samples.sample_people import Person, PersonRegister

MAIL_OUT_DAY = date(2020, 1, 7)
COLUMNS = (
    "Brev-id",
    "Sendt",
    "Afsender",
    "Afsenders e-mail",
    "Leder",
    "Leders e-mail",
    "Forvaltning",
    "Område",
    "Enhed",
    "Underenhed",
    "Modtagertype",
    "Modtager",
    "Emne",
)
FULL_SIZE = 3400
SEED = 2019
BUF_LETTERS = 1600
#: Shares of the other administrations in the rest of the letters.
LETTERS_BY_ADMINISTRATION = {SOF: 620, SUF: 420, BIF: 280, KFF: 170, TMF: 160, OKF: 150}
LETTERS_PER_EMPLOYEE = 2.05
TWO_LEADERS_FROM = 20  # letters


class SampleRow(NamedTuple):
    """A row in the order of ``COLUMNS``. ``sent``: local time in Copenhagen without a zone, as in a list."""

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


@dataclass
class Post:
    """A letter to write: the workplace, the sender, the leader, and the topic."""

    place: Workplace
    sender: Person
    leader: Person
    topic: str


def make_rows(letters: int = FULL_SIZE, seed: int = SEED, shift: timedelta = timedelta()) -> list[SampleRow]:
    """Return ``letters`` rows in the order of sending, the same for the same seed.

    ``shift`` moves every date, dates in subjects included: ``today - MAIL_OUT_DAY`` makes today the day when the
    mails go out.
    """
    rng = random.Random(seed)  # noqa: S311 - made-up data, not secrets
    posts = _make_posts(rng, letters)
    drafts = write_drafts(rng, posts, shift, MAIL_OUT_DAY)
    edge_cases.add_edge_cases(rng, drafts, letters / FULL_SIZE)
    drafts.sort(key=lambda draft: (draft.sent, draft.sender.email, draft.recipient))
    number, series, rows = 4000, _id_suffix(letters, seed), []
    for draft in drafts:
        number += rng.randint(1, 9)
        rows.append(
            SampleRow(
                f"SEPO-{number:06d}{series}",
                draft.sent,
                *draft.sender,
                *draft.leader,
                draft.place.administration,
                draft.place.area,
                draft.place.unit,
                draft.place.subunit,
                draft.recipient_kind,
                draft.recipient,
                draft.subject,
            )
        )
    return rows


def _id_suffix(letters: int, seed: int) -> str:
    """Return what keeps the ids of two lists apart: «-s7-n300», and «» for the list of the case.

    The letters between the digits keep an id from looking like a CPR number, because an id like a CPR number is
    refused.
    """
    return (f"-s{seed}" if seed != SEED else "") + (f"-n{letters}" if letters != FULL_SIZE else "")


def _make_posts(rng: random.Random, letters: int) -> list[Post]:
    scale = letters / FULL_SIZE
    register = PersonRegister(rng)
    played, leaders = _make_cast_posts(register, letters)
    at_buf = round(BUF_LETTERS * scale)
    topics_at = _buf_topics(rng, at_buf, scale, [post for post in played if post.place.administration == BUF])
    for administration, count in zip(
        LETTERS_BY_ADMINISTRATION,
        _split_by_weight(letters - at_buf, list(LETTERS_BY_ADMINISTRATION.values())),
        strict=True,
    ):
        count -= sum(post.place.administration == administration for post in played)
        places = other_workplaces(administration)
        sizes = [_random_size(rng) for _ in places]
        for place in rng.choices(places, sizes, k=max(0, count)):
            topics_at[place].append(rng.choices(["rest", "blank", "staff"], [87, 10, 3])[0])
    posts = list(played)
    for place, topics in topics_at.items():
        posts += _assign_people(rng, register, place, topics, leaders.get(place))
    return posts


def _make_cast_posts(register: PersonRegister, letters: int) -> tuple[list[Post], dict[Workplace, Person]]:
    if letters < sample_people.SMALLEST_LIST_WITH_CAST:
        return [], {}
    places = {(p.administration, p.unit): p for p in [*buf_workplaces(), *other_workplaces(SOF)]}
    leaders: dict[Workplace, Person] = {}
    posts = []
    for role in [sample_people.SENDER_OF_FOURTEEN, *sample_people.COLLEAGUES, *sample_people.HEAVY_SENDERS]:
        place = places[role.administration, role.unit]
        if place not in leaders:
            leaders[place] = register.named(role.leader, role.administration)
        leader = leaders[place]
        sender = leader if role.name == role.leader else register.named(role.name, role.administration)
        if role is sample_people.SENDER_OF_FOURTEEN:
            posts += [Post(place, sender, leader, f"fourteen {number}") for number in range(role.letters)]
        else:
            count = max(1, round(role.letters * min(1, letters / FULL_SIZE)))
            posts += [Post(place, sender, leader, role.topic) for _ in range(count)]
    return posts, leaders


def _buf_topics(rng: random.Random, total: int, scale: float, played: list[Post]) -> defaultdict[Workplace, list[str]]:
    """Return the topics of BUF's workplaces, without the letters of the cast. Every workplace writes something."""
    places = buf_workplaces()
    rng.shuffle(places)
    taken = {post.place for post in played}
    places.sort(key=lambda place: place not in taken)
    places = places[: max(1, round(len(places) * min(1, scale)))]
    sizes = [_random_size(rng) for _ in places]
    done = Counter(post.topic for post in played) + Counter(guidance=3, staff=1, blank=3, leaflet=1)
    done = done if played else Counter()
    wanted = {topic: max(0, round(n * scale) - done[topic]) for topic, n in subjects.BUF_TOPICS.items()}
    topics_at: defaultdict[Workplace, list[str]] = defaultdict(list)
    left = total - len(played) - sum(wanted.values())
    for place in places:
        if place not in taken and left > 0:
            topics_at[place].append("rest")
            left -= 1
    for topic, count in [*wanted.items(), ("rest", max(0, left))]:
        keen = subjects.WRITERS.get(topic) or dict.fromkeys((place.kind for place in places), 1)
        weights = [size * keen.get(place.kind, 0) for place, size in zip(places, sizes, strict=True)]
        for place in rng.choices(places, weights if sum(weights) else sizes, k=count):
            topics_at[place].append(topic)
    return topics_at


def _assign_people(
    rng: random.Random, register: PersonRegister, place: Workplace, topics: list[str], leader: Person | None
) -> list[Post]:
    """Give the letters of the workplace to people: most have one or two, a few have many; leaders write to staff."""
    leaders = [leader or register.new_person(place.administration)]
    if len(topics) >= TWO_LEADERS_FROM:
        leaders.append(register.new_person(place.administration))
    ordinary = [topic for topic in topics if topic != "staff"]
    rng.shuffle(ordinary)
    headcount = max(1, round(len(ordinary) / LETTERS_PER_EMPLOYEE))
    people = [register.new_person(place.administration) for _ in range(headcount)]
    senders = people[: len(ordinary)]
    skew = [1 / (rank + 1) ** 1.3 for rank in range(len(people))]
    senders += rng.choices(people, skew, k=len(ordinary) - len(senders))
    led_by = {person: leaders[rank % len(leaders)] for rank, person in enumerate(people)}
    posts = [Post(place, sender, led_by[sender], topic) for sender, topic in zip(senders, ordinary, strict=True)]
    for _ in range(len(topics) - len(ordinary)):
        boss = rng.choice(leaders)
        posts.append(Post(place, boss if rng.random() < 0.8 else rng.choice(people), boss, "staff"))
    return posts


def _random_size(rng: random.Random) -> float:
    return min(rng.paretovariate(1.6), 6)


def _split_by_weight(total: int, weights: list[int]) -> list[int]:
    """Return ``total`` in whole parts by weight (largest remainders)."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: parts[i] - exact[i])
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


REVISION_NEW, REVISION_KNOWN, REVISION_CHANGED = 40, 24, 5


def make_revision(letters: int = FULL_SIZE, seed: int = SEED, shift: timedelta = timedelta()) -> list[SampleRow]:
    """Return a list to follow ``make_rows`` with the same arguments: new, known, changed and faulty rows."""
    first = make_rows(letters, seed, shift)
    known = [row for row in first if row.subject and row.leader_email][-(REVISION_KNOWN + REVISION_CHANGED) :]
    changed = [row._replace(subject=f"{row.subject} (rettet)") for row in known[:REVISION_CHANGED]]
    found = [
        row._replace(source_ref=f"SEPO-9{number:05d}")
        for number, row in enumerate(make_rows(REVISION_NEW, seed + 1, shift), start=1)
    ]
    rows = sorted([*known[REVISION_CHANGED:], *changed, *found], key=lambda row: row.sent)
    return add_faulty_rows(rows)


def add_faulty_rows(rows: list[SampleRow]) -> list[SampleRow]:
    """Return the rows with four faults typed by hand.

    The faults: a date that does not exist, half an address, no unit (the row is accepted), and a row that stands
    twice.
    """
    by_hand = [row for row in rows if row.source_ref.startswith("SEPO-9") and row.sender_email][:4]
    no_date, half_address, no_unit, twice = by_hand
    typed: Any = f"31-11-{no_date.sent:%Y} 10:22"
    mended = {
        no_date: no_date._replace(sent=typed),
        half_address: half_address._replace(sender_email=half_address.sender_email.partition(".")[0]),
        no_unit: no_unit._replace(area="", unit="", subunit="", administration=""),
    }
    return [*(mended.get(row, row) for row in rows), twice]
