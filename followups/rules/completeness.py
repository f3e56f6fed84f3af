"""Completeness: the answers that a decision needs before the leader can confirm it, and the leader's question.

What a decision must answer first is `ANSWER_IS_MISSING` in `followups/models/followup_conditions.py`.
The conditions divide the letters that are sent and not confirmed into letters that await the leader and letters that
miss an answer. Counts, lists, confirmations and mails all use these conditions.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import DateTimeField, OuterRef, Q, Subquery, TextField

from followups.models import Decision, FollowUp
from letters.models.letter import LetterQuerySet
from letters.models.letter_sql import letter_condition, letter_expression
from sepo_incident.core.sql_expression import SqlExpression

#: The tables of `LETTER_TABLES`, reached from a follow-up.
FOLLOWUP_TABLES = {
    "letter": "letter__source_ref",
    "incident": "letter__incident__status",
    "followup": "status",
    "escalation": "escalation__desk",
}


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
AWAITS_SENDER = letter_condition(
    "{followup}.status IN ('OPEN', 'DECIDED', 'SENT_BACK') OR {followup}.status = 'DONE' AND {followup}.lacks_answer"
)


def awaits_sender() -> SqlExpression:
    """Match follow-ups where the sender must decide, send or answer."""
    return of_followup(AWAITS_SENDER)


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


def leader_question_on(followup: FollowUp) -> LeaderQuestion | None:
    """Return the leader's question since the last confirmation or failed arrival, or None.

    One query; none for a follow-up without acts after the decision.
    """
    if followup.version < 2:
        return None
    reply = None
    acts = followup.decisions.filter(kind__in=[Kind.SENT_BACK, *ENDING_KINDS, *REPLY_TO_LEADER_KINDS]).select_related(
        "by", "on_behalf_of"
    )
    for act in acts.order_by("-version"):
        if act.kind in ENDING_KINDS:
            return None
        if act.kind == Kind.SENT_BACK:
            return LeaderQuestion(act, reply)
        reply = reply or act
    return None


def latest_answer_at() -> Subquery:
    """Return, for a follow-up, the time of the latest reply to the leader or of the latest missing answer given."""
    answered = Decision.objects.filter(followup=OuterRef("pk"), kind__in=RETURNED_TO_LEADER_KINDS).order_by("-version")
    return Subquery(answered.values("at")[:1])


_QUESTION = """CASE WHEN {{followup}}.status = 'SENT_BACK' THEN (
    SELECT {column} FROM followups_decision
    WHERE followup_id = {{followup}}.id AND kind = 'SENT_BACK' ORDER BY version DESC LIMIT 1
) END"""
#: The time and the text of the leader's question, NULL unless the letter is sent back.
SENT_BACK_AT = letter_expression(_QUESTION.format(column="at"), DateTimeField(null=True))
QUESTION = letter_expression(_QUESTION.format(column="answers ->> 'question'"), TextField(null=True))
