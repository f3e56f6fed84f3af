"""Completeness: the answers that a decision needs before the leader can confirm it, and the leader's question.

The conditions divide the letters that are sent and not confirmed into letters that await the leader and letters that
miss an answer. Counts, lists, confirmations and mails all use these conditions.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.fields.json import KT

from followups.models import Decision, FollowUp
from letters.models import Incident
from letters.models.letter import LetterQuerySet

Status = FollowUp.Status
#: lookup path from a letter to the follow-up
LETTER_PREFIX = "followup__"


def awaiting_confirmation(prefix: str = "") -> Q:
    """Match follow-ups that await confirmation: sent, and no answer is missing.

    `prefix`: lookup path to the follow-up, for example «followup__» on letters.
    """
    return Q(**{f"{prefix}status": Status.DONE, f"{prefix}lacks_answer": False})


def missing_mandatory_answer(prefix: str = "") -> Q:
    """Match follow-ups that are sent but miss a mandatory answer.

    The result reveals personnel facts: show it only to readers who may read the subject. `prefix`: lookup path to the
    follow-up.
    """
    return Q(**{f"{prefix}status": Status.DONE, f"{prefix}lacks_answer": True})


def awaits_sender() -> Q:
    """Match follow-ups where the sender must decide, send or answer."""
    return Q(status__in=FollowUp.NOT_DONE) | missing_mandatory_answer()


def is_senders_turn() -> Q:
    """Match follow-ups that the sender must act on now: an undecided one only when no desk owes an answer.

    None in a closed incident. The number of the menu and the reminders use this condition.
    """
    is_closed = Q(letter__incident__status=Incident.Status.CLOSED)
    return awaits_sender() & ~(Q(status=Status.OPEN) & awaits_desk()) & ~is_closed


def awaits_desk(prefix: str = "") -> Q:
    """Match follow-ups with a question that a desk must answer. `prefix`: lookup path to the follow-up."""
    return Q(**{f"{prefix}escalation__is_with_desk": True})


def task_known_to_readers_of(letters: LetterQuerySet) -> Q:
    """Match the follow-ups of `letters`, except those with a task that the reader may not know.

    That task is a missing answer about a letter that the reader may not read. `letters` come from `visible_to`.
    """
    is_readable = Q(letter__in=letters.readable().values("pk"))
    return Q(letter__in=letters.values("pk")) & (~missing_mandatory_answer() | is_readable)


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


IS_SENT_BACK = Q(followup__status=Status.SENT_BACK)


@cache
def sent_back_at() -> Case:
    """Return, for a letter, the time of the leader's question, NULL unless the letter is sent back."""
    return Case(When(IS_SENT_BACK, then=Subquery(_questions().values("at")[:1])))


@cache
def question_text() -> Case:
    """Return, for a letter of `visible_to`, the leader's question, NULL for a reader who may not read the letter."""
    question = _questions().annotate(question=KT("answers__question")).values("question")[:1]
    return Case(When(IS_SENT_BACK & Q(reader_may_read=True), then=Subquery(question)))


def _questions() -> QuerySet[Decision]:
    return Decision.objects.filter(followup__letter=OuterRef("pk"), kind=Kind.SENT_BACK).order_by("-version")
