"""Letters as a reader sees them on a day: each page that shows the status of letters fetches its rows here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import Case, CharField, F, QuerySet, TextField, When
from django.http import QueryDict

from followups.models import LetterRow
from followups.rules import arrival_status, completeness, due_dates, rights
from letters.models.letter import SENDER_NAME, LetterQuerySet
from letters.models.letter_sql import letter_condition, letter_expression
from letters.models.visibility import readable_by
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar
from sepo_incident.core.sorting import Column, ColumnSort, danish_order

#: The state of the question to a desk, as in `LetterRow`.
ESCALATION_STATE = {
    "is_with_desk": letter_condition("{escalation}.is_with_desk").or_false,
    "taken_by": F("followup__escalation__owner__name"),
    "answered_by": letter_expression(
        "CASE WHEN {escalation}.answered_at IS NOT NULL THEN {escalation}.desk END", CharField(null=True)
    ),
    "is_with_asker": letter_condition("{escalation}.is_with_asker").or_false,
}
WAS_CORRECTED = letter_condition(
    "EXISTS (SELECT FROM followups_decision WHERE followup_id = {followup}.id AND kind = 'CORRECTED')"
)


def letters_for(user: User, on: date) -> QuerySet[LetterRow]:
    """Return the letters that the user may see, with related rows and the facts of the day `on`."""
    visible = LetterRow.objects.visible_to(user).select_related("incident", "followup", "sender", "leader", "unit")
    decidable, confirmable = rights.decidable_by(user), rights.confirmable_by(user)
    question = letter_expression(
        "CASE WHEN {may_read} THEN {question} END",
        TextField(null=True),
        may_read=readable_by(user),
        question=completeness.QUESTION,
    )
    rows = visible.annotate(
        **ESCALATION_STATE,
        reader_may_bulk_decide=decidable,
        accepts_bulk_decision=decidable & ~completeness.AWAITS_DESK & ~due_dates.has_passed_due_date(on),
        reader_may_confirm=confirmable,
        awaits_reader=confirmable & rights.has_no_nearer_confirmer(user),
        arrival_state=arrival_status.arrival_state(on),
        arrival_day=arrival_status.ARRIVAL_DAY,
        sent_back_at=completeness.SENT_BACK_AT,
        question=question,
        is_corrected=WAS_CORRECTED,
        date_in_force=due_dates.DATE_IN_FORCE,
        is_date_late=due_dates.is_date_in_force_late(on).or_false,
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
    """
    paginator: Paginator[Any] = Paginator(letters.values_list("pk", flat=True), per_page)
    page = paginator.get_page(number)
    return Page(fetch_rows(user, list(page.object_list)), page.number, paginator)
