"""Letters as a reader sees them on a day: each page that shows the status of letters fetches its rows here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import BooleanField, Case, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.http import QueryDict

from followups.models import Decision, LetterRow
from followups.rules import arrival_status, completeness, due_dates, rights
from letters.models.letter import SENDER_NAME, LetterQuerySet
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar
from sepo_incident.core.sorting import Column, ColumnSort, danish_order


def letters_for(user: User, on: date) -> QuerySet[LetterRow]:
    """Return the letters that the user may see, with related rows and the facts of the day `on`."""
    visible = LetterRow.objects.visible_to(user).select_related("incident", "followup", "sender", "leader", "unit")
    rows = annotate_escalation(visible).annotate(
        reader_may_bulk_decide=_boolean(rights.decidable_by(user)),
        reader_may_confirm=_boolean(rights.confirmable_by(user)),
        arrival_state=arrival_status.arrival_state(on),
        arrival_day=arrival_status.arrival_day(),
        sent_back_at=completeness.sent_back_at(),
        question=completeness.question_text(),
        is_corrected=was_corrected(),
        date_in_force=due_dates.date_in_force(),
        is_date_late=Case(When(due_dates.is_date_in_force_late(on), then=True), default=False),
    )
    rows = rows.annotate(
        accepts_bulk_decision=_boolean(
            Q(reader_may_bulk_decide=True, is_with_desk=False) & ~due_dates.has_passed_due_date(on)
        ),
        awaits_reader=_boolean(Q(reader_may_confirm=True) & rights.has_no_nearer_confirmer(user)),
    )
    return cast("QuerySet[LetterRow]", rows)


def annotate_escalation(letters: LetterQuerySet) -> LetterQuerySet:
    """Annotate the letters with the state of the question to a desk, as in `LetterRow`."""
    return letters.annotate(
        is_with_desk=Coalesce("followup__escalation__is_with_desk", False),
        taken_by=F("followup__escalation__owner__name"),
        answered_by=Case(When(followup__escalation__answered_at__isnull=False, then="followup__escalation__desk")),
        is_with_asker=Coalesce("followup__escalation__is_with_asker", False),
    )


@cache
def was_corrected() -> Exists:
    corrections = Decision.objects.filter(followup__letter=OuterRef("pk"), kind=Decision.Kind.CORRECTED)
    return Exists(corrections)


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
    """
    paginator: Paginator[Any] = Paginator(letters.values_list("pk", flat=True), per_page)
    page = paginator.get_page(number)
    return Page(fetch_rows(user, list(page.object_list)), page.number, paginator)


def _boolean(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, BooleanField())
