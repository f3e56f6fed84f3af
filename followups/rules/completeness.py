"""What must be answered before a decision can be confirmed, as a condition: ``FollowUp.lacks_answer`` of many at once.

What waits for the leader and what lacks an answer share what is sent and not confirmed between them, everywhere that
letters are counted, listed, confirmed or told of.

A letter that its leader has sent back: the question, and what came of it.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.db.models.fields.json import KT

from followups.models import Decision, FollowUp
from letters.models.letter import LetterQuerySet

Status, Review = FollowUp.Status, FollowUp.ConsequenceReview
#: the way from a letter to its follow-up
LETTER_PREFIX = "followup__"


def awaiting_confirmation(of: str = "") -> Q:
    """On follow-ups, or ``of`` letters."""
    return Q(**{f"{of}status": Status.DONE}) & ~_missing_answer(of)


def missing_mandatory_answer(of: str = "") -> Q:
    """The same. As secret as the letter's subject."""
    return Q(**{f"{of}status": Status.DONE}) & _missing_answer(of)


def owed_by_sender() -> Q:
    """On follow-ups: the sender has something to decide, send or answer."""
    return Q(status__in=FollowUp.OWED) | missing_mandatory_answer()


def _missing_answer(of: str) -> Q:
    """Of what is sent."""
    is_review_open = _match(of, consequence_review__in=[Review.FOUND, Review.UNKNOWN], handled_at=None)
    due_on = F(f"{of}due_on")
    passed_meanwhile = _match(of, deadline_missed=False, decided_at__date__lte=due_on, done_at__date__gt=due_on)
    is_changed = _match(of, remedy=FollowUp.Remedy.NEW_LETTER) | _match(of, new_deadline__isnull=False)
    return is_review_open | passed_meanwhile | is_changed & _match(of, record_number="", no_record_reason="")


def _match(of: str, **conditions: object) -> Q:
    return Q(**{f"{of}{name}": value for name, value in conditions.items()})


Kind = Decision.Kind
#: what answers a question: the same decision with a reason, or another one
REPLY_KINDS = (Kind.UPHELD, Kind.DECIDED)
#: what lets a decision that was made wait for the leader again
ANSWER_KINDS = (Kind.UPHELD, Kind.HANDLED, Kind.RECORDED)
#: after these no question of before is open
ENDING_KINDS = (Kind.CONFIRMED, Kind.NOT_ARRIVED)


class LeaderQuestion(NamedTuple):
    """The leader's last question, and the newest answer to it."""

    question: Decision
    reply: Decision | None

    @property
    def is_upheld(self) -> bool:
        return self.reply is not None and self.reply.kind == Kind.UPHELD


def leader_question_on(followup: FollowUp) -> LeaderQuestion | None:
    """Since the letter was last confirmed, or did not arrive. One query, and none where nobody has acted after a
    decision."""
    if followup.version < 2:
        return None
    reply = None
    asked = followup.decisions.filter(kind__in=[Kind.SENT_BACK, *ENDING_KINDS, *REPLY_KINDS])
    acts = asked.select_related("by", "on_behalf_of")
    for act in acts.order_by("-version"):
        if act.kind in ENDING_KINDS:
            return None
        if act.kind == Kind.SENT_BACK:
            return LeaderQuestion(act, reply)
        reply = reply or act
    return None


def latest_answer_at() -> Subquery:
    """For a follow-up: when somebody last answered what it lacked, or the leader's question with why it stands."""
    answered = Decision.objects.filter(followup=OuterRef("pk"), kind__in=ANSWER_KINDS).order_by("-version")
    return Subquery(answered.values("at")[:1])


def annotate_leader_question(letters: LetterQuerySet) -> LetterQuerySet:
    """Each letter that is sent back knows since when (``sent_back_at``) and the ``question``; for others both are None.

    The question is for who may read the letter.
    """
    asked = Decision.objects.filter(followup__letter=OuterRef("pk"), kind=Kind.SENT_BACK).order_by("-version")
    is_sent_back = {"followup__status": FollowUp.Status.SENT_BACK}
    question = asked.annotate(question=KT("answers__question")).values("question")[:1]
    return letters.annotate(
        sent_back_at=Case(When(**is_sent_back, then=Subquery(asked.values("at")[:1]))),
        question=Case(When(**is_sent_back, reader_may_read=True, then=Subquery(question))),
    )
