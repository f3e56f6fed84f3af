"""What every kind answers: the follow-ups that are owed a notice, each with to whom and since when.

Who cannot answer for their letters just now, and who does instead.

Absent is who has said so or of whom their leader has (``Absence``), who is away by an auto-reply, gone, or not to be
reached. Their substitute is asked first, then their leader.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypedDict

from django.db.models import BigIntegerField, Case, F, Func, JSONField, Max, Q, QuerySet, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from followups.models import FollowUp
from letters.models import Incident, visibility
from notifications.models import Delivery, Evidence
from sepo_incident.accounts.models import Absence
from sepo_incident.accounts.models.absence import StandIn

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class OwedAnnotations(TypedDict):
    """``receiver``: the id of the user that the notice goes to. ``owed_on``: the day since when it is owed."""

    receiver: int
    owed_on: date


type OwedFollowUps = QuerySet[WithAnnotations[FollowUp, OwedAnnotations]]
#: those of an incident that are owed on a day
type OwedFinder = Callable[[Incident, date], OwedFollowUps]


def no_followups() -> OwedFollowUps:
    """The answer of a kind that has no business on that day; asks nobody."""
    return FollowUp.objects.annotate(receiver=F("letter__sender"), owed_on=F("due_on")).none()


def users_away_by_auto_reply(on: date) -> dict[int, date]:
    """{user: the day they are back}, for those whose mail has answered that they are away on that day."""
    told = Evidence.objects.away(on).filter(delivery__recipient__isnull=False).order_by()
    return dict(told.values_list("delivery__recipient").annotate(Max("away_until")))


def users_not_reached() -> set[int]:
    """Users at an address that refuses our mails."""
    refused = Delivery.objects.unreached().filter(recipient__isnull=False)
    return set(refused.values_list("recipient", flat=True).distinct())


@dataclass(frozen=True)
class Absences:
    """Those of a day. They are few, so they are asked for once, and not for each letter."""

    out: frozenset[int]
    stand_ins: Mapping[int, StandIn]

    @classmethod
    def on(cls, day: date) -> Absences:
        stand_ins = Absence.objects.stand_ins(day)
        return cls(frozenset({*users_away_by_auto_reply(day), *users_not_reached(), *stand_ins}), stand_ins)

    def is_absent(self, user: str) -> Q:
        """Is the user at the end of this path absent?"""
        return Q(**{f"{user}__in": self.out}) | Q(**{f"{user}__left_on__isnull": False})

    def instead_of(self, user: int) -> int | None:
        """The user; while they are away their substitute, who may be nobody."""
        if user not in self.out:
            return user
        stand_in = self.stand_ins.get(user)
        return stand_in.user if stand_in and stand_in.user not in self.out else None

    def answering(self, user: str) -> Case:
        """The user at the end of this path of a follow-up; while they are absent their substitute, where that may read
        the letter; else nobody."""
        return Case(When(~self.is_absent(user), then=F(user)), *self._substitutes(user))

    def _substitutes(self, user: str) -> list[When]:
        here = {person: one for person, one in self.stand_ins.items() if one.user not in self.out}
        named = {person: one.user for person, one in here.items() if one.user}
        if not named:
            return []
        openers = {person: one.opener for person, one in here.items() if one.user and one.opener}
        substitute = lookup_user(user, named)
        may_read = visibility.personnel_reader_condition(substitute, lookup_user(user, openers), "letter__")
        return [When(Q(letter__is_personnel_case=False) | may_read, then=substitute)]


def lookup_user(user: str, users: Mapping[int, int]) -> Combinable:
    """What ``users`` says of the user at the end of this path: NULL where nothing. One parameter, however many."""
    table = Cast(Value(json.dumps(users)), JSONField())
    found = Func(table, Cast(F(user), TextField()), template="(%(expressions)s)", arg_joiner=" ->> ")
    return Cast(found, BigIntegerField())
