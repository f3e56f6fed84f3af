"""A made-up municipality, and what goes on each of its channels day by day, for `letters/samples/sample_flow.py`."""

import math
import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate, pairwise
from typing import NamedTuple

from letters.samples.sample_letters import (
    ADMINISTRATIONS,
    DATA,
    FIRST_NAMES,
    LAST_NAMES,
    STREETS,
    PersonRegister,
    Workplace,
    fictitious_cpr,
    list_workplaces,
)
from sepo_incident.core import calendar, danish

MINUTE, HOUR, DAY = 60, 3600, 86400
UNIT_COUNT, RECIPIENTS = 382, 8000
MADE_UP_UNITS = {"Plejehjemmet": "care", "Bostedet": "social", "Aktivitetscentret": "leisure"}


class Channel(NamedTuple):
    """A way of sending. `share`: letters of a working day, as a share of `letters_a_day`; `night_job`: the same.

    `median`: seconds until the final receipt is made. `batches`: local hours at which receipts come, none if they come
    one by one. `holds`: held periods of receipts a day. `tail`: how many more letters than usual wait long.
    """

    name: str
    share: float
    units: int
    median: float
    holds: float
    received: str
    delivered: str
    batches: tuple[float, ...] = ()
    night_job: float = 0.0
    tail: float = 1.0


RECEIVED, DELIVERED, FAILED = (
    "eb866ca2-b871-4387-b501-12cde577bd58",
    "f7161a89-5068-4023-bc80-d7f4daad2a2e",
    "e225a75c-4b63-46c4-9423-77f5c8762445",
)
QUICK, HOURLY, NIGHT, PRINT, MAIL = "SEPO", "Fagsystemer", "Masseforsendelse", "Fjernprint", "E-mail"
CHANNELS = {
    one.name: one
    for one in (
        Channel(QUICK, 1.0, UNIT_COUNT, 240, 0.25, RECEIVED, DELIVERED),
        Channel(HOURLY, 0.15, 90, 700, 0.15, RECEIVED, DELIVERED, batches=tuple(hour + 0.12 for hour in range(24))),
        Channel(NIGHT, 0.08, 14, 400, 0.1, RECEIVED, DELIVERED, night_job=0.5),
        Channel(PRINT, 0.1, 150, 20 * HOUR, 0.05, "RECEIVED", "COMPLETED", batches=(9.5, 13, 16)),
        Channel(MAIL, 0.06, 200, 60, 0.1, "RECEIVED", "COMPLETED", tail=1.6),
    )
}
#: When the masses of a night job's receipts come (local hours), and when those of a night that is held.
NIGHT_BATCHES, HELD_NIGHT, HELD_NIGHTS = (3.2, 4.2, 5.4, 6.6, 9, 12, 15), (8.5, 11, 15), 0.1
#: Share of letters still without a final receipt so many hours after sending; the last share never gets one.
WAITING = ((0.041, 0.35), (0.03, 1.0), (0.014, 4.0), (0.004, 24.0), (0.0026, 120.0))
#: Letters of each hour by weight, on working days and on days off.
WORKING_HOURS = (1, 1, 1, 1, 1, 3, 15, 50, 110, 130, 125, 105, 60, 115, 120, 80, 35, 18, 14, 16, 18, 12, 6, 2)
HOURS_OFF = (1, 1, 0, 0, 0, 1, 3, 8, 12, 15, 15, 14, 12, 14, 14, 13, 12, 10, 12, 14, 12, 10, 5, 2)
WEEKDAY_LEVELS, DAY_OFF_LEVEL, LULL_LEVEL = (1.1, 1.15, 1.05, 0.95, 0.75), 0.04, 0.1
LULL = ((12, 23), (1, 1))
#: The nursing home whose letters are always eight times worse, and the mailboxes that get copies.
BAD_DOMAIN, COPY_DOMAIN = "plejehjemmet-solbakken.example", "kopi.example"
DOMAINS: dict[str, float] = {"eboks.example": 800, "digitalpost.example": 90, COPY_DOMAIN: 25, BAD_DOMAIN: 9}
DOMAINS |= {f"{name.lower()}.example": 60 / rank for rank, name in enumerate(LAST_NAMES[:60], start=2)}
ERRORS = ("4003 Modtageren er ikke tilmeldt", "memo.invalid", "4011 Ugyldigt modtagernummer", "attachment.too.large")
UNKNOWN_STATUSES = ("Behandles hos leverandør", "0f8fad5b-d9cb-469f-a165-70867728950e")
FINAL = {DELIVERED, FAILED, "COMPLETED", "INVALID"}
#: Bytes. Such mails wait long twice as often as others.
LARGE = 10_000_000


