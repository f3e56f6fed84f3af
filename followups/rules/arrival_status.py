"""Arrival status of a letter that was sent again: arrived, awaiting proof, unproven, or not arrived.

The status follows from the newest active arrival and from today's date. A letter that did not arrive is reopened by
`services.arrivals`, and keeps the status NOT_ARRIVED until the letter is sent once more.
"""

from __future__ import annotations

from datetime import date

from django.db.models import Case, CharField, F, Q, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.db.models.lookups import Exact, In, LessThan

from followups.models import FollowUp
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


def arrival_state(on: date) -> Case:
    """Return an expression for the `ArrivalState` of a letter, NULL for a letter that was not sent again."""
    if_sent_again = Case(
        When(newest_arrival__has_arrived=True, then=Value(ArrivalState.ARRIVED)),
        When(LessThan(sending_day(), proof_overdue_before(on)), then=Value(ArrivalState.UNPROVEN)),
        default=Value(ArrivalState.AWAITING),
    )
    return Case(
        When(IS_SENT_AGAIN, then=if_sent_again),
        When(followup__status=Status.DECIDED, newest_arrival__has_arrived=False, then=Value(ArrivalState.NOT_ARRIVED)),
        output_field=CharField(),
    )


def arrival_day() -> Case:
    """Return an expression for the day of arrival; without proof, the day of sending."""
    return Case(When(IS_SENT_AGAIN, then=Coalesce("newest_arrival__arrived_on", sending_day())))


def sending_day() -> Coalesce:
    """Return an expression for the day of sending: as reported while proof is awaited, else as marked by the sender."""
    as_reported = Case(When(newest_arrival__has_arrived=None, then=F("newest_arrival__sent_on")))
    return Coalesce(as_reported, TruncDate("followup__done_at", tzinfo=danish.COPENHAGEN))


def arrival_conditions(on: date) -> dict[str, Q]:
    """Return {figure: condition on letters}.

    ARRIVED and ARRIVING divide the letters that were sent again. A letter without proof that the leader has sent back
    is in neither: the sender answers first, and may have to send the letter anew.
    """
    state, kept = arrival_state(on), ~Q(followup__status=Status.SENT_BACK)
    return {
        ArrivalState.ARRIVED.value: Q(Exact(state, ArrivalState.ARRIVED)),
        "ARRIVING": Q(In(state, [ArrivalState.AWAITING, ArrivalState.UNPROVEN])) & kept,
        ArrivalState.UNPROVEN.value: Q(Exact(state, ArrivalState.UNPROVEN)) & kept,
        ArrivalState.NOT_ARRIVED.value: Q(Exact(state, ArrivalState.NOT_ARRIVED)),
    }
