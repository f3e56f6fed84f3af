"""Arrival status of a letter that was sent again: arrived, awaiting proof, unproven, or not arrived.

The status follows from the newest active arrival and from today's date. A letter that did not arrive is reopened by
`services.arrivals`, and keeps the status NOT_ARRIVED until the letter is sent once more.
"""

from __future__ import annotations

from datetime import date

from django.db.models import CharField, DateField

from letters.models.letter_sql import letter_condition, letter_expression
from sepo_incident.core import calendar
from sepo_incident.core.sql_expression import SqlExpression

#: Working days after sending until a missing proof is overdue
PROOF_PATIENCE_DAYS = 3
#: The day of sending: as reported while proof is awaited, else as marked by the sender.
SENDING_DAY = letter_expression(
    "coalesce(CASE WHEN {arrival}.has_arrived IS NULL THEN {arrival}.sent_on END,"
    " ({followup}.done_at AT TIME ZONE 'Europe/Copenhagen')::date)",
    DateField(),
)
#: The day of arrival; without proof, the day of sending.
ARRIVAL_DAY = letter_expression(
    "CASE WHEN {followup}.is_sent_again THEN coalesce({arrival}.arrived_on, {sending_day}) END",
    DateField(null=True),
    sending_day=SENDING_DAY,
)


def proof_overdue_before(on: date) -> date:
    """Return the day before which a letter must have been sent for proof to be overdue on the day `on`."""
    day = on
    for _ in range(PROOF_PATIENCE_DAYS):
        day = calendar.previous_working_day(day)
    return day


def arrival_state(on: date) -> SqlExpression:
    """Return an expression for the `ArrivalState` of a letter, NULL for a letter that was not sent again."""
    return letter_expression(
        """CASE
            WHEN {followup}.is_sent_again AND {arrival}.has_arrived THEN 'ARRIVED'
            WHEN {followup}.is_sent_again AND {sending_day} < {overdue_before} THEN 'UNPROVEN'
            WHEN {followup}.is_sent_again THEN 'AWAITING'
            WHEN {followup}.status = 'DECIDED' AND NOT {arrival}.has_arrived THEN 'NOT_ARRIVED'
        END""",
        CharField(null=True),
        sending_day=SENDING_DAY,
        overdue_before=proof_overdue_before(on),
    )


def arrival_conditions(on: date) -> dict[str, SqlExpression]:
    """Return {figure: condition on letters}.

    ARRIVED and ARRIVING divide the letters that were sent again. A letter without proof that the leader has sent back
    is in neither: the sender answers first, and may have to send the letter anew.
    """
    state = arrival_state(on)
    return {
        "ARRIVED": letter_condition("{followup}.is_sent_again AND {arrival}.has_arrived"),
        "ARRIVING": letter_condition(
            "{followup}.is_sent_again AND {arrival}.has_arrived IS NOT TRUE AND {followup}.status <> 'SENT_BACK'"
        ),
        "UNPROVEN": letter_condition("{state} = 'UNPROVEN' AND {followup}.status <> 'SENT_BACK'", state=state),
        "NOT_ARRIVED": letter_condition("{followup}.status = 'DECIDED' AND NOT {arrival}.has_arrived"),
    }
