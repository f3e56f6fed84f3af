"""Who acts for an absent sender or leader, as SQL on follow-ups; and the letters for which nobody may act.

The person is the one that `responsibility` names on the letter's page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypedDict

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from followups.models import FollowUp
from followups.models.followup import FollowUpQuerySet
from followups.rules import letter_state, rights
from followups.rules.letter_state import of_followup
from letters.models import visibility
from sepo_incident.accounts.models import Absence, Membership, User
from sepo_incident.accounts.models.absence import StandIn

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


#: Match follow-ups: the letter has a leader besides the sender; a desk must answer a question.
IS_LED = of_followup(rights.WITH_LEADER_BESIDES_SENDER)
AWAITS_DESK = of_followup(letter_state.AWAITS_DESK)


class LeaderAnnotations(TypedDict):
    """Annotations of a follow-up that a leader answers for.

    `receiver`: id of the leader, or of the leader's substitute.
    """

    receiver: int


type LedFollowUps = QuerySet[WithAnnotations[FollowUp, LeaderAnnotations]]


@dataclass(frozen=True)
class Absences:
    """The absent users of one day and their substitutes.

    `out`: ids of absent users. `stand_ins`: {absent user: substitute}. Absent users are few, so a caller loads
    all at once rather than per letter.
    """

    out: frozenset[int]
    stand_ins: Mapping[int, StandIn]

    @classmethod
    def registered(cls, day: date) -> Absences:
        """Return the absences that `responsibility` knows: registered ones, and people without an address."""
        unreachable = User.objects.filter(unreachable_since__isnull=False).values_list("pk", flat=True)
        stand_ins = Absence.objects.stand_ins(day)
        return cls(frozenset({*unreachable, *stand_ins}), stand_ins)

    def is_absent(self, user: str) -> Q:
        """Match rows where the user at the lookup path `user` is absent."""
        return Q(**{f"{user}__in": self.out}) | Q(**{f"{user}__left_on__isnull": False})

    def instead_of(self, user: int) -> int | None:
        """Return the user, or an absent user's substitute. None if nobody substitutes."""
        if user not in self.out:
            return user
        stand_in = self.stand_ins.get(user)
        return stand_in.user if stand_in and stand_in.user not in self.out else None

    def responsible_id(self, user: str) -> Case:
        """Return an expression for the id of the person who answers for the user at the lookup path `user`.

        The result is the user, or the substitute of an absent user if the substitute may read the letter, otherwise
        NULL.
        """
        return Case(When(~self.is_absent(user), then=F(user)), *self._substitutes(user))

    def _substitutes(self, user: str) -> list[When]:
        present_stand_ins = {person: one for person, one in self.stand_ins.items() if one.user not in self.out}
        named = {person: one.user for person, one in present_stand_ins.items() if one.user}
        if not named:
            return []
        registered_by = {
            person: one.registered_by for person, one in present_stand_ins.items() if one.user and one.registered_by
        }
        substitute = lookup_user(user, named)
        may_read = visibility.personnel_reader_condition(substitute, lookup_user(user, registered_by))
        return [When(Q(letter__is_personnel_case=False) | of_followup(may_read), then=substitute)]


def lookup_user(user: str, users: Mapping[int, int]) -> Combinable:
    """Return an expression that maps the user at the lookup path `user` through `users`, or NULL.

    The whole mapping is a single query parameter.
    """
    return Cast(lookup_text(user, users), BigIntegerField())


def lookup_text(key: str, values: Mapping[int, int | str]) -> Func:
    """Return an expression for the value at the lookup path `key` as text, or NULL. A single query parameter."""
    table = Cast(Value(json.dumps(values)), JSONField())
    return Func(
        table, Cast(F(key), TextField()), template="(%(expressions)s)", arg_joiner=" ->> ", output_field=TextField()
    )


def person_in_charge(absences: Absences) -> Coalesce:
    """Return the id of the sender or an absent sender's substitute, otherwise of the leader or the leader's substitute.

    NULL if nobody is left.
    """
    return Coalesce(
        absences.responsible_id("letter__sender"),
        Case(When(IS_LED, then=absences.responsible_id("letter__leader"))),
    )


def followups_led_by_another(followups: QuerySet[FollowUp], absences: Absences) -> LedFollowUps:
    """Return the follow-ups with a leader other than the sender, annotated with `receiver`.

    `receiver` is the id of the leader, or of an absent leader's substitute. A follow-up is left out when a support
    desk owes an answer, or when the same substitute answers for both leader and sender.
    """
    leaders, senders = absences.responsible_id("letter__leader"), absences.responsible_id("letter__sender")
    is_leader, is_another = Q(receiver=F("letter__leader")), Q(senders=None) | ~Q(receiver=F("senders"))
    return (
        followups.filter(IS_LED, ~AWAITS_DESK)
        .annotate(receiver=leaders, senders=senders)
        .filter(is_leader | is_another, receiver__isnull=False)
    )


def without_answerer(opened: FollowUpQuerySet, on: date) -> FollowUpQuerySet:
    """Return those of the open follow-ups that nobody may act on that day.

    A decision that awaits confirmation waits for the leader, the leader's substitute, or whoever else may confirm it:
    somebody in charge at or above the unit, in a personnel case without another leader Personalejura. Any other letter
    waits for the sender or the leader, or their substitutes. A question waits for its desk.
    """
    absences = Absences.registered(on)
    is_led = Exists(followups_led_by_another(opened, absences).filter(pk=OuterRef("pk")))
    managers = Q(role__in=rights.MANAGING_ROLES, is_case=False) | Q(role=Membership.Role.HR, is_case=True)
    others = (
        Membership.objects.filter(user__left_on=None)
        .exclude(user=Coalesce(OuterRef("letter__sender"), 0))
        .alias(is_case=ExpressionWrapper(OuterRef("letter__is_personnel_case"), BooleanField()))
        .filter(managers)
        .nearest_first("letter__unit__lineage")
    )
    may_others_confirm = Q(Exists(others)) & ~(Q(letter__is_personnel_case=True) & IS_LED)
    is_done = of_followup(letter_state.AWAITS_CONFIRMATION)
    unasked = opened.filter(~AWAITS_DESK).annotate(holder=person_in_charge(absences))
    return unasked.filter(is_done & ~is_led & ~may_others_confirm | ~is_done & Q(holder=None))
