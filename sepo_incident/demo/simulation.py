"""Simulate working days after the mails: a clock that runs behind, and people who decide, confirm and answer."""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from followups import services
from followups.models import Escalation, EscalationEntry, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from followups.rules import arrival_status, due_dates
from followups.services.arrivals import ArrivalReport, record_arrivals
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from letters.samples.sample_letters import SENDER_OF_FOURTEEN
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar, database
from sepo_incident.core.danish import COPENHAGEN
from sepo_incident.demo.personas import DATA

Remedy, Review = FollowUp.Remedy, FollowUp.ConsequenceReview
REASONS, AWAY = DATA["no_dispatch_reasons"], DATA["away"][0]


def _fits(pattern: str, subject: str) -> bool:
    return bool(re.search(pattern, subject, re.IGNORECASE))


class DeskQuestion(NamedTuple):
    """A question that fits letters by desk, pattern of the subject and date (PASSED, COMING, "" for any)."""

    desk: str
    pattern: str
    date_is: str
    text: str
    answer: str

    def fits(self, subject: str) -> bool:
        return _fits(self.pattern, subject)


QUESTIONS = [DeskQuestion(*row) for row in DATA["questions"]]

#: Frequency of each remedy, in percent.
REMEDIES = {Remedy.RESEND: 48, Remedy.NEW_LETTER: 27, Remedy.NO_DISPATCH: 22, HELP: 3}
#: Share of the undecided letters that is decided on each working day, from the day of the mails.
DAILY_SHARES = (0.06, 0.12, 0.14, 0.15, 0.2, 0.25, 0.5)
#: A working day is simulated in so many rounds, about 45 minutes each. In a round people decide, leaders confirm,
#: senders report arrivals and the desks answer, in no order.
ROUNDS = 8
#: Share of the leaders who confirm on a day, of the senders who report arrivals on a day, and of the questions that a
#: desk moves on in a round.
CONFIRMING, REPORTING, ANSWERING = 0.7, 0.5, 0.4
#: Working hours in the demo; the mails are sent before.
WORKDAY_START, WORKDAY_END = time(9, 40), time(15, 50)


class SimulatedClock:
    """A clock that runs `offset` behind the real clock."""

    offset = timedelta()

    def move_to(self, moment: datetime) -> None:
        """Set the clock to that moment."""
        self.offset = datetime.now(UTC) - moment  # aware datetimes, because daylight saving time may have changed since

    def move_through(self, opens: datetime, closes: datetime, share: float) -> None:
        """Set the clock to a share of the time between two moments: 0 is `opens`, 1 is `closes`."""
        self.move_to(opens + share * (closes - opens))


@contextmanager
def simulated_clock() -> Iterator[SimulatedClock]:
    """Replace Django's and PostgreSQL's current time by the clock inside the block. The clock starts at the real time.

    Services read the time through `django.utils.timezone` and `database.clock_parameter`; no other place is replaced.
    """
    clock, clock_parameter = SimulatedClock(), database.clock_parameter

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - clock.offset

    timezone.datetime = Moved  # type: ignore[attr-defined]
    database.clock_parameter = timezone.now
    try:
        yield clock
    finally:
        timezone.datetime = datetime  # type: ignore[attr-defined]
        database.clock_parameter = clock_parameter


def working_hours(day: date) -> tuple[datetime, datetime]:
    """Return when work begins and ends on that day; today ends now, or at the beginning if work has not begun."""
    opens, closes = (datetime.combine(day, hour, COPENHAGEN) for hour in (WORKDAY_START, WORKDAY_END))
    return opens, max(opens, min(closes, datetime.now(COPENHAGEN)))


def has_work_begun(day: date) -> bool:
    opens, closes = working_hours(day)
    return opens < closes


def list_working_days(first: date, today: date) -> list[date]:
    """Return the working days from `first` to `today`; `first` is included on any weekday."""
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return [day for day in days if day == first or calendar.is_working_day(day)]


def working_days_ago(today: date, number: int) -> date:
    """Return the day that lies `number` working days before `today`."""
    for _ in range(number):
        today = calendar.previous_working_day(today)
    return today


type Act = Callable[[], object]


