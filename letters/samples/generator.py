"""Make the list: first who sent how many letters about what, then each letter, then the hard rows."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from letters.samples import cast, hard_rows, subjects
from letters.samples.organisation import BIF, BUF, KFF, OKF, SOF, SUF, TMF, Workplace, buf_workplaces, other_workplaces
from letters.samples.people import Person, Register
from letters.samples.writing import write

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
#: How the other administrations share the rest.
SHARES = {SOF: 620, SUF: 420, BIF: 280, KFF: 170, TMF: 160, OKF: 150}
LETTERS_PER_EMPLOYEE = 2.05
TWO_LEADERS_FROM = 20  # letters


class SampleRow(NamedTuple):
    """A row in the order of ``COLUMNS``; ``sent`` is local Copenhagen time without a zone, as a list has it."""

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
    """One letter to be written: who, led by whom, from where, about what."""

    place: Workplace
    sender: Person
    leader: Person
    topic: str


def make_rows(letters: int = FULL_SIZE, seed: int = SEED, shift: timedelta = timedelta()) -> list[SampleRow]:
    """``letters`` rows in the order they were sent, the same for the same seed.

    ``shift`` moves every date, those in subjects too: ``today - MAIL_OUT_DAY`` makes today the day the mails go out.
    """
    rng = random.Random(seed)  # noqa: S311 - made-up data, not secrets
    posts = _posts(rng, letters)
    drafts = write(rng, posts, shift, MAIL_OUT_DAY)
    hard_rows.add(rng, drafts, letters / FULL_SIZE)
    drafts.sort(key=lambda draft: (draft.sent, draft.sender.email, draft.recipient))
    number, series, rows = 4000, _series(letters, seed), []
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


def _series(letters: int, seed: int) -> str:
    """What keeps the ids of two lists apart: «-s7-n300», and nothing for the list of the case.

    The letters between the digits keep it from looking like a CPR number, with which a list is refused.
    """
    return (f"-s{seed}" if seed != SEED else "") + (f"-n{letters}" if letters != FULL_SIZE else "")


def _posts(rng: random.Random, letters: int) -> list[Post]:
    scale = letters / FULL_SIZE
    register = Register(rng)
    played, leaders = _cast_posts(register, letters)
    at_buf = round(BUF_LETTERS * scale)
    topics_at = _buf_topics(rng, at_buf, scale, [post for post in played if post.place.administration == BUF])
    for administration, count in zip(SHARES, _split(letters - at_buf, list(SHARES.values())), strict=True):
        count -= sum(post.place.administration == administration for post in played)
        places = other_workplaces(administration)
        sizes = [_size(rng) for _ in places]
        for place in rng.choices(places, sizes, k=max(0, count)):
            topics_at[place].append(rng.choices(["rest", "blank", "staff"], [87, 10, 3])[0])
    posts = list(played)
    for place, topics in topics_at.items():
        posts += _staffed(rng, register, place, topics, leaders.get(place))
    return posts


def _cast_posts(register: Register, letters: int) -> tuple[list[Post], dict[Workplace, Person]]:
    if letters < cast.SMALLEST_LIST_WITH_CAST:
        return [], {}
    places = {(p.administration, p.unit): p for p in [*buf_workplaces(), *other_workplaces(SOF)]}
    leaders: dict[Workplace, Person] = {}
    posts = []
    for role in [cast.FOURTEEN_LETTERS, *cast.COLLEAGUES, *cast.HEAVY_SENDERS]:
        place = places[role.administration, role.unit]
        if place not in leaders:
            leaders[place] = register.named(role.leader, role.administration)
        leader = leaders[place]
        sender = leader if role.name == role.leader else register.named(role.name, role.administration)
        if role is cast.FOURTEEN_LETTERS:
            posts += [Post(place, sender, leader, f"fourteen {number}") for number in range(role.letters)]
        else:
            count = max(1, round(role.letters * min(1, letters / FULL_SIZE)))
            posts += [Post(place, sender, leader, role.topic) for _ in range(count)]
    return posts, leaders


def _buf_topics(rng: random.Random, total: int, scale: float, played: list[Post]) -> defaultdict[Workplace, list[str]]:
    """What each of BUF's workplaces writes about, beside what the cast already does. Every place writes something."""
    places = buf_workplaces()
    rng.shuffle(places)
    taken = {post.place for post in played}
    places.sort(key=lambda place: place not in taken)
    places = places[: max(1, round(len(places) * min(1, scale)))]
    sizes = [_size(rng) for _ in places]
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


def _staffed(
    rng: random.Random, register: Register, place: Workplace, topics: list[str], leader: Person | None
) -> list[Post]:
    """Give the workplace's letters to its people: most have one or two, a few have many; leaders write to staff."""
    leaders = [leader or register.anybody(place.administration)]
    if len(topics) >= TWO_LEADERS_FROM:
        leaders.append(register.anybody(place.administration))
    ordinary = [topic for topic in topics if topic != "staff"]
    rng.shuffle(ordinary)
    headcount = max(1, round(len(ordinary) / LETTERS_PER_EMPLOYEE))
    people = [register.anybody(place.administration) for _ in range(headcount)]
    senders = people[: len(ordinary)]
    skew = [1 / (rank + 1) ** 1.3 for rank in range(len(people))]
    senders += rng.choices(people, skew, k=len(ordinary) - len(senders))
    led_by = {person: leaders[rank % len(leaders)] for rank, person in enumerate(people)}
    posts = [Post(place, sender, led_by[sender], topic) for sender, topic in zip(senders, ordinary, strict=True)]
    for _ in range(len(topics) - len(ordinary)):
        boss = rng.choice(leaders)
        posts.append(Post(place, boss if rng.random() < 0.8 else rng.choice(people), boss, "staff"))
    return posts


def _size(rng: random.Random) -> float:
    return min(rng.paretovariate(1.6), 6)


def _split(total: int, weights: list[int]) -> list[int]:
    """``total`` in whole parts by weight (largest remainders)."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: parts[i] - exact[i])
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
