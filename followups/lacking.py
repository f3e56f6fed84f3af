"""What must be answered before a decision can be confirmed, as a condition: ``FollowUp.lacks_answer`` of many at once.

What waits for the leader and what lacks an answer share what is sent and not confirmed between them, everywhere that
letters are counted, listed, confirmed or told of.
"""

from __future__ import annotations

from django.db.models import F, Q

from followups.models import FollowUp

Status, Review = FollowUp.Status, FollowUp.ConsequenceReview
#: the way from a letter to its follow-up
OF_LETTERS = "followup__"


def waits_for_leader(of: str = "") -> Q:
    """On follow-ups, or ``of`` letters."""
    return Q(**{f"{of}status": Status.DONE}) & ~_lacks_answer(of)


def waits_for_answer(of: str = "") -> Q:
    """The same. As secret as the letter's subject."""
    return Q(**{f"{of}status": Status.DONE}) & _lacks_answer(of)


def owed_by_sender() -> Q:
    """On follow-ups: the sender has something to decide, send or answer."""
    return Q(status__in=FollowUp.OWED) | waits_for_answer()


def _lacks_answer(of: str) -> Q:
    """Of what is sent."""
    is_review_open = _all(of, consequence_review__in=[Review.FOUND, Review.UNKNOWN], handled_at=None)
    due_on = F(f"{of}due_on")
    passed_meanwhile = _all(of, deadline_missed=False, decided_at__date__lte=due_on, done_at__date__gt=due_on)
    is_changed = _all(of, remedy=FollowUp.Remedy.NEW_LETTER) | _all(of, new_deadline__isnull=False)
    return is_review_open | passed_meanwhile | is_changed & _all(of, record_number="", no_record_reason="")


def _all(of: str, **conditions: object) -> Q:
    return Q(**{f"{of}{name}": value for name, value in conditions.items()})
