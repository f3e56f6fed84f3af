"""Letters as a reader sees them on a day: each page that shows the status of letters fetches its rows here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, QuerySet, TextField, Value, When
from django.http import QueryDict

from followups.models import FollowUp, LetterRow
from followups.rules import letter_state, rights
from letters.models import Letter
from letters.models.letter import SENDER_NAME, LetterQuerySet
from letters.models.visibility import letter_expression, readable_by
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar
from sepo_incident.core.sorting import Column, ColumnSort, danish_order


def letters_for(user: User, on: date) -> QuerySet[LetterRow]:
    """Return the letters that the user may see, with related rows and the facts of the day `on`."""
    visible = LetterRow.objects.visible_to(user).select_related("incident", "followup", "sender", "leader", "unit")
    decidable, confirmable = rights.decidable_by(user), rights.confirmable_by(user)
    question = letter_expression(
        "CASE WHEN {may_read} THEN {question} END",
        TextField(null=True),
        may_read=readable_by(user),
        question=letter_state.QUESTION,
    )
    rows = visible.annotate(
        **letter_state.ESCALATION_STATE,
        reader_may_bulk_decide=decidable,
        accepts_bulk_decision=decidable & ~letter_state.AWAITS_DESK & ~letter_state.has_passed_due_date(on),
        reader_may_confirm=confirmable,
        awaits_reader=confirmable & rights.has_no_nearer_confirmer(user),
        arrival_state=letter_state.arrival_state(on),
        arrival_day=letter_state.ARRIVAL_DAY,
        sent_back_at=letter_state.SENT_BACK_AT,
        question=question,
        is_corrected=letter_state.WAS_CORRECTED,
        date_in_force=letter_state.DATE_IN_FORCE,
        is_date_late=letter_state.is_date_in_force_late(on).or_false,
    )
    return cast("QuerySet[LetterRow]", rows)


def fetch_rows(user: User, letter_ids: Collection[int]) -> list[LetterRow]:
    """Return the letters that the user may see, as rows of today, in the order of the ids. One query."""
    if not letter_ids:
        return []
    rows = letters_for(user, calendar.today()).in_bulk(letter_ids)
    return [rows[pk] for pk in letter_ids if pk in rows]


#: The due date comes from the subject, so the date does not order letters that the reader may not read.
READABLE_DUE_DATE = Case(When(reader_may_read=True, then=F("followup__due_on")))
#: The columns of a letter list. «due»: the most urgent first.
LETTER_COLUMNS = {
    "sender": Column(danish_order(SENDER_NAME)),
    "sent": Column("sent_at"),
    "due": Column([F("followup__decided_at").asc(nulls_first=True), READABLE_DUE_DATE.asc(nulls_last=True)]),
}


def sort_letters(data: QueryDict, default: str = "due", anchor: str = "") -> ColumnSort:
    """Return the order of a list of letters of `visible_to`, the most urgent first unless the address says otherwise.

    `data`: the parameters of the address. `default`: a column, or "" for an order that no column has.
    """
    return ColumnSort(data, LETTER_COLUMNS, default, anchor)


def paginate_rows(letters: LetterQuerySet, per_page: int, number: str | None, user: User) -> Page[LetterRow]:
    """Return a page of the letters, as rows of today, in the order of `letters`. Facts are computed for the page only.

    `number`: the page number of the address; the first or the last page instead of a page that does not exist.
    A list that fits on one page is not counted.
    """
    ids = letters.values_list("pk", flat=True)
    paginator: Paginator[Any] = Paginator(ids, per_page)
    if number in (None, "", "1"):
        first = list(ids[: per_page + 1])
        if len(first) <= per_page:
            paginator.count = len(first)  # a short list needs no query for its count
        return Page(fetch_rows(user, first[:per_page]), 1, paginator)
    page = paginator.get_page(number)
    return Page(fetch_rows(user, list(page.object_list)), page.number, paginator)


def order_by_urgency[Row: Letter](letters: QuerySet[Row]) -> QuerySet[Row]:
    """Order letters, annotated by `ESCALATION_STATE`, by urgency.

    Order: sent back by the leader, question from a desk, answer from a desk, earliest due date, then without a due
    date by sending time.
    """
    return letters.order_by(
        Case(When(followup__status=FollowUp.Status.SENT_BACK, then=Value(0)), default=Value(1)),
        Case(When(is_with_asker=True, then=Value(0)), When(answered_by=None, then=Value(2)), default=Value(1)),
        F("followup__due_on").asc(nulls_last=True),
        "sent_at",
        "pk",
    )
