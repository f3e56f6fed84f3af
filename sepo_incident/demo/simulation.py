"""Simulate people at work on a day after the mails: decisions, confirmations and answers. Reproducible by seed."""

import random
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.db.models import Q

from followups import services
from followups.models import Escalation, EscalationEntry, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Incident, Letter
from letters.samples.sample_data import SENDER_OF_FOURTEEN
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar

Remedy, Review = FollowUp.Remedy, FollowUp.ConsequenceReview

#: Frequency of each remedy, in percent.
REMEDIES = {Remedy.RESEND: 48, Remedy.NEW_LETTER: 27, Remedy.NO_DISPATCH: 22, HELP: 3}
#: Share of the undecided letters that is decided on each working day, from the day of the mails.
DAILY_SHARES = (0.06, 0.12, 0.14, 0.15, 0.2, 0.25, 0.5)
#: Shares of the day: people decide until the first, leaders confirm until the second, then the desks answer.
DECISIONS_END, CONFIRMATIONS_END = 0.75, 0.95
NO_DISPATCH_REASONS = [
    "Modtageren har fået besked på mødet.",
    "Brevet ligger også på Aula.",
    "Vi har ringet til familien og givet besked.",
    "Kvitteringen betyder ikke noget mere.",
]
#: Question to DIT → answer.
DESK_ANSWERS = {
    "Kan en klagefrist flyttes, når brevet først kommer frem nu?": (
        "Ja. Fristen begynder først, når brevet er kommet frem. Skriv et nyt brev med en ny frist, og giv "
        "modtageren lige så lang tid som før."
    ),
    "Jeg kan ikke finde mailen i Sendt post. Hvad gør jeg?": (
        "Sortér Sendt post efter dato, og find mailen ud fra klokkeslættet på siden. Skriv igen, hvis den ikke er der."
    ),
    "Modtageren er flyttet. Skal brevet sendes til den nye adresse?": (
        "Nej. Brevet går til modtagerens e-Boks, som følger med, når man flytter. Send det samme brev igen."
    ),
    "Modtageren har ikke e-Boks længere. Hvordan sender jeg så brevet?": (
        "Send det igen, som du plejer. Modtagere uden e-Boks får brevet på papir. Regn med et par dage mere i en frist."
    ),
}
#: Question about a personnel case → answer.
HR_ANSWERS = {
    "Mødet er holdt, men indkaldelsen kom aldrig frem. Skal den sendes igen?": (
        "Nej. Skriv et kort notat på sagen om, at indkaldelsen ikke kom frem, og at mødet blev holdt."
    ),
}
CONSEQUENCE_TEXT = "Familien nåede ikke at svare inden fristen."
REMEDIAL_TEXT = "Vi venter med at afgøre sagen, til de har fået det nye brev."


def simulate_day(
    incident: Incident, day: int, tick: Callable[[float], None] = lambda share: None, seed: int = 2019
) -> None:
    """Simulate the ``day``-th working day (0 is the day of the mails): decisions, confirmations, answers.

    ``tick`` is called before each act with the share of the day that has passed, from 0 to 1.
    """
    rng = random.Random(f"{seed} {day}")  # noqa: S311 - made-up data, not secrets
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
        .exclude(followup__escalations__resolved_at=None, followup__escalations__isnull=False)
        .select_related("followup", "sender")
        .order_by("pk")
    )


def _choose_answers(rng: random.Random, letter: Letter) -> DecisionAnswers:
    remedy = rng.choices(list(REMEDIES), list(REMEDIES.values()))[0]
    if remedy == HELP:
        return DecisionAnswers(
            remedy=HELP, question=rng.choice(list(HR_ANSWERS if letter.is_personnel_case else DESK_ANSWERS))
        )
    due_on, today = letter.followup.due_on, calendar.today()
    has_passed = due_on is not None and calendar.is_overdue(due_on, today)
    if remedy == Remedy.NO_DISPATCH:
        return DecisionAnswers(
            remedy=remedy,
            no_dispatch_reason=rng.choice(NO_DISPATCH_REASONS),
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
        consequence_text=CONSEQUENCE_TEXT if is_harmed else "",
        is_handled=is_harmed and bool(letter.pk % 3),
        handled_text=REMEDIAL_TEXT if is_harmed and letter.pk % 3 else "",
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
        helper = escalation.owner or _find_desk_member(escalation.desk)
        if helper is None or (escalation.owner is None and rng.random() > 0.34):
            continue
        taken = services.take_escalation(escalation, by=helper)
        if rng.random() < 0.5:
            services.answer_escalation(taken, (DESK_ANSWERS | HR_ANSWERS)[_question_text(taken)], by=helper)


def _find_desk_member(desk: str) -> User | None:
    role = Escalation.DESK_ROLES[Escalation.Desk(desk)]
    return User.objects.filter(memberships__role=role).order_by("pk").first()


def _question_text(escalation: Escalation) -> str:
    return escalation.entries.filter(kind=EscalationEntry.Kind.QUESTION).latest("pk").text
