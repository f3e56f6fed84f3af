"""Simulate working days after the mails: a clock that runs behind, and people who decide, confirm and answer."""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db.models import Q
from django.utils import timezone

from followups import services
from followups.models import Escalation, EscalationEntry, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from followups.rules import due_dates
from letters.models import Incident, Letter
from letters.samples.sample_letters import SENDER_OF_FOURTEEN
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar
from sepo_incident.core.danish import COPENHAGEN
from sepo_incident.demo.personas import DATA

Remedy, Review = FollowUp.Remedy, FollowUp.ConsequenceReview

#: Frequency of each remedy, in percent.
REMEDIES = {Remedy.RESEND: 48, Remedy.NEW_LETTER: 27, Remedy.NO_DISPATCH: 22, HELP: 3}
#: Share of the undecided letters that is decided on each working day, from the day of the mails.
DAILY_SHARES = (0.06, 0.12, 0.14, 0.15, 0.2, 0.25, 0.5)
#: Shares of the day: people decide until the first, leaders confirm until the second, then the desks answer.
DECISIONS_END, CONFIRMATIONS_END = 0.75, 0.95
DIT_ANSWERS, HR_ANSWERS = DATA["dit_answers"], DATA["hr_answers"]
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
    """Replace Django's current time by the clock inside the block. The clock starts at the real time.

    Services read the time through `django.utils.timezone`, the only place that is replaced.
    """
    clock = SimulatedClock()

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - clock.offset

    timezone.datetime = Moved  # type: ignore[attr-defined]
    try:
        yield clock
    finally:
        timezone.datetime = datetime  # type: ignore[attr-defined]


def working_hours(day: date) -> tuple[datetime, datetime]:
    """Return when work begins and ends on that day; today ends now, or at the beginning if work has not begun."""
    opens, closes = (datetime.combine(day, hour, COPENHAGEN) for hour in (WORKDAY_START, WORKDAY_END))
    return opens, max(opens, min(closes, datetime.now(COPENHAGEN)))


def list_working_days(first: date, today: date) -> list[date]:
    """Return the working days from `first` to `today`; `first` is included on any weekday."""
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return [day for day in days if day == first or calendar.is_working_day(day)]


def working_days_ago(today: date, number: int) -> date:
    """Return the day that lies `number` working days before `today`."""
    for _ in range(number):
        today = calendar.previous_working_day(today)
    return today


def simulate_day(incident: Incident, day: int, tick: Callable[[float], None] = lambda share: None) -> None:
    """Simulate the `day`-th working day (0 is the day of the mails): decisions, confirmations, answers.

    `tick` is called before each act with the share of the day that has passed, from 0 to 1.
    """
    rng = random.Random(f"2019 {day}")  # noqa: S311 - made-up data, not secrets
    open_letters = list(_list_undecided_letters(incident, day))
    chosen = rng.sample(open_letters, round(len(open_letters) * DAILY_SHARES[min(day, len(DAILY_SHARES) - 1)]))
    for number, letter in enumerate(chosen):
        tick(DECISIONS_END * number / len(chosen))
        services.decide(letter, _choose_answers(rng, letter), by=letter.sender, version=letter.followup.version)  # type: ignore[arg-type]
    _confirm_as_leaders(incident, rng, 0.6 if day else 0.3, tick)
    tick(CONFIRMATIONS_END)
    _answer_at_desks(rng)
    _ask_hr_question(incident)


def _ask_hr_question(incident: Incident) -> None:
    """Ask Personalejura a question about a personnel case, unless a question is already unresolved."""
    if Escalation.objects.unresolved().filter(desk=Escalation.Desk.HR).exists():
        return
    undecided = Letter.objects.active().filter(
        incident=incident, is_personnel_case=True, sender__isnull=False, followup__status=FollowUp.Status.OPEN
    )
    letter = undecided.exclude(sender__name=SENDER_OF_FOURTEEN.name).select_related("followup", "sender").first()
    if letter and letter.sender:
        asked = DecisionAnswers(remedy=HELP, question=next(iter(HR_ANSWERS)))
        services.decide(letter, asked, by=letter.sender, version=letter.followup.version)


