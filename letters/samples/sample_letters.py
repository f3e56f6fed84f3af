"""Letters of the sample list: who writes from where, about what, when and to whom. The data is in sample_data.toml."""

import random
import tomllib
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from sepo_incident.core import calendar, danish

DATA = tomllib.loads(Path(__file__).with_name("sample_data.toml").read_text(encoding="utf-8"))
ADMINISTRATIONS = DATA["administrations"]
FIRST_NAMES, LAST_NAMES = DATA["names"]["first"].split(), DATA["names"]["last"].split()
STREETS = DATA["streets"].split(", ")
#: So many schools of an area send from two departments, the others as a single unit.
SPLIT_SCHOOLS_PER_AREA = 3
SPLIT_DEPARTMENTS = ("Indskoling og mellemtrin", "Udskoling")


class Workplace(NamedTuple):
    """The lowest unit that the list names as sender. `kind` decides the topics."""

    administration: str
    area: str
    unit: str
    subunit: str
    kind: str


class CastMember(NamedTuple):
    """Somebody who sent `letters` letters (of 3.400) from `unit`, mostly about `topic`."""

    name: str
    leader: str
    code: str
    unit: str
    letters: int
    topic: str

    @property
    def administration(self) -> str:
        return ADMINISTRATIONS[self.code]["name"]


CAST = [CastMember(*row) for row in DATA["people"]["cast"]]
SENDER_OF_FOURTEEN = CAST[0]


def list_workplaces(code: str) -> list[Workplace]:
    """Return the workplaces of an administration. BUF has 157: 75 at schools, 40 day-care houses, 42 in the centres."""
    places = []
    for area, kind, units in ADMINISTRATIONS[code]["areas"]:
        for number, unit in enumerate(" ".join(units.split()).split(", ")):
            is_split = kind == "school" and 0 < number <= SPLIT_SCHOOLS_PER_AREA
            for department in SPLIT_DEPARTMENTS if is_split else ("",):
                places.append(Workplace(ADMINISTRATIONS[code]["name"], area, unit, department, kind))
    return places


FULL_SIZE = 3400
SMALLEST_LIST_WITH_CAST = 200
FIRST_DAY, LAST_DAY, MAIL_OUT_DAY = date(2019, 12, 9), date(2019, 12, 19), date(2020, 1, 7)
#: Monday to Friday, and a day off, on which only `KINDS_OPEN_ON_DAYS_OFF` write.
WEEKDAY_WEIGHTS = [10.5, 11.5, 11, 9.5, 8]
DAY_OFF_WEIGHT = 0.8
KINDS_OPEN_ON_DAYS_OFF = {"care", "social", "leisure"}
HOURS = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22]
HOUR_WEIGHTS = [3, 10, 13, 13, 11, 8, 12, 12, 9, 3, 1, 0.8, 0.3]
CPR_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
LETTERS_PER_EMPLOYEE = 2.05
TWO_LEADERS_FROM = 20  # letters


class Person(NamedTuple):
    """A fictitious person."""

    name: str
    email: str


@dataclass
class SampleLetter:
    """A letter to write. `write_letters` fills in the last four fields."""

    place: Workplace
    sender: Person
    leader: Person
    topic: str
    sent: datetime = datetime.min
    subject: str = ""
    recipient: str = ""
    recipient_kind: str = ""


class PersonRegister:
    """Hands out people with unique names and addresses."""

    def __init__(self, rng: random.Random):
        self._rng = rng
        self._names: set[str] = set()
        self._emails: set[str] = set()

    def new_person(self, administration: str) -> Person:
        while (name := self._random_name()) in self._names:
            pass
        return self.named(name, administration)

    def named(self, name: str, administration: str) -> Person:
        self._names.add(name)
        domain = next(one["domain"] for one in ADMINISTRATIONS.values() if one["name"] == administration)
        login, number = _login(name), 1
        email = f"{login}@{domain}"
        while email in self._emails:
            number += 1
            email = f"{login}{number}@{domain}"
        self._emails.add(email)
        return Person(name, email)

    def _random_name(self) -> str:
        first, last = self._rng.choice(FIRST_NAMES), self._rng.choice(LAST_NAMES)
        if self._rng.random() < 0.18:
            return f"{first} {self._rng.choice(LAST_NAMES)} {last}"
        return f"{first} {last}"


def _login(name: str) -> str:
    """Return the login: «Karen Bülow Møller» → kabm, «Jens Ågård» → jeag, the four letters of the municipality."""
    plain = name.lower().translate(str.maketrans("æøåü", "aoau"))
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    first, *rest = plain.split()
    return first[:2] + (rest[0][:2] if len(rest) == 1 else "".join(part[0] for part in rest))


