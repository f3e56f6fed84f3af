"""What every kind answers: the follow-ups that are owed a notice, each with to whom and since when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, TypedDict

from django.db.models import F, QuerySet

from followups.models import FollowUp
from letters.models import Incident

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Debt(TypedDict):
    """``receiver``: the id of the user that the notice goes to. ``owed_on``: the day since when it is owed."""

    receiver: int
    owed_on: date


type Owed = QuerySet[WithAnnotations[FollowUp, Debt]]
#: those of an incident that are owed on a day
type Owing = Callable[[Incident, date], Owed]


def nothing() -> Owed:
    """The answer of a kind that has no business on that day; asks nobody."""
    return FollowUp.objects.annotate(receiver=F("letter__sender"), owed_on=F("due_on")).none()
