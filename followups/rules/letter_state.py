"""The state of a letter, in SQL: whose turn it is, which answers are missing, which date counts, and its arrival.

What a decision must answer first is `ANSWER_IS_MISSING` in `followups/models/followup_conditions.py`. Counts, lists,
confirmations and mails all use these conditions.

The arrival follows from the newest active arrival and from today's date. A letter that did not arrive is reopened by
`services.arrivals`, and keeps the state NOT_ARRIVED until the letter is sent once more.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.db.models import OuterRef, Q, Subquery

from followups.models import Decision, FollowUp
from followups.models.followup import FOLLOWUP_TABLES
from letters.models.letter import LetterQuerySet
from letters.models.visibility import letter_condition
from sepo_incident.core import calendar
from sepo_incident.core.sql_expression import SqlExpression


def of_followup(condition: SqlExpression) -> SqlExpression:
    """Return a condition on letters as the same condition on follow-ups."""
    return condition.on(FOLLOWUP_TABLES)


#: The letter is sent, no answer is missing, and nobody has confirmed yet.
AWAITS_CONFIRMATION = letter_condition("{followup}.status = 'DONE' AND NOT {followup}.lacks_answer")
#: The letter is sent, but misses a mandatory answer (`followup_conditions.ANSWER_IS_MISSING`). This reveals personnel
#: facts: show it only to readers who may read the subject.
MISSES_ANSWER = letter_condition("{followup}.status = 'DONE' AND {followup}.lacks_answer")
#: A desk must answer a question about the letter.
AWAITS_DESK = letter_condition("{escalation}.is_with_desk")
#: The sender must decide, send or answer.
AWAITS_SENDER = letter_condition(
    "{followup}.status IN ('OPEN', 'DECIDED', 'SENT_BACK') OR {followup}.status = 'DONE' AND {followup}.lacks_answer"
)


def is_senders_turn() -> SqlExpression:
    """Match follow-ups that the sender must act on now: an undecided one only when no desk owes an answer.

    None in a closed incident. The number of the menu and the reminders use this condition.
    """
    is_free = letter_condition("{followup}.status <> 'OPEN' OR {escalation}.is_with_desk IS NOT TRUE")
    return of_followup(AWAITS_SENDER & is_free & letter_condition("{incident}.status <> 'CLOSED'"))


def task_known_to_readers_of(letters: LetterQuerySet) -> Q:
    """Match the follow-ups of `letters`, except those with a task that the reader may not know.

    That task is a missing answer about a letter that the reader may not read. `letters` come from `visible_to`.
    """
    is_readable = Q(letter__in=letters.readable().values("pk"))
    return Q(letter__in=letters.values("pk")) & (~of_followup(MISSES_ANSWER) | is_readable)


# --- Dates -----------------------------------------------------------------------------------------------------------


def has_passed_due_date(on: date) -> SqlExpression:
    """Match the letters whose own date has passed on the day `on`. A letter without a date does not match."""
    return letter_condition("{followup}.due_on < {on}", on=on)


# --- Arrival ---------------------------------------------------------------------------------------------------------

#: Working days after sending until a missing proof is overdue
PROOF_PATIENCE_DAYS = 3
#: The day of sending: as reported while proof is awaited, else as marked by the sender.
SENDING_DAY = """coalesce(
    CASE WHEN {followup}.has_arrived IS NULL THEN {followup}.reported_sent_on END,
    {followup}.done_on
)"""
#: The `ArrivalState` of a letter, NULL for a letter that was not sent again.
ARRIVAL_STATE = f"""CASE
    WHEN {{followup}}.is_sent_again AND {{followup}}.has_arrived THEN 'ARRIVED'
    WHEN {{followup}}.is_sent_again AND {SENDING_DAY} < {{overdue_before}} THEN 'UNPROVEN'
    WHEN {{followup}}.is_sent_again THEN 'AWAITING'
    WHEN {{followup}}.status = 'DECIDED' AND NOT {{followup}}.has_arrived THEN 'NOT_ARRIVED'
END"""


def proof_overdue_before(on: date) -> date:
    """Return the day before which a letter must have been sent for proof to be overdue on the day `on`."""
    day = on
    for _ in range(PROOF_PATIENCE_DAYS):
        day = calendar.previous_working_day(day)
    return day


def arrival_conditions(on: date) -> dict[str, SqlExpression]:
    """Return {figure: condition on letters}.

    ARRIVED and ARRIVING divide the letters that were sent again. A letter without proof that the leader has sent back
    is in neither: the sender answers first, and may have to send the letter anew.
    """
    return {
        "ARRIVED": letter_condition("{followup}.is_sent_again AND {followup}.has_arrived"),
        "ARRIVING": letter_condition(
            "{followup}.is_sent_again AND {followup}.has_arrived IS NOT TRUE AND {followup}.status <> 'SENT_BACK'"
        ),
        "UNPROVEN": letter_condition(
            f"{ARRIVAL_STATE} = 'UNPROVEN' AND {{followup}}.status <> 'SENT_BACK'",
            overdue_before=proof_overdue_before(on),
        ),
        "NOT_ARRIVED": letter_condition("{followup}.status = 'DECIDED' AND NOT {followup}.has_arrived"),
    }


# --- Questions -------------------------------------------------------------------------------------------------------

Kind = Decision.Kind
#: acts that reply to the leader's question: uphold the decision with a reason, or decide again
REPLY_TO_LEADER_KINDS = (Kind.UPHELD, Kind.DECIDED)
#: acts after which a decision awaits the leader again
RETURNED_TO_LEADER_KINDS = (Kind.UPHELD, Kind.HANDLED, Kind.RECORDED, Kind.DELETION)
#: acts that close an earlier question of the leader
ENDING_KINDS = (Kind.CONFIRMED, Kind.NOT_ARRIVED)


class LeaderQuestion(NamedTuple):
    """The leader's last question about a decision, and the newest reply."""

    question: Decision
    reply: Decision | None

    @property
    def is_upheld(self) -> bool:
        return self.reply is not None and self.reply.kind == Kind.UPHELD


def last_act(followup: FollowUp, kind: Kind) -> Decision | None:
    """Return the newest of the follow-up's `acts` of a kind, or None."""
    return next((act for act in reversed(followup.acts) if act.kind == kind), None)


def leader_question_on(followup: FollowUp) -> LeaderQuestion | None:
    """Return the leader's question since the last confirmation or failed arrival among the `acts`, or None."""
    reply = None
    for act in reversed(followup.acts):
        if act.kind in ENDING_KINDS:
            return None
        if act.kind == Kind.SENT_BACK:
            return LeaderQuestion(act, reply)
        if act.kind in REPLY_TO_LEADER_KINDS:
            reply = reply or act
    return None


def latest_answer_at() -> Subquery:
    """Return, for a follow-up, the time of the latest reply to the leader or of the latest missing answer given."""
    answered = Decision.objects.filter(followup=OuterRef("pk"), kind__in=RETURNED_TO_LEADER_KINDS).order_by("-version")
    return Subquery(answered.values("at")[:1])