@dataclass(slots=True, eq=False)
class Letter:
    """A letter on its way. Times are seconds since 1970 by our clock; `skew`: seconds that the sender's is ahead.

    `sent`: None if it is approved and never handed over. `receipts`: (received, event, status, error).
    """

    channel: str
    uuid: str
    unit: str
    sender: str
    template: str
    subject: str
    recipient: str
    size: int
    sent: float | None
    skew: int
    known: float
    approved: float | None = None
    receipts: list[tuple[float, float, str, str]] = field(default_factory=list)


class Municipality:
    """Units with senders, subjects and sizes, and recipients: all that is the same on every day of a seed."""

    def __init__(self, seed: int):
        self.seed = seed
        self.rng = rng = self.random("municipality")
        places = [place for code in ADMINISTRATIONS for place in list_workplaces(code)]
        names = [(name, kind, last) for last in LAST_NAMES for name, kind in MADE_UP_UNITS.items()]
        administration = places[-1].administration
        for name, kind, last in names[: UNIT_COUNT - len(places)]:
            places.append(Workplace(administration, "", f"{name} {last}", "", kind))
        rng.shuffle(places)
        self.names = [f"{place.unit}, {place.subunit}".removesuffix(", ") for place in places]
        self.sizes = [1 / (rank + 3) for rank in range(len(places))]
        register = PersonRegister(rng)
        self.senders = [
            [(register.new_person(place.administration).email, 240 if rng.random() < 0.06 else 0)
             for _ in range(rng.randint(1, 3 + round(100 * size)))]
            for place, size in zip(places, self.sizes, strict=True)
        ]  # fmt: skip
        self.templates = [self._templates_of(place.kind) for place in places]
        self.tails = [rng.lognormvariate(-0.125, 0.5) for _ in places]
        domains = rng.choices(list(DOMAINS), list(DOMAINS.values()), k=RECIPIENTS)
        self.recipients = [f"{fictitious_cpr(rng)}@{domain}" for domain in domains]

    def random(self, *what: object) -> random.Random:
        """Return the random numbers of a part of the flow, so that the parts do not disturb each other."""
        return random.Random("/".join(map(str, (self.seed, *what))))  # noqa: S311 - made-up data, not secrets

    def _templates_of(self, kind: str) -> tuple[list[str], list[float]]:
        """Return the subjects that a unit writes, the common ones first, with cumulative weights."""
        own = [*DATA["subjects"][kind][:4], *DATA["topics"].get(kind, {}).get("subjects", [])[:2]]
        self.rng.shuffle(own)
        own += ["", DATA["topics"]["staff"]["subjects"][0]]
        return own, list(accumulate([*(1 / rank for rank in range(1, len(own) - 1)), 0.12, 0.06]))


