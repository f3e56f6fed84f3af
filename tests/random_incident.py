"""A random incident: units, letters, decisions, moves, withdrawals, arrivals and questions, made by the services."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random
from types import SimpleNamespace

import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from followups import services
from followups.models import Escalation
from followups.models.answers import HELP, DecisionAnswers
from followups.services import arrivals
from letters.models import Letter
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core.database import Conflict
from tests.absence import create_absence
from tests.factories import LetterFactory, MembershipFactory, UnitFactory, UserFactory, at
from tests.followups.arrival_reports import ARRIVED, NOT_ARRIVED
from tests.followups.decision_answers import (
    HANDLED_TEXT,
    HARM_HANDLED,
    HARM_UNHANDLED,
    NEW_LETTER_UNSENT,
    NO_DISPATCH,
    RESENT,
    REVIEW_OPEN,
)
from tests.notices import write_first_notices

SUBJECTS = ["Møde den 20. januar", "Svar inden 6. januar", "Pjece", "Referat", ""]
DECISIONS = [RESENT, RESENT, NEW_LETTER_UNSENT, NO_DISPATCH, HARM_HANDLED, HARM_UNHANDLED, REVIEW_OPEN]
QUESTION = DecisionAnswers(remedy=HELP, question="Skal det sendes?")
type Act = Callable[[Letter, User, Random], object]


def _arrive(letter: Letter, by: User, chance: Random) -> None:
    newest = arrivals.newest_arrival_of(letter.followup)
    arrivals.record_arrival(letter, chance.choice([ARRIVED, NOT_ARRIVED]), by, newest.pk if newest else 0)


def _move(letter: Letter, by: User, chance: Random) -> None:
    Letter.objects.filter(pk=letter.pk).update(unit=chance.choice(Unit.objects.order_by("pk")))


def _answer(letter: Letter, by: User, chance: Random) -> None:
    escalation = Escalation.objects.filter(followup=letter.followup).first()
    if escalation:
        clerk = Membership.objects.filter(role=escalation.role).first().user
        services.take_escalation(escalation, clerk)
        chance.choice([services.answer_escalation, services.ask_back])(escalation, "Send det igen.", clerk)


def at_version(service: Callable[..., object], *given: object) -> Act:
    return lambda letter, by, chance: service(letter, by, letter.followup.version, *given)


def _decide(letter: Letter, by: User, chance: Random) -> None:
    services.decide(letter, chance.choice([*DECISIONS, QUESTION]), by, letter.followup.version)


ANY_TIME: list[Act] = [_move, _answer, at_version(services.mark_original_missing)]
ACTS: dict[str, list[Act]] = {
    "OPEN": [_decide, _decide, _decide],
    "DECIDED": [at_version(services.mark_done), at_version(services.mark_done), at_version(services.undo_decision)],
    "DONE": [
        *[at_version(services.confirm_letter), _arrive, _arrive] * 2,
        at_version(services.send_back, "Hvorfor?"),
        at_version(services.record_remedial_action, HANDLED_TEXT),
        at_version(services.undo_decision),
    ],
    "SENT_BACK": [at_version(services.uphold, "Fordi."), _decide, _arrive],
    "CONFIRMED": [_arrive, _arrive],
}


def fill_incident(cast: SimpleNamespace, seed: int, letters: int = 25, acts: int = 120) -> list[User]:
    """Fill the cast's incident at random, the same for the same seed. Return the people of the cast and two more.

    The first notices and half of the acts are of Tuesday 7 January.
    """
    chance = Random(seed)
    for name in ("A", "B", "C"):  # no digits, which would look like numbers of a page
        unit = UnitFactory(name=f"Enhed {name}", parent=chance.choice(Unit.objects.order_by("pk")))
        UserFactory(name=f"Ansat {name}", unit=unit)
        MembershipFactory(user=UserFactory(name=f"Leder {name}", unit=unit), unit=unit)
    senders = User.objects.filter(unit__isnull=False).exclude(memberships__role="ADVISER")
    people = list(senders.select_related("unit").order_by("pk"))
    made = [_create_letter(cast, chance, people) for _ in range(letters)]
    create_absence(cast.karen, cast.olga, by=cast.jens)
    create_absence(cast.torben, chance.choice([cast.sofie, cast.anne]))
    made += [cast.passed, cast.soon, cast.plain, cast.untitled, cast.personnel, cast.annes, cast.ullas]
    with time_machine.travel(at(2020, 1, 7, 9, 0)):
        services.open_followups(cast.incident)
        write_first_notices(cast.incident)
        for _ in range(acts // 2):
            _act(chance.choice(made).pk, chance)
    for _ in range(acts // 2):
        _act(chance.choice(made).pk, chance)
    for letter in chance.sample(made, 4):
        Letter.objects.filter(pk=letter.pk).update(withdrawn_at=timezone.now())
    strangers = Q(name__regex=" [BC]$")
    return list(User.objects.exclude(strangers).order_by("pk"))


def _create_letter(cast: SimpleNamespace, chance: Random, people: list[User]) -> Letter:
    sender = chance.choice([*people, None])
    led = Membership.objects.filter(unit=sender.unit, role="LEADER").order_by("pk") if sender else []
    leaders = [one.user for one in led]
    return LetterFactory(
        incident=cast.incident,
        sender=sender,
        leader=chance.choice([*leaders, *leaders, cast.jens, sender, None]),
        unit=sender.unit if sender else cast.area,
        subject=chance.choice(SUBJECTS),
        sent_at=at(2019, 12, chance.randint(9, 19), 10, 0),
        is_personnel_case=chance.random() < 0.2,
    )


def _act(letter_id: int, chance: Random) -> None:
    """Let somebody do something about the letter, if the rules allow it."""
    letter = Letter.objects.select_related("followup", "sender", "leader").get(pk=letter_id)
    roles = ["LEADER", "COORDINATOR", "HR"]
    managers = Membership.objects.filter(unit__in=letter.unit.lineage, role__in=roles).order_by("pk")
    persons = [letter.sender, letter.sender, letter.leader, *(one.user for one in managers)]
    by = chance.choice([one for one in persons if one])
    with suppress(services.NotPossible, Conflict, ValidationError), transaction.atomic():
        chance.choice([*ACTS[letter.followup.status] * 2, *ANY_TIME])(letter, User.objects.get(pk=by.pk), chance)