def _list_undecided_letters(incident: Incident, day: int) -> Iterable[Letter]:
    """Return the undecided letters that somebody can decide about.

    On the first day the persona has decided nothing. Later her letters with a date or without a subject stay
    undecided, so that her list shows passed and coming dates.
    """
    resting = Q(sender__name=SENDER_OF_FOURTEEN.name)
    if day:
        resting &= Q(followup__due_on__isnull=False) | Q(subject="")
    return (
        Letter.objects.active()
        .filter(incident=incident, followup__status=FollowUp.Status.OPEN, sender__isnull=False)
        .exclude(resting)
        .exclude(followup__escalation__resolved_at=None, followup__escalation__isnull=False)
        .select_related("followup", "sender")
        .order_by("pk")
    )


def _choose_answers(rng: random.Random, letter: Letter) -> DecisionAnswers:
    remedy = rng.choices(list(REMEDIES), list(REMEDIES.values()))[0]
    if remedy == HELP:
        return DecisionAnswers(
            remedy=HELP, question=rng.choice(list(HR_ANSWERS if letter.is_personnel_case else DIT_ANSWERS))
        )
    due_on, today = letter.followup.due_on, calendar.today()
    has_passed = due_dates.passed_due_date(letter, today) is not None
    if remedy == Remedy.NO_DISPATCH:
        return DecisionAnswers(
            remedy=remedy,
            no_dispatch_reason=rng.choice(DATA["no_dispatch_reasons"]),
            deadline_missed=has_passed,
            missed_on=due_on if has_passed else None,
            consequence_review=Review.NONE,
        )
    is_harmed = remedy == Remedy.NEW_LETTER and (due_on is None or has_passed) and rng.random() < 0.1
    is_missed = has_passed or is_harmed
    return DecisionAnswers(
        remedy=remedy,
        is_sent=rng.random() < 0.85,
        deadline_missed=is_missed,
        missed_on=(due_on or today - timedelta(days=rng.randint(1, 5))) if is_missed else None,
        new_deadline=today + timedelta(days=14) if is_missed and remedy == Remedy.NEW_LETTER else None,
        consequence_review=Review.FOUND if is_harmed else Review.NONE,
        parties=("RECIPIENT",) if is_harmed else (),
        severity="SOME" if is_harmed else "",
        consequence_text=DATA["consequence_text"] if is_harmed else "",
        is_handled=is_harmed and bool(letter.pk % 3),
        handled_text=DATA["handled_text"] if is_harmed and letter.pk % 3 else "",
        is_journalised=remedy == Remedy.NEW_LETTER,
        record_number=f"2020-{letter.pk:07}" if remedy == Remedy.NEW_LETTER else "",
    )


def _confirm_as_leaders(incident: Incident, rng: random.Random, share: float, tick: Callable[[float], None]) -> None:
    """Let that share of the leaders confirm all letters that are done."""
    having = User.objects.filter(letters_led__followup__status=FollowUp.Status.DONE).distinct().order_by("pk")
    looking_in = [leader for leader in having if rng.random() < share]
    for number, leader in enumerate(looking_in):
        tick(DECISIONS_END + (CONFIRMATIONS_END - DECISIONS_END) * number / len(looking_in))
        done = Letter.objects.filter(incident=incident, leader=leader, followup__status=FollowUp.Status.DONE)
        seen = {letter: letter.followup.version for letter in done.select_related("followup")}
        services.confirm_letters(seen, by=leader)


def _answer_at_desks(rng: random.Random) -> None:
    """Let the desks take a third of the waiting questions and answer half of the taken questions."""
    for escalation in Escalation.objects.unresolved().select_related("owner").order_by("waiting_since"):
        role = Escalation.DESK_ROLES[Escalation.Desk(escalation.desk)]
        helper = escalation.owner or User.objects.filter(memberships__role=role).order_by("pk").first()
        if helper is None or (escalation.owner is None and rng.random() > 0.34):
            continue
        taken = services.take_escalation(escalation, by=helper)
        if rng.random() < 0.5:
            question = taken.entries.filter(kind=EscalationEntry.Kind.QUESTION).latest("pk").text
            services.answer_escalation(taken, (DIT_ANSWERS | HR_ANSWERS)[question], by=helper)