def assign_letters(rng: random.Random, count: int) -> list[SampleLetter]:
    """Return `count` letters to write: workplace, sender, leader and topic."""
    scale = count / FULL_SIZE
    register = PersonRegister(rng)
    by_cast, leaders = _assign_cast(register, count)
    buf, *others = ADMINISTRATIONS
    at_buf = round(ADMINISTRATIONS[buf]["letters"] * scale)
    buf_name = ADMINISTRATIONS[buf]["name"]
    topics_at = _buf_topics(rng, at_buf, scale, [one for one in by_cast if one.place.administration == buf_name])
    shares = _split_by_weight(count - at_buf, [ADMINISTRATIONS[code]["letters"] for code in others])
    for code, share in zip(others, shares, strict=True):
        share -= sum(one.place.administration == ADMINISTRATIONS[code]["name"] for one in by_cast)
        places = list_workplaces(code)
        sizes = [_random_size(rng) for _ in places]
        for place in rng.choices(places, sizes, k=max(0, share)):
            topics_at[place].append(rng.choices(["rest", "blank", "staff"], [87, 10, 3])[0])
    letters = list(by_cast)
    for place, topics in topics_at.items():
        letters += _assign_people(rng, register, place, topics, leaders.get(place))
    return letters


def _assign_cast(register: PersonRegister, count: int) -> tuple[list[SampleLetter], dict[Workplace, Person]]:
    letters: list[SampleLetter] = []
    leaders: dict[Workplace, Person] = {}
    for role in CAST if count >= SMALLEST_LIST_WITH_CAST else []:
        place = next(place for place in list_workplaces(role.code) if place.unit == role.unit)
        if place not in leaders:
            leaders[place] = register.named(role.leader, role.administration)
        leader = leaders[place]
        sender = leader if role.name == role.leader else register.named(role.name, role.administration)
        if role is SENDER_OF_FOURTEEN:
            topics = [f"fourteen {number}" for number in range(role.letters)]
        else:
            topics = [role.topic] * max(1, round(role.letters * min(1, count / FULL_SIZE)))
        letters += [SampleLetter(place, sender, leader, topic) for topic in topics]
    return letters, leaders


def _buf_topics(
    rng: random.Random, total: int, scale: float, by_cast: list[SampleLetter]
) -> defaultdict[Workplace, list[str]]:
    """Return the topics of BUF's workplaces, without the letters of the cast. Every workplace writes something."""
    places = list_workplaces("BUF")
    rng.shuffle(places)
    taken = {one.place for one in by_cast}
    places.sort(key=lambda place: place not in taken)
    places = places[: max(1, round(len(places) * min(1, scale)))]
    sizes = [_random_size(rng) for _ in places]
    done = Counter(one.topic for one in by_cast) + Counter(guidance=3, staff=1, blank=3, leaflet=1)
    done = done if by_cast else Counter()
    wanted = {name: max(0, round(topic["letters"] * scale) - done[name]) for name, topic in DATA["topics"].items()}
    topics_at: defaultdict[Workplace, list[str]] = defaultdict(list)
    left = total - len(by_cast) - sum(wanted.values())
    for place in places:
        if place not in taken and left > 0:
            topics_at[place].append("rest")
            left -= 1
    for topic, count in [*wanted.items(), ("rest", max(0, left))]:
        writers = DATA["topics"].get(topic, {}).get("writers") or dict.fromkeys((place.kind for place in places), 1)
        weights = [size * writers.get(place.kind, 0) for place, size in zip(places, sizes, strict=True)]
        for place in rng.choices(places, weights if sum(weights) else sizes, k=count):
            topics_at[place].append(topic)
    return topics_at


def _assign_people(
    rng: random.Random, register: PersonRegister, place: Workplace, topics: list[str], leader: Person | None
) -> list[SampleLetter]:
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
    letters = [
        SampleLetter(place, sender, led_by[sender], topic) for sender, topic in zip(senders, ordinary, strict=True)
    ]
    for _ in range(len(topics) - len(ordinary)):
        boss = rng.choice(leaders)
        letters.append(SampleLetter(place, boss if rng.random() < 0.8 else rng.choice(people), boss, "staff"))
    return letters


def _random_size(rng: random.Random) -> float:
    return min(rng.paretovariate(1.6), 6)