def simulate_day(incident: Incident, day: int, tick: Callable[[float], None] = lambda share: None) -> None:
    """Simulate the `day`-th working day (0 is the day of the mails): decisions, confirmations, arrivals, answers.

    `tick` is called before each act with the share of the day that has passed, from 0 to 1.
    """
    rng = random.Random(f"2019 {day}")  # noqa: S311 - made-up data, not secrets
    open_letters = list(_list_undecided_letters(incident, day))
    chosen = rng.sample(open_letters, round(len(open_letters) * DAILY_SHARES[min(day, len(DAILY_SHARES) - 1)]))
    chosen += [one for one in open_letters if one.sender.name == SENDER_OF_FOURTEEN.name and one not in chosen]  # type: ignore[union-attr]
    for number in range(ROUNDS):
        acts: list[Act] = [partial(_decide, rng, letter) for letter in chosen[number::ROUNDS]]
        acts += _list_confirmations(incident, rng)
        acts += _list_arrival_reports(incident, rng)
        if number < ROUNDS - 2:  # the questions of the last rounds are left for the tour
            acts += _list_answers(rng)
        rng.shuffle(acts)
        for place, act in enumerate(acts):
            tick((number + place / len(acts)) / ROUNDS)
            act()
    tick(1)
    _ask_hr_question(incident)


def _ask_hr_question(incident: Incident) -> None:
    """Ask Personalejura about a personnel case that nobody has asked about, unless a question is unresolved."""
    if Escalation.objects.unresolved().filter(desk=Escalation.Desk.HR).exists():
        return
    undecided = Letter.objects.active().filter(
        incident=incident, is_personnel_case=True, sender__isnull=False, followup__status=FollowUp.Status.OPEN
    )
    others = undecided.exclude(sender__name=SENDER_OF_FOURTEEN.name).filter(followup__escalation=None)
    letter = others.select_related("followup", "sender").first()
    if letter and letter.sender:
        asked = DecisionAnswers(remedy=HELP, question=_list_fitting_questions(letter)[0].text)
        services.decide(letter, asked, by=letter.sender, version=letter.followup.version)


def _list_fitting_questions(letter: Letter) -> list[DeskQuestion]:
    """Return the questions that fit the letter's desk, subject and date."""
    desk = Escalation.Desk.HR if letter.is_personnel_case else Escalation.Desk.DIT
    due_on = letter.followup.due_on
    date_is = "" if due_on is None else "PASSED" if due_on < calendar.today() else "COMING"
    return [one for one in QUESTIONS if one.desk == desk and one.date_is in ("", date_is) and one.fits(letter.subject)]


def _list_undecided_letters(incident: Incident, day: int) -> Iterable[Letter]:
    """Return the undecided letters that somebody can decide about.

    On the first day the sender of the tour has decided nothing. Later her letters with a date or without a subject
    stay undecided, so that her list shows passed and coming dates; all others are decided at once. The letters of the
    person who is away stay undecided.
    """
    resting = Q(sender__name=SENDER_OF_FOURTEEN.name)
    if day:
        resting &= Q(followup__due_on__isnull=False) | Q(subject="")
    resting |= Q(sender__name=AWAY)
    return (
        Letter.objects.active()
        .filter(incident=incident, followup__status=FollowUp.Status.OPEN, sender__isnull=False)
        .exclude(resting)
        .exclude(followup__escalation__resolved_at=None, followup__escalation__isnull=False)
        .select_related("followup", "sender")
        .order_by("pk")
    )


def _decide(rng: random.Random, letter: Letter) -> None:
    answers = _choose_answers(rng, letter)
    services.decide(letter, answers, by=letter.sender, version=letter.followup.version)  # type: ignore[arg-type]


