"""Drafts of the sample's letters: subject, moment and recipient."""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from letters.samples import subjects
from letters.samples.organisation import Workplace
from letters.samples.sample_people import Person
from sepo_incident.core import danish

FIRST_DAY = date(2019, 12, 9)
#: Monday 9 to Thursday 19 December; hardly anybody writes at the weekend.
DAY_WEIGHTS = [10, 11, 11, 10, 8, 0.3, 0.4, 11, 12, 11, 9]
HOURS = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22]
HOUR_WEIGHTS = [3, 10, 13, 13, 11, 8, 12, 12, 9, 3, 1, 0.8, 0.3]
CPR_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


class DraftRequest(Protocol):
    """The attributes that a draft is made from; ``generator.Post`` has all."""

    place: Workplace
    sender: Person
    leader: Person
    topic: str


@dataclass
class Draft:
    """A letter with subject, moment and recipient, before it gets a Brev-id."""

    place: Workplace
    sender: Person
    leader: Person
    sent: datetime
    subject: str
    recipient: str
    recipient_kind: str


def write_drafts(
    rng: random.Random, posts: Iterable[DraftRequest], shift: timedelta, mail_out_day: date
) -> list[Draft]:
    """Return a draft per post, with all dates moved by ``shift``."""
    written_to: dict[tuple[Person, str], list[str]] = defaultdict(list)
    fourteen_to = [_random_recipient(rng) for _ in subjects.FOURTEEN_SUBJECTS]
    drafts = []
    for post in posts:
        if post.topic.startswith("fourteen"):
            drafts.append(_draft_one_of_fourteen(post, shift, mail_out_day, fourteen_to))
            continue
        kind = "Medarbejder" if post.topic == "staff" else "Borger"
        sent = _random_sent_at(rng)
        earlier = written_to[post.sender, kind]
        recipient = rng.choice(earlier) if earlier and rng.random() < 0.12 else _random_recipient(rng)
        earlier.append(recipient)
        subject = _random_subject(rng, post, sent.date(), shift, mail_out_day)
        drafts.append(Draft(post.place, post.sender, post.leader, sent + shift, subject, recipient, kind))
    return drafts


def _random_subject(rng: random.Random, post: DraftRequest, sent: date, shift: timedelta, mail_out_day: date) -> str:
    if post.topic == "blank":
        return ""
    template = rng.choice(subjects.BY_TOPIC.get(post.topic) or subjects.BY_KIND[post.place.kind])
    soon = sent + timedelta(days=rng.randint(3, (mail_out_day - sent).days - 1))
    later = mail_out_day + timedelta(days=rng.randint(2, 24))
    return template.format(
        soon=danish.day_month(_working_day(soon, -1) + shift), later=danish.day_month(_working_day(later, 1) + shift)
    )


def _draft_one_of_fourteen(post: DraftRequest, shift: timedelta, mail_out_day: date, recipients: list[str]) -> Draft:
    template, day, clock, recipient = subjects.FOURTEEN_SUBJECTS[int(post.topic.removeprefix("fourteen "))]
    from_mail_out = {"passed_meeting": -4, "passed_answer": -1, "coming_meeting": 7, "coming_answer": 6}
    days = {name: mail_out_day + timedelta(days=after) + shift for name, after in from_mail_out.items()}
    subject = template.format(**{name: danish.day_month(named) for name, named in days.items()})
    sent = datetime.combine(date(2019, 12, day), time.fromisoformat(clock)) + shift
    kind = "Medarbejder" if "sygefravær" in subject else "Borger"
    return Draft(post.place, post.sender, post.leader, sent, subject, recipients[recipient], kind)


def _random_sent_at(rng: random.Random) -> datetime:
    day = FIRST_DAY + timedelta(days=rng.choices(range(len(DAY_WEIGHTS)), DAY_WEIGHTS)[0])
    return datetime.combine(day, time(rng.choices(HOURS, HOUR_WEIGHTS)[0], rng.randint(0, 59)))


def _working_day(day: date, step: int) -> date:
    while day.weekday() >= 5:
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
