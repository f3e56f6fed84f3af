"""What became of a bulk decision, as the page tells the one who made it; or how far a worker is with it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.urls import reverse

from followups import deadlines
from followups.answers import Answers
from followups.arriving import standing
from followups.letter.letter_page import Back
from followups.letter.retelling import Row, retold
from followups.models import BulkDecision, BulkLetter
from followups.together.chosen import by_reason
from letters.models import Letter
from sepo_incident.accounts.models import User

State, Way = BulkLetter.State, BulkDecision.Way


#: how many of one's own are on the list
LATEST = 25
#: of those that were left alone, as where an absence is over
OUT_OF_SIGHT = "Du kan ikke se brevet længere."
UNPROVEN = (standing.State.AWAITING, standing.State.UNPROVEN)
#: More letters than this fold away; more than ``LISTED`` are counted and not listed.
FOLDS_AFTER, LISTED = 12, 200


def latest(reader: User) -> list[BulkDecision]:
    """Each knows how many letters it is about, and how many have the decision now. One query."""
    decided = Count("letters", filter=Q(letters__state__in=[State.DECIDED, State.KEPT]))
    bulks = BulkDecision.objects.filter(by=reader).annotate(asked=Count("letters"), decided=decided)
    return list(bulks.order_by("-pk")[:LATEST])


def context(bulk: BulkDecision, reader: User, came_from: str = "") -> dict[str, Any]:
    """``came_from`` is the board's address. A constant number of queries."""
    states = dict(bulk.letters.order_by().values_list("state").annotate(letters=Count("pk")))
    counts = {state: states.get(state, 0) for state in State.values}
    is_undoing = bulk.undo_asked_at is not None
    waiting = counts[State.DECIDED] if is_undoing else counts[State.WAITING]
    total = sum(counts.values()) - (counts[State.LEFT] if is_undoing else 0)
    shown = {"bulk": bulk, "is_undoing": is_undoing, "is_at_work": waiting > 0, "back": back(bulk, reader, came_from)}
    if waiting:
        done = total - waiting
        return shown | {"total": total, "done": done, "percent": 100 * done // total}
    left = _left(bulk, reader)
    return shown | {
        "decided": counts[State.DECIDED],
        "undone": counts[State.UNDONE],
        "kept": counts[State.KEPT],
        "skipped": counts[State.LEFT],
        "rows": _rows(bulk, reader),
        "left": by_reason(left, named=sum(counts.values())),
        "foreign": counts[State.LEFT] + counts[State.KEPT] - len(left),
        "why_foreign": OUT_OF_SIGHT,
        **_standing(bulk, reader),
        "may_undo": not is_undoing and counts[State.DECIDED] > 0,
    }


def _left(bulk: BulkDecision, reader: User) -> list[tuple[Letter, str]]:
    """Those that were left alone or kept and this reader may see, by what they may call them."""
    reasons = dict(bulk.letters.exclude(why="").values_list("letter", "why"))
    letters = Letter.objects.visible_to(reader).filter(pk__in=reasons).order_by("sent_at", "pk")
    return [(letter, reasons[letter.pk]) for letter in letters]


def _standing(bulk: BulkDecision, reader: User) -> dict[str, Any]:
    """``{letters, to_answer, to_prove, pickable}``: those that have the decision, at most ``LISTED``, as they are now;
    how many of them lack an answer before anybody can confirm; of how many that were sent nobody knows whether they
    arrived; and the ids of both."""
    decided = bulk.letters.filter(state=State.DECIDED).values("letter")
    seen = Letter.objects.visible_to(reader).filter(pk__in=decided).select_related("followup", "sender")
    letters = list(seen.order_by("sent_at", "pk")[:LISTED])
    standing.mark(letters, deadlines.today())
    readable = [letter for letter in letters if letter.may_be_read]
    to_answer = {letter.pk for letter in readable if letter.followup.lacks_answer and letter.followup.is_review_open}
    to_prove = {letter.pk for letter in readable if letter.arrival and letter.arrival.state in UNPROVEN}  # type: ignore[attr-defined]
    return {
        "letters": letters,
        "to_answer": len(to_answer),
        "to_prove": len(to_prove),
        "pickable": to_answer | to_prove,
        "others_too": any(letter.sender_id != reader.pk for letter in letters),
        "folds_after": FOLDS_AFTER,
    }


def _rows(bulk: BulkDecision, reader: User) -> list[Row]:
    """The decision, where it was one about all: about no personnel case, unless one of them has become one since."""
    if bulk.way != Way.PAGE:
        return []
    row = bulk.letters.exclude(state=State.LEFT).select_related("letter").first()
    letter = Letter.objects.visible_to(reader).readable().filter(pk=row.letter_id).first() if row else None
    return retold(Answers.from_json(row.answers), letter) if row and letter else []


def back(bulk: BulkDecision, reader: User, came_from: str = "") -> Back:
    is_own = not came_from and not bulk.letters.exclude(letter__sender__in=reader.answers_for).exists()
    return list_of(reader, came_from, is_own=is_own)


def list_of(reader: User, came_from: str, *, is_own: bool) -> Back:
    """The board it was begun on; else their own letters, where all of it is about those; else the boards."""
    if came_from:
        return Back("tavlen", f"{came_from}#breve")
    if reader.membership_unit_ids and not is_own:
        return Back("tavlen", reverse("boards"))
    return Back("Mine breve", reverse("my_letters"))