def _choose_answers(rng: random.Random, letter: Letter) -> DecisionAnswers:
    remedy = rng.choices(list(REMEDIES), list(REMEDIES.values()))[0]
    if remedy == HELP:
        return DecisionAnswers(remedy=HELP, question=rng.choice(_list_fitting_questions(letter)).text)
    due_on, today = letter.followup.due_on, calendar.today()
    has_passed = due_dates.passed_due_date(letter, today) is not None
    if remedy == Remedy.RESEND and has_passed:
        remedy = Remedy.NEW_LETTER  # nobody sends an invitation to a meeting that was yesterday
    if remedy == Remedy.NO_DISPATCH:
        return DecisionAnswers(
            remedy=remedy,
            no_dispatch_reason=rng.choice([reason for words, reason in REASONS if _fits(words, letter.subject)]),
            deadline_missed=has_passed,
            missed_on=due_on if has_passed else None,
            consequence_review=Review.NONE,
        )
    named_answer = has_passed or _fits("høring|ansøgning|mangler", letter.subject)
    is_harmed = remedy == Remedy.NEW_LETTER and named_answer and rng.random() < 0.2
    is_missed = has_passed or is_harmed
    return DecisionAnswers(
        remedy=remedy,
        is_sent=rng.random() < 0.85,
        deadline_missed=is_missed,
        missed_on=(due_on or today - timedelta(days=rng.randint(1, 5))) if is_missed else None,
        new_deadline=today + timedelta(days=14) if is_missed and remedy == Remedy.NEW_LETTER else None,
        **(_harm_answers(letter) if is_harmed else {"consequence_review": Review.NONE}),
        is_handled=is_harmed and bool(letter.pk % 3),
        handled_text=DATA["handled_text"] if is_harmed and letter.pk % 3 else "",
        is_journalised=remedy == Remedy.NEW_LETTER,
        record_number=f"{today.year}-{letter.pk:07}" if remedy == Remedy.NEW_LETTER else "",
    )


def _harm_answers(letter: Letter) -> dict[str, Any]:
    """Return the answers about a consequence; for some letters nobody knows yet."""
    if letter.pk % 11 == 0:
        return {"consequence_review": Review.UNKNOWN}
    text, parties, severity, kroner = DATA["consequences"][letter.pk % len(DATA["consequences"])]
    return {
        "consequence_review": Review.FOUND,
        "parties": tuple(parties),
        "severity": severity,
        "consequence_text": text,
        "amount": Decimal(kroner) if kroner else None,
    }


def _list_confirmations(incident: Incident, rng: random.Random) -> list[Act]:
    """Return acts of leaders, but not of the tour's leader, who confirm all letters that are done."""
    having = User.objects.filter(letters_led__followup__status=FollowUp.Status.DONE).distinct().order_by("pk")
    others = having.exclude(name=SENDER_OF_FOURTEEN.leader)
    return [partial(_confirm, incident, leader) for leader in others if rng.random() < CONFIRMING / ROUNDS]


def _confirm(incident: Incident, leader: User) -> None:
    done = Letter.objects.filter(incident=incident, leader=leader, followup__status=FollowUp.Status.DONE)
    services.confirm_letters(_versions_of(done), by=leader)


def _list_arrival_reports(incident: Incident, rng: random.Random) -> list[Act]:
    """Return acts of senders, but not of the tour's sender, who report that letters sent before today arrived."""
    today = calendar.today()
    arriving = Letter.objects.active().filter(
        arrival_status.arrival_conditions(today)["ARRIVING"],
        incident=incident,
        followup__done_at__lt=datetime.combine(today, time(), COPENHAGEN),
    )
    by_sender: dict[User | None, list[int]] = defaultdict(list)
    for letter in arriving.exclude(sender__name=SENDER_OF_FOURTEEN.name).select_related("sender").order_by("pk"):
        by_sender[letter.sender].append(letter.pk)
    return [
        partial(_report_arrivals, sender, letters, rng.choice(DATA["arrival_texts"]))
        for sender, letters in by_sender.items()
        if sender and rng.random() < REPORTING / ROUNDS
    ]


def _report_arrivals(sender: User, letters: list[int], text: str) -> None:
    report = ArrivalReport(has_arrived=True, text=text)
    record_arrivals(_versions_of(Letter.objects.filter(pk__in=letters)), report, by=sender)


def _versions_of(letters: LetterQuerySet) -> dict[Letter, int]:
    return {letter: letter.followup.version for letter in letters.select_related("followup")}


def _list_answers(rng: random.Random) -> list[Act]:
    """Return acts of the desks: take a waiting question, or answer a taken one."""
    unresolved = Escalation.objects.unresolved().select_related("owner").order_by("waiting_since")
    return [partial(_take_or_answer, escalation) for escalation in unresolved if rng.random() < ANSWERING]


def _take_or_answer(escalation: Escalation) -> None:
    role = Escalation.DESK_ROLES[Escalation.Desk(escalation.desk)]
    helper = escalation.owner or User.objects.filter(memberships__role=role).order_by("pk").first()
    if helper is None:
        return
    if escalation.owner is None:
        services.take_escalation(escalation, by=helper)
        return
    question = escalation.entries.filter(kind=EscalationEntry.Kind.QUESTION).latest("pk").text
    services.answer_escalation(escalation, next(one.answer for one in QUESTIONS if one.text == question), by=helper)
