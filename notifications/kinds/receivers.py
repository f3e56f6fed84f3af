"""The receivers of notices, and the substitutes of absent receivers.

A person is absent by a registered `Absence`, by an auto-reply, after leaving, or when the address refuses our mail.
Notices go to the substitute first, then to the leader.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, TypedDict

from django.db.models import (
    DateField,
    Exists,
    F,
    Max,
    OuterRef,
    QuerySet,
    Value,
)

from followups.models import FollowUp
from followups.rules.absences import Absences
from letters.models import Incident
from notifications.models import Delivery, Evidence, Kind, NoticeItem
from notifications.models.notice import NoticeItemQuerySet
from sepo_incident.accounts.models import Absence

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


def users_away_by_auto_reply(on: date) -> dict[int, date]:
    """Return {user id: last day of absence} for users with an auto-reply that covers the day."""
    told = Evidence.objects.away(on).filter(delivery__recipient__isnull=False).order_by()
    return dict(told.values_list("delivery__recipient").annotate(Max("away_until")))


def users_not_reached() -> set[int]:
    """Return the ids of users whose current address refuses our mail."""
    refused = Delivery.objects.unreached().filter(recipient__isnull=False)
    return set(refused.values_list("recipient", flat=True).distinct())


class MailAbsences(Absences):
    """The absent users of one day, also those whose auto-reply or address says that no mail reaches them."""

    @classmethod
    def on(cls, day: date) -> MailAbsences:
        stand_ins = Absence.objects.stand_ins(day)
        return cls(frozenset({*users_away_by_auto_reply(day), *users_not_reached(), *stand_ins}), stand_ins)


def exclude_mailed_on_day(followups: OwedFollowUps, day: date) -> OwedFollowUps:
    """Exclude follow-ups whose receiver has had a mail about the incident that day. A copy counts as a mail."""
    mailed = Delivery.objects.on_day(day).of_incident(OuterRef("letter__incident"))
    return followups.exclude(Exists(mailed.filter(recipient=OuterRef("receiver"))))
