"""The receivers of notices, and the substitutes of absent receivers.

A person is absent by a registered `Absence`, by an auto-reply, after leaving, or when the address refuses our mail.
Notices go to the substitute first, then to the leader.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypedDict

from django.db.models import (
    BigIntegerField,
    Case,
    DateField,
    Exists,
    F,
    Func,
    JSONField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from followups.models import FollowUp
from letters.models import Incident, visibility
from notifications.models import Delivery, Evidence, Kind, NoticeItem, ReminderPause
from notifications.models.notice import NoticeItemQuerySet
from sepo_incident.accounts.models import Absence
from sepo_incident.accounts.models.absence import StandIn

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class OwedAnnotations(TypedDict):
    """Annotations of a follow-up that is owed a notice.

    `receiver`: id of the user who gets the notice. `owed_on`: the day since when the notice is owed.
    """

    receiver: int
    owed_on: date


type OwedFollowUps = QuerySet[WithAnnotations[FollowUp, OwedAnnotations]]
#: Returns the follow-ups of an incident that are owed a notice on a day.
type OwedFinder = Callable[[Incident, date], OwedFollowUps]


def no_followups() -> OwedFollowUps:
    """Return an empty result for a kind that sends nothing on that day. Runs no query."""
    return FollowUp.objects.annotate(receiver=F("letter__sender"), owed_on=F("due_on")).none()


def count_receivers(followups: OwedFollowUps) -> int:
    """Return how many people are owed a notice."""
    return followups.values("receiver").distinct().count()


def date_value(on: date) -> Value:
    return Value(on, output_field=DateField())


def items_about_followup(*kinds: Kind, **lookups: Any) -> NoticeItemQuerySet:
    """Return, for a follow-up of the outer query, the items of notices of these kinds that were not taken back."""
    return NoticeItem.objects.active().filter(followup=OuterRef("pk"), kind__in=kinds, **lookups)


def in_paused_unit(incident: Incident, on: date) -> Q:
    """Match the follow-ups of letters in units where reminders are paused on that day."""
    paused = ReminderPause.objects.in_force(on).filter(incident=incident).values_list("unit", flat=True)
    return Q(letter__unit__lineage__overlap=list(paused))


def users_away_by_auto_reply(on: date) -> dict[int, date]:
    """Return {user id: last day of absence} for users with an auto-reply that covers the day."""
    told = Evidence.objects.away(on).filter(delivery__recipient__isnull=False).order_by()
    return dict(told.values_list("delivery__recipient").annotate(Max("away_until")))


def users_not_reached() -> set[int]:
    """Return the ids of users whose current address refuses our mail."""
    refused = Delivery.objects.unreached().filter(recipient__isnull=False)
    return set(refused.values_list("recipient", flat=True).distinct())


@dataclass(frozen=True)
class Absences:
    """The absent users of one day and their substitutes.

    `out`: ids of absent users. `stand_ins`: {absent user: substitute}. Absent users are few, so a caller loads
    all at once rather than per letter.
    """

    out: frozenset[int]
    stand_ins: Mapping[int, StandIn]

    @classmethod
    def on(cls, day: date) -> Absences:
        stand_ins = Absence.objects.stand_ins(day)
        return cls(frozenset({*users_away_by_auto_reply(day), *users_not_reached(), *stand_ins}), stand_ins)

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
        may_read = visibility.personnel_reader_condition(substitute, lookup_user(user, registered_by), "letter__")
        return [When(Q(letter__is_personnel_case=False) | may_read, then=substitute)]


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


def exclude_mailed_on_day(followups: OwedFollowUps, day: date) -> OwedFollowUps:
    """Exclude follow-ups whose receiver has had a mail about the incident that day. A copy counts as a mail."""
    mailed = Delivery.objects.on_day(day).of_incident(OuterRef("letter__incident"))
    return followups.exclude(Exists(mailed.filter(recipient=OuterRef("receiver"))))
