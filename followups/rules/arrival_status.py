"""Arrival status of a letter that was sent again: arrived, awaiting proof, unproven, or not arrived.

The status follows from the newest active arrival and from today's date. A letter that did not arrive is reopened by
`services.arrivals`, and keeps the status NOT_ARRIVED until the letter is sent once more.
"""

from __future__ import annotations

from datetime import date
from functools import cache, lru_cache

from django.db.models import Case, CharField, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.lookups import Exact, In

from followups.models import Arrival, FollowUp
from followups.models.arrival import ArrivalState
from sepo_incident.core import calendar, danish

Status = FollowUp.Status
#: Working days after sending until a missing proof is overdue
PROOF_PATIENCE_DAYS = 3
IS_SENT_AGAIN = Q(followup__is_sent_again=True)


def proof_overdue_before(on: date) -> date:
    """Return the day before which a letter must have been sent for proof to be overdue on the day `on`."""
    day = on
    for _ in range(PROOF_PATIENCE_DAYS):
        day = calendar.previous_working_day(day)
    return day


@lru_cache(maxsize=4)
def arrival_state(on: date) -> Case:
    """Return an expression for the `ArrivalState` of a letter, NULL for a letter that was not sent again."""
    since = proof_overdue_before(on)
    by_report = Case(
        When(has_arrived=True, then=Value(ArrivalState.ARRIVED)),
        When(has_arrived=None, sent_on__lt=since, then=Value(ArrivalState.UNPROVEN)),
        When(has_arrived=None, then=Value(ArrivalState.AWAITING)),
    )
    without_report = Case(
        When(followup__done_at__lt=danish.midnight(since), then=Value(ArrivalState.UNPROVEN)),
        default=Value(ArrivalState.AWAITING),
    )
    reopened = Case(When(has_arrived=False, then=Value(ArrivalState.NOT_ARRIVED)))
    return Case(
        When(IS_SENT_AGAIN, then=Coalesce(_newest_arrival(by_report), without_report)),
        When(followup__status=Status.DECIDED, then=_newest_arrival(reopened)),
        output_field=CharField(),
    )


@cache
def arrival_day() -> Case:
    """Return an expression for the day of arrival; without proof, the day of sending as reported or as marked."""
    reported = Case(When(has_arrived=True, then=F("arrived_on")), When(has_arrived=None, then=F("sent_on")))
    marked = TruncDate("followup__done_at", tzinfo=danish.COPENHAGEN)
    return Case(When(IS_SENT_AGAIN, then=Coalesce(_newest_arrival(reported), marked)))


def arrival_conditions(on: date) -> dict[str, Q]:
    """Return {figure: condition on letters}. ARRIVED and ARRIVING divide the letters that were sent again."""
    state = arrival_state(on)
    return {
        ArrivalState.ARRIVED.value: Q(Exact(state, ArrivalState.ARRIVED)),
        "ARRIVING": Q(In(state, [ArrivalState.AWAITING, ArrivalState.UNPROVEN])),
        ArrivalState.UNPROVEN.value: Q(Exact(state, ArrivalState.UNPROVEN)),
        ArrivalState.NOT_ARRIVED.value: Q(Exact(state, ArrivalState.NOT_ARRIVED)),
    }


def _newest_arrival(value: Case | F) -> Subquery:
    """Return `value` for the newest active arrival of a letter."""
    active = Arrival.objects.active().filter(followup__letter=OuterRef("pk")).order_by("-pk")
    return Subquery(active.annotate(value=value).values("value")[:1])