class Traffic:
    """The letters and receipts of a channel. Each day has its own random numbers, weather and held periods."""

    def __init__(self, municipality: Municipality, channel: Channel, first: date, days: int):
        self.municipality, self.channel = municipality, channel
        rng = municipality.random(channel.name)
        self.units = sorted(rng.sample(range(UNIT_COUNT), channel.units))
        self.weights = list(accumulate(municipality.sizes[unit] for unit in self.units))
        self.holds: list[tuple[float, float]] = []
        self.feed_holds: list[tuple[float, float]] = []
        self.batches: list[float] = []
        self.night_batches: list[float] = []
        for number in range(-1, days + 14):
            self._plan(first + timedelta(days=number))

    def _plan(self, day: date) -> None:
        """Plan the day's held periods and batches of receipts."""
        rng, midnight = self.municipality.random(self.channel.name, day, "plan"), danish.midnight(day).timestamp()
        start = midnight + rng.uniform(0, 22) * HOUR
        if rng.random() < self.channel.holds:
            self.holds.append((start, start + rng.uniform(25, 180) * MINUTE))
        if rng.random() < 0.05:
            self.feed_holds.append((start, start + rng.uniform(10, 40) * MINUTE))
        everywhere = self.municipality.random(day, "receipts of all channels are held")
        if everywhere.random() < 0.03:
            start = midnight + everywhere.uniform(6, 20) * HOUR
            self.holds.append((start, start + everywhere.uniform(25, 180) * MINUTE))
            self.holds.sort()
        night = HELD_NIGHT if rng.random() < HELD_NIGHTS else NIGHT_BATCHES
        self.night_batches += [midnight + hour * HOUR + rng.uniform(0, 600) for hour in night]
        if self.channel.name != PRINT or calendar.is_working_day(day):
            hours = [hour for hour in self.channel.batches if rng.random() > 0.04]
            self.batches += [midnight + hour * HOUR + rng.uniform(0, 240) for hour in hours]

    def letters_of(self, day: date, letters_a_day: int) -> Iterator[Letter]:
        """Yield the letters of the day with their receipts."""
        self.rng = rng = self.municipality.random(self.channel.name, day)
        midnight, is_working_day = danish.midnight(day).timestamp(), calendar.is_working_day(day)
        self.weather = [rng.lognormvariate(0, 0.2) for _ in range(24)]
        if rng.random() < 0.5:
            self.weather[rng.randrange(24)] *= rng.uniform(2, 5)
        self.tail = self.channel.tail * min(max(rng.lognormvariate(-0.03, 0.25), 0.4), 1.9)
        self.fillings = [self._filling(day) for _ in range(80)]
        level = letters_a_day * rng.lognormvariate(0, 0.06) * _level(day)
        profile = WORKING_HOURS if is_working_day else HOURS_OFF
        hours = rng.choices(range(24), profile, k=round(level * self.channel.share / 1.07))
        units = rng.choices(self.units, cum_weights=self.weights, k=len(hours))
        for hour, unit in zip(hours, units, strict=True):
            sent = midnight + (hour + rng.random()) * HOUR
            sender, template = self._choose(unit)
            # Now and then somebody sends the same letter to many within minutes.
            for _ in range(rng.randint(5, 25) if rng.random() < 0.005 else 1):
                yield self._letter(unit, sender, template, sent, hour)
                sent += rng.uniform(2, 20)
        if self.channel.night_job and is_working_day and rng.random() < 0.96:
            start = midnight + rng.uniform(1.2, 1.8) * HOUR
            jobs = [(unit, *self._choose(unit)) for unit in rng.choices(self.units, cum_weights=self.weights, k=3)]
            for job in rng.choices(jobs, (6, 3, 1), k=round(level * self.channel.night_job * rng.uniform(0.75, 1.25))):
                yield self._letter(*job, start + rng.uniform(0, 40) * MINUTE, 1, is_job=True)

    def _choose(self, unit: int) -> tuple[tuple[str, int], str]:
        """Return a sender of the unit, with the fault of the clock, and a subject."""
        senders, (templates, weights) = self.municipality.senders[unit], self.municipality.templates[unit]
        sender = senders[int(len(senders) * self.rng.random() ** 2)]
        return sender, self.rng.choices(templates, cum_weights=weights)[0]

    def _letter(
        self, unit: int, sender: tuple[str, int], template: str, sent: float, hour: int, is_job: bool = False
    ) -> Letter:
        rng = self.rng
        digits = f"{rng.getrandbits(128):032x}"
        uuid = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
        recipient = self.municipality.recipients[int(rng.random() * RECIPIENTS)]
        size = int(min(max(rng.lognormvariate(math.log(250_000), 1.7), 20_000), 25_000_000))
        known = sent + rng.uniform(5, 60) + (rng.uniform(1, 60) * MINUTE if rng.random() < 0.005 else 0)
        letter = Letter(
            self.channel.name, uuid, self.municipality.names[unit], sender[0], template, self._subject(template),
            recipient, size, sent, sender[1], self._after_hold(known, self.feed_holds),
        )  # fmt: skip
        if self.channel.name == HOURLY and rng.random() < 0.6:
            letter.approved = sent - min(rng.lognormvariate(math.log(40 * MINUTE), 1.3), 2 * DAY)
            if rng.random() < 0.002:
                letter.sent = None
                return letter
        tail = self.tail * self.municipality.tails[unit] * (2 if size > LARGE else 1)
        tail *= 8 if recipient.endswith(BAD_DOMAIN) else 1
        self._answer(letter, sent, tail, self.weather[hour], is_job)
        return letter

    def _filling(self, day: date) -> dict[str, str]:
        """Return what a subject of the day may be about."""
        rng = self.rng
        return {
            "soon": danish.day_month(day + timedelta(days=rng.randint(5, 20))),
            "later": danish.day_month(day + timedelta(days=rng.randint(20, 45))),
            "grade": f"{rng.randint(7, 9)}.{rng.choice('abcd')}",
            "clock": f"kl. {rng.randint(8, 15)}.{rng.choice('03')}0",
            "street": f"{rng.choice(STREETS)} {rng.randint(1, 98)}",
        }

    def _subject(self, template: str) -> str:
        rng = self.rng
        if not template:
            return ""
        subject = template.format_map(rng.choice(self.fillings)) if "{" in template else template
        chance = rng.random()
        if chance < 0.17:
            subject += f" {rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
        elif chance < 0.2:
            subject += f", {rng.choice(FIRST_NAMES)}"
        elif chance < 0.3:
            subject += f" 2019-{rng.randint(0, 999_999):07d}"
        return rng.choice(("SV: ", "VS: ", "SV: VS: ")) + subject if rng.random() < 0.05 else subject

    def _answer(self, letter: Letter, sent: float, tail: float, weather: float, is_job: bool) -> None:
        """Give the letter the receipts that it gets when nothing is wrong."""
        rng, channel, receipts = self.rng, self.channel, letter.receipts
        if rng.random() < 0.99:
            event = sent + rng.lognormvariate(math.log(15), 0.8)
            receipts.append((self._received(event, self.batches), event, channel.received, ""))
        wait = _tail_hours(rng.random() / tail)
        if wait is None:
            return
        made_in = rng.uniform(0.5, 5.5) * HOUR if is_job else channel.median * rng.lognormvariate(0, 0.55) * weather
        event = sent + made_in + wait * HOUR
        received = self._received(event, self.night_batches if is_job else self.batches)
        chance = rng.random()
        failed = FAILED if channel.delivered == DELIVERED else "INVALID"
        if chance < 0.003:
            receipts.append((received, event, failed, rng.choice(ERRORS)))
            return
        if chance < 0.0035:
            receipts.append((received, event, failed, rng.choice(ERRORS)))
            received, event = received + 30 * MINUTE, event + 30 * MINUTE
        elif chance < 0.006:
            receipts.append((received, event, rng.choice(UNKNOWN_STATUSES), ""))
        receipts.append((received, event, channel.delivered, ""))
        if chance > 0.99:
            receipts.append((received + rng.expovariate(1 / HOUR), event, channel.delivered, ""))

    def _received(self, event: float, batches: list[float]) -> float:
        """Return when a receipt of the event reaches us: with the next batch, and after a held period."""
        sent = batches[min(bisect(batches, event), len(batches) - 1)] + self.rng.uniform(0, 60) if batches else event
        return self._after_hold(sent + self.rng.uniform(1, 15), self.holds)

    def _after_hold(self, at: float, holds: list[tuple[float, float]]) -> float:
        """Return when something that comes at `at` is let through."""
        before = bisect(holds, (at, math.inf)) - 1
        return holds[before][1] + self.rng.uniform(0, 300) if before >= 0 and at < holds[before][1] else at


def _level(day: date) -> float:
    """Return the letters of the day as a share of an ordinary working day's."""
    is_lull = (day.month, day.day) >= LULL[0] or (day.month, day.day) <= LULL[1]
    if not calendar.is_working_day(day):
        return DAY_OFF_LEVEL / 2 if is_lull else DAY_OFF_LEVEL
    return LULL_LEVEL if is_lull else WEEKDAY_LEVELS[day.weekday()]


def _tail_hours(chance: float) -> float | None:
    """Return the hours that a letter waits beyond the ordinary, by `WAITING`; None if for ever."""
    if chance >= WAITING[0][0]:
        return 0.0
    for (share, hours), (next_share, next_hours) in pairwise(WAITING):
        if chance >= next_share:
            part = (share - chance) / (share - next_share)
            return hours * (next_hours / hours) ** part
    return None