def _split_by_weight(total: int, weights: list[int]) -> list[int]:
    """Return `total` in whole parts by weight (largest remainders)."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda i: parts[i] - exact[i])
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def write_letters(rng: random.Random, letters: list[SampleLetter], shift: timedelta) -> None:
    """Give every letter a subject, a time of sending and a recipient, with all dates moved by `shift`."""
    written_to: dict[tuple[Person, str], list[str]] = defaultdict(list)
    fourteen_to = [_random_recipient(rng) for _ in DATA["people"]["fourteen"]]
    days = [FIRST_DAY + shift + timedelta(days=number) for number in range((LAST_DAY - FIRST_DAY).days + 1)]
    for letter in letters:
        if letter.topic.startswith("fourteen"):
            _write_one_of_fourteen(letter, shift, fourteen_to)
            continue
        letter.recipient_kind = "Medarbejder" if letter.topic == "staff" else "Borger"
        day = rng.choices(days, [_day_weight(day, letter.place.kind) for day in days])[0]
        letter.sent = datetime.combine(day, time(rng.choices(HOURS, HOUR_WEIGHTS)[0], rng.randint(0, 59)))
        earlier = written_to[letter.sender, letter.recipient_kind]
        letter.recipient = rng.choice(earlier) if earlier and rng.random() < 0.12 else _random_recipient(rng)
        earlier.append(letter.recipient)
        letter.subject = _random_subject(rng, letter, shift)


def _day_weight(day: date, kind: str) -> float:
    if calendar.is_working_day(day):
        return WEEKDAY_WEIGHTS[day.weekday()]
    return DAY_OFF_WEIGHT if kind in KINDS_OPEN_ON_DAYS_OFF else 0


def _write_one_of_fourteen(letter: SampleLetter, shift: timedelta, recipients: list[str]) -> None:
    template, day, clock, recipient = DATA["people"]["fourteen"][int(letter.topic.removeprefix("fourteen "))]
    from_mail_out = {"passed_meeting": -4, "passed_answer": -1, "coming_meeting": 7, "coming_answer": 6}
    days = {
        name: _working_day(MAIL_OUT_DAY + timedelta(days=after) + shift, 1 if after > 0 else -1)
        for name, after in from_mail_out.items()
    }
    letter.subject = template.format(**{name: danish.day_month(named) for name, named in days.items()})
    sent_on = _working_day(date(2019, 12, day) + shift, 1)
    if sent_on > LAST_DAY + shift:
        sent_on = _working_day(LAST_DAY + shift, -1)
    letter.sent = datetime.combine(sent_on, time.fromisoformat(clock))
    letter.recipient = recipients[recipient]
    letter.recipient_kind = "Medarbejder" if "sygefravær" in letter.subject else "Borger"


def _random_subject(rng: random.Random, letter: SampleLetter, shift: timedelta) -> str:
    if letter.topic == "blank":
        return ""
    template = rng.choice(DATA["topics"].get(letter.topic, {}).get("subjects") or DATA["subjects"][letter.place.kind])
    sent_on, mail_out = letter.sent.date(), MAIL_OUT_DAY + shift
    soon = sent_on + timedelta(days=rng.randint(3, (mail_out - sent_on).days - 1))
    later = mail_out + timedelta(days=rng.randint(2, 24))
    return template.format(
        soon=danish.day_month(_working_day(soon, -1)),
        later=danish.day_month(_working_day(later, 1)),
        grade=f"{rng.randint(7, 9)}.{rng.choice('abcd')}",
        clock=f"kl. {rng.randint(8, 15)}.{rng.choice(('00', '15', '30', '45'))}",
        street=f"{rng.choice(STREETS)} {rng.randint(1, 98)}",
    )


def _working_day(day: date, step: int) -> date:
    while not calendar.is_working_day(day):
        day += timedelta(days=step)
    return day


def fictitious_cpr(rng: random.Random) -> str:
    """Return ten digits that look like a CPR number and are none: modulus 11 fails, and nobody is born on 1 January.

    (Real numbers without modulus 11 have only been given to people born on 1 January.)
    """
    while True:
        born = date(1935, 1, 2) + timedelta(days=rng.randint(0, 24000))
        digits = f"{born:%d%m%y}{rng.randint(1, 4999):04d}"
        checksum = sum(int(digit) * weight for digit, weight in zip(digits, CPR_WEIGHTS, strict=True))
        if checksum % 11 and (born.day, born.month) != (1, 1):
            return digits


def _random_recipient(rng: random.Random) -> str:
    return f"{fictitious_cpr(rng)}@eboks.example"
