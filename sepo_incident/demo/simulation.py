"""Simulate working days after the mails: a clock that runs behind, and people who decide, confirm and answer."""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Self

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from followups import services
from followups.models import BulkDecision, Escalation, EscalationEntry, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from followups.rules import due_dates, letter_state
from followups.services.arrivals import ArrivalReport, record_arrivals
from followups.services.decisions import create_bulk_decision, decide_next_letters
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from letters.samples.sample_letters import SENDER_OF_FOURTEEN
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar, database
from sepo_incident.core.danish import COPENHAGEN, midnight
from sepo_incident.demo import DATA

Remedy, Review = FollowUp.Remedy, FollowUp.ConsequenceReview
Desk = Escalation.Desk

#: Frequency of each remedy, in percent.
REMEDIES = {Remedy.RESEND: 46, Remedy.NEW_LETTER: 27, Remedy.PAPER: 2, Remedy.NO_DISPATCH: 21, HELP: 4}
#: Share of the senders with undecided letters who decide on each working day, from the day of the mails.
DAILY_SHARES = (0.05, 0.1, 0.1, 0.12, 0.12)
#: Share of a sender's letters that the sender decides about then.
DECIDED_AT_ONCE = 0.8
#: A working day is simulated in so many rounds. In a round people decide, leaders confirm, senders report arrivals and
#: the desks answer.
ROUNDS = 4
#: Share of the leaders who confirm on a day, of the senders who report arrivals on a day, and of the questions that a
#: desk moves on in a round.
CONFIRMING, REPORTING, ANSWERING = 0.3, 0.3, 0.3
#: Share of the letters of a missed deadline that did harm, and of the remedies that are done when decided.
HARMED, SENT = 0.3, 0.85
#: Working hours in the demo; the mails are sent before.
WORKDAY_START, WORKDAY_END = time(9, 40), time(15, 50)


class SimulatedClock:
    """A clock that runs behind the real clock, or with it, and is Django's and PostgreSQL's inside a `with` block.

    Services read the time through `django.utils.timezone` and `database.clock_parameter`; no other place is replaced.
    """

    def __enter__(self) -> Self:
        clock, self.offset, self._clock_parameter = self, timedelta(), database.clock_parameter

        class Moved(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) - clock.offset

        timezone.datetime = Moved  # type: ignore[attr-defined]
        database.clock_parameter = timezone.now
        return self

    def __exit__(self, *fault: object) -> None:
        timezone.datetime = datetime  # type: ignore[attr-defined]
        database.clock_parameter = self._clock_parameter

    def move_to(self, moment: datetime) -> None:
        """Set the clock to that moment, or to the real time if the moment has not come."""
        # aware datetimes, because daylight saving time may have changed since
        self.offset = max(timedelta(), datetime.now(UTC) - moment)


def working_hours(day: date) -> tuple[datetime, datetime]:
    """Return when work begins and ends on that day; today ends now."""
    opens, closes = (datetime.combine(day, hour, COPENHAGEN) for hour in (WORKDAY_START, WORKDAY_END))
    return opens, min(closes, datetime.now(COPENHAGEN))


def simulate_day(incident: Incident, day: int, opens: datetime, closes: datetime, clock: SimulatedClock) -> None:
    """Simulate the `day`-th working day (0 is the day of the mails): decisions, confirmations, arrivals, answers."""
    rng = random.Random(f"2019 {day}")  # noqa: S311 - made-up data, not secrets
    by_sender: dict[User, list[Letter]] = defaultdict(list)
    for letter in _list_undecided_letters(incident, day):
        if letter.sender:
            by_sender[letter.sender].append(letter)
    chosen = rng.sample(list(by_sender), round(len(by_sender) * DAILY_SHARES[day]))
    chosen += [one for one in by_sender if one.name == SENDER_OF_FOURTEEN.name and one not in chosen]
    for number in range(ROUNDS):
        clock.move_to(opens + (closes - opens) * (number + rng.random()) / ROUNDS)
        for sender in chosen[number::ROUNDS]:
            _decide(rng, sender, by_sender[sender])
        _confirm(incident, rng)
        _report_arrivals(incident, rng)
        if number < ROUNDS - 1:  # the questions of the last round are left for the tour
            _move_questions_on(rng)
    _ask_hr_question(incident)


def _list_undecided_letters(incident: Incident, day: int) -> Iterable[Letter]:
    """Return the undecided letters that somebody can decide about.

    On the first day the sender of the tour has decided nothing. Later her letters with a date or without a subject
    stay undecided, so that her list shows passed and coming dates; all others are decided at once. The letters of the
    person who is away stay undecided.
    """
    resting = Q(sender__name=SENDER_OF_FOURTEEN.name)
    if day:
        resting &= Q(followup__due_on__isnull=False) | Q(subject="")
    resting |= Q(sender__name=DATA["away"][0])
    return (
        Letter.objects.active()
        .filter(incident=incident, followup__status=FollowUp.Status.OPEN)
        .exclude(resting)
        .exclude(followup__escalation__resolved_at=None, followup__escalation__isnull=False)
        .select_related("followup", "sender")
        .order_by("pk")
    )


@transaction.atomic
def _decide(rng: random.Random, sender: User, letters: list[Letter]) -> None:
    """Let the sender decide in the workbook, and ask for help about single letters."""
    requested = {}
    for letter in letters:
        if rng.random() > DECIDED_AT_ONCE and sender.name != SENDER_OF_FOURTEEN.name:
            continue
        answers = _choose_answers(rng, letter)
        if answers.asks_for_help:
            services.decide(letter, answers, by=sender, version=letter.followup.version)
        else:
            requested[letter] = services.RequestedDecision(letter.followup.version, answers)
    if requested:
        bulk = create_bulk_decision(requested, sender, BulkDecision.Way.WORKBOOK)
        decide_next_letters(bulk, len(requested))


