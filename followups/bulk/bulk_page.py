"""Read model of a bulk decision's page: the worker's progress, or the outcome for each letter."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from followups.decision_questions import AnswerRow, summarize_decision
from followups.letter.letter_navigation import BackLink
from followups.models import BulkDecision, BulkLetter
from followups.models.answers import DecisionAnswers
from followups.rules.letter_rows import fetch_rows
from followups.selection import FOLD_AFTER, MAX_LISTED, group_by_reason
from letters.models import Incident, Letter
from sepo_incident.accounts.models import User

State, Way = BulkLetter.State, BulkDecision.Way


#: Number of bulk decisions on the reader's list.
MAX_LATEST = 25
#: Reason for skipped letters that the reader may no longer see, for example after an absence has ended.
NOT_VISIBLE = "Du kan ikke se brevet længere."


def latest_bulk_decisions(reader: User, incident: Incident | None) -> list[BulkDecision]:
    """Return the reader's latest bulk decisions in the incident, with None in all incidents. One query.

    Annotates `letter_count` (number of letters) and `decided` (number of letters that have the decision now).
    """
    decided = Count("letters", filter=Q(letters__state__in=[State.DECIDED, State.KEPT]))
    bulks = BulkDecision.objects.filter(by=reader).annotate(letter_count=Count("letters"), decided=decided)
    if incident:
        bulks = bulks.filter(Exists(BulkLetter.objects.filter(bulk=OuterRef("pk"), letter__incident=incident)))
    return list(bulks.order_by("-pk")[:MAX_LATEST])


def bulk_page_context(bulk: BulkDecision, reader: User, came_from: str = "") -> dict[str, Any]:
    """Return the template context of the page. `came_from` is the address of the board, or "". Constant number of
    queries.
    """
    states = dict(bulk.letters.order_by().values_list("state").annotate(letters=Count("pk")))
    counts = {state: states.get(state, 0) for state in State.values}
    is_undoing = bulk.undo_asked_at is not None
    waiting = counts[State.DECIDED] if is_undoing else counts[State.WAITING]
    total = sum(counts.values()) - (counts[State.SKIPPED] if is_undoing else 0)
    is_own = not came_from and not bulk.letters.exclude(letter__sender__in=reader.own_and_represented_ids).exists()
    shown = {
        "bulk": bulk,
        "is_undoing": is_undoing,
        "is_at_work": waiting > 0,
        "back": list_back_link(reader, came_from, is_own=is_own),
    }
    if waiting:
        done = total - waiting
        return shown | {"total": total, "done": done, "percent": 100 * done // total}
    reasons = dict(bulk.letters.exclude(why="").values_list("letter", "why"))
    skipped = Letter.objects.visible_to(reader).filter(pk__in=reasons).order_by("sent_at", "pk")
    return shown | {
        "decided": counts[State.DECIDED],
        "undone": counts[State.UNDONE],
        "kept_count": counts[State.KEPT],
        "skipped_count": counts[State.SKIPPED],
        "rows": _decision_rows(bulk, reader),
        "skipped": group_by_reason([(one, reasons[one.pk]) for one in skipped], named=sum(counts.values())),
        "outside_list": counts[State.SKIPPED] + counts[State.KEPT] - len(skipped),
        "outside_list_reason": NOT_VISIBLE,
        **_decided_letters_context(bulk, reader),
        "may_undo": not is_undoing and counts[State.DECIDED] > 0,
    }


def _decided_letters_context(bulk: BulkDecision, reader: User) -> dict[str, Any]:
    """Return the template context of the letters that have the decision, at most MAX_LISTED.

    `pickable` are the ids of the letters that lack an answer about consequences before a confirmation, `to_answer`
    their number; `to_prove` is the number of sent letters without a recorded arrival.
    """
    decided = bulk.letters.filter(state=State.DECIDED).values("letter")
    seen = Letter.objects.visible_to(reader).filter(pk__in=decided).order_by("sent_at", "pk")
    letters = fetch_rows(reader, seen.values_list("pk", flat=True)[:MAX_LISTED])
    readable = [letter for letter in letters if letter.reader_may_read]
    to_answer = {letter.pk for letter in readable if letter.followup.lacks_answer and letter.followup.is_review_open}
    return {
        "letters": letters,
        "to_answer": len(to_answer),
        "to_prove": sum(1 for letter in readable if letter.arrival and letter.arrival.is_awaited),
        "pickable": to_answer,
        "others_too": any(letter.sender_id != reader.pk for letter in letters),
        "folds_after": FOLD_AFTER,
    }


def _decision_rows(bulk: BulkDecision, reader: User) -> list[AnswerRow]:
    """Return the answers of a bulk decision made on a page.

    Empty for a workbook, where each letter has its own answers, and if the sample letter has become a personnel case
    that the reader may not read.
    """
    if bulk.way != Way.PAGE:
        return []
    row = bulk.letters.exclude(state=State.SKIPPED).select_related("letter").first()
    letter = Letter.objects.visible_to(reader).readable().filter(pk=row.letter_id).first() if row else None
    return summarize_decision(DecisionAnswers.from_json(row.answers), letter) if row and letter else []


def list_back_link(reader: User, came_from: str, *, is_own: bool) -> BackLink:
    """Return the link to the board that the bulk act started on; else to the boards, or to *Mine breve* for own
    letters.
    """
    if came_from:
        return BackLink("overblikket", f"{came_from}#breve")
    if reader.membership_unit_ids and not is_own:
        return BackLink("overblikket", reverse("boards"))
    return BackLink("Mine breve", reverse("my_letters"))
