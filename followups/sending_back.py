"""A letter that its leader has sent back: the question, and what came of it."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Case, OuterRef, Subquery, When
from django.db.models.fields.json import KT

from followups.models import Decision, FollowUp
from letters.models.letter import LetterQuerySet

Kind = Decision.Kind
#: what answers a question: the same decision with a reason, or another one
REPLIES = (Kind.UPHELD, Kind.DECIDED)
#: what lets a decision that was made wait for the leader again
ANSWERS = (Kind.UPHELD, Kind.HANDLED, Kind.RECORDED)
#: after these no question of before is open
ENDS = (Kind.CONFIRMED, Kind.NOT_ARRIVED)


class SentBack(NamedTuple):
    """The leader's last question, and the newest answer to it."""

    question: Decision
    reply: Decision | None

    @property
    def is_upheld(self) -> bool:
        return self.reply is not None and self.reply.kind == Kind.UPHELD


def of(followup: FollowUp) -> SentBack | None:
    """Since the letter was last confirmed, or did not arrive. One query, and none where nobody has acted after a
    decision."""
    if followup.version < 2:
        return None
    reply = None
    asked = followup.decisions.filter(kind__in=[Kind.SENT_BACK, *ENDS, *REPLIES])
    acts = asked.select_related("by", "on_behalf_of")
    for act in acts.order_by("-version"):
        if act.kind in ENDS:
            return None
        if act.kind == Kind.SENT_BACK:
            return SentBack(act, reply)
        reply = reply or act
    return None


def answered_at() -> Subquery:
    """For a follow-up: when somebody last answered what it lacked, or the leader's question with why it stands."""
    answered = Decision.objects.filter(followup=OuterRef("pk"), kind__in=ANSWERS).order_by("-version")
    return Subquery(answered.values("at")[:1])


def with_question(letters: LetterQuerySet) -> LetterQuerySet:
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