def _choose_answers(rng: random.Random, letter: Letter) -> DecisionAnswers:
    """Return the answers of a decision. Nobody sends an invitation to a meeting that was yesterday."""
    remedy, today = rng.choices(list(REMEDIES), list(REMEDIES.values()))[0], calendar.today()
    if remedy == HELP:
        return _ask_for_help(letter, rng.randrange(len(DATA["questions"][_desk_of(letter)])))
    missed_on = due_dates.passed_due_date(letter, today)
    answers: dict[str, Any] = {"deadline_missed": missed_on is not None, "missed_on": missed_on}
    if remedy == Remedy.NO_DISPATCH:
        answers |= {"no_dispatch_reason": rng.choice(DATA["no_dispatch_reasons"]), "consequence_review": Review.NONE}
        return DecisionAnswers(remedy, **answers)
    if remedy == Remedy.PAPER and not missed_on:
        answers["paper_reason"] = rng.choice(FollowUp.PaperReason.values)
    if missed_on or remedy == Remedy.NEW_LETTER:
        remedy = Remedy.NEW_LETTER
        answers |= {"is_journalised": True, "record_number": f"{today.year}-{letter.pk:07}"}
    if missed_on:
        answers["new_deadline"] = today + timedelta(days=14)
    is_harmed = missed_on and rng.random() < HARMED
    answers |= _harm_answers(rng) if is_harmed else {"consequence_review": Review.NONE}
    return DecisionAnswers(remedy, is_sent=rng.random() < SENT, **answers)


def _harm_answers(rng: random.Random) -> dict[str, Any]:
    """Return the answers about a consequence; for some letters nobody knows yet, and some are not dealt with."""
    text, parties, severity, kroner, handled = rng.choice(DATA["consequences"])
    if not text:
        return {"consequence_review": Review.UNKNOWN}
    return {
        "consequence_review": Review.FOUND,
        "parties": tuple(parties),
        "severity": severity,
        "consequence_text": text,
        "amount": Decimal(kroner) if kroner else None,
        "is_handled": bool(handled),
        "handled_text": handled,
    }


def _desk_of(letter: Letter) -> str:
    return Desk.HR if letter.is_personnel_case else Desk.DIT


def _ask_for_help(letter: Letter, number: int = 0) -> DecisionAnswers:
    return DecisionAnswers(HELP, question=list(DATA["questions"][_desk_of(letter)])[number])


def _confirm(incident: Incident, rng: random.Random) -> None:
    """Let some leaders, but not the tour's leader, confirm all letters that are done."""
    done = Letter.objects.filter(incident=incident, followup__status=FollowUp.Status.DONE)
    leaders = User.objects.filter(pk__in=done.values("leader")).exclude(name=SENDER_OF_FOURTEEN.leader)
    for leader in leaders.order_by("pk"):
        if rng.random() < CONFIRMING / ROUNDS:
            services.confirm_letters(_versions_of(done.filter(leader=leader)), by=leader)


def _report_arrivals(incident: Incident, rng: random.Random) -> None:
    """Let some senders, but not the tour's sender, report that their letters sent before today arrived."""
    today = calendar.today()
    arriving = Letter.objects.active().filter(
        letter_state.arrival_conditions(today)["ARRIVING"],
        incident=incident,
        followup__done_at__lt=midnight(today),
    )
    others = arriving.exclude(sender__name=SENDER_OF_FOURTEEN.name)
    for sender in User.objects.filter(pk__in=others.values("sender")).order_by("pk"):
        if rng.random() < REPORTING / ROUNDS:
            report = ArrivalReport(has_arrived=True, text=rng.choice(DATA["arrival_texts"]))
            record_arrivals(_versions_of(others.filter(sender=sender)), report, by=sender)


def _versions_of(letters: LetterQuerySet) -> dict[Letter, int]:
    return {letter: letter.followup.version for letter in letters.select_related("followup")}


def _move_questions_on(rng: random.Random) -> None:
    """Let the desks take waiting questions, and answer questions that they have taken."""
    for escalation in Escalation.objects.unresolved().select_related("owner").order_by("waiting_since"):
        if rng.random() > ANSWERING:
            continue
        helper = User.objects.filter(memberships__role=Escalation.DESK_ROLES[Desk(escalation.desk)]).earliest("pk")
        if escalation.owner is None:
            services.take_escalation(escalation, by=helper)
        else:
            question = escalation.entries.filter(kind=EscalationEntry.Kind.QUESTION).latest("pk").text
            services.answer_escalation(escalation, DATA["questions"][escalation.desk][question], by=helper)


def _ask_hr_question(incident: Incident) -> None:
    """Ask Personalejura about a personnel case that nobody has asked about, unless a question is unresolved."""
    if Escalation.objects.unresolved().filter(desk=Desk.HR).exists():
        return
    undecided = Letter.objects.active().filter(
        incident=incident, is_personnel_case=True, sender__isnull=False, followup__status=FollowUp.Status.OPEN
    )
    others = undecided.exclude(sender__name=SENDER_OF_FOURTEEN.name).filter(followup__escalation=None)
    letter = others.select_related("followup", "sender").first()
    if letter and letter.sender:
        services.decide(letter, _ask_for_help(letter), by=letter.sender, version=letter.followup.version)
