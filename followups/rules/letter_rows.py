"""Letters as a reader sees them on a day: each page that shows the status of letters fetches its rows here."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from datetime import date
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Case, F, Model, When
from django.http import Http404, QueryDict

from followups.models import FollowUp, LetterRow
from followups.models.followup import followup_of
from followups.rules import letter_state, rights
from letters.models import DEADLINE, Incident
from letters.models.letter import SENDER_NAME, LetterQuerySet
from letters.models.visibility import letter_condition, readable_by, visible_by
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import calendar, database
from sepo_incident.core.sorting import Column, ColumnSort, danish_order
from sepo_incident.core.sql_expression import SqlExpression
from sepo_incident.core.sql_files import read_sql

#: What comes first in a list by urgency: sent back by the leader, a question from a desk, an answer from a desk, the
#: earliest due date, then without a due date by sending time.
URGENT_FIRST = """followup.status IS DISTINCT FROM 'SENT_BACK',
    CASE WHEN escalation.is_with_asker THEN 0 WHEN escalation.answered_at IS NULL THEN 2 ELSE 1 END,
    followup.due_on NULLS LAST, letter.sent_at, letter.id"""
#: {row of the query: its model}, and {row: its place in the SQL}
ROWS: dict[str, type[Model]] = {
    "letter": LetterRow,
    "incident": Incident,
    "unit": Unit,
    "sender": User,
    "leader": User,
    "followup": FollowUp,
}
PLACES = {name: f"(letter.{name})" if name in ("unit", "sender", "leader") else name for name in ROWS}
FIELDS = {name: [field.attname for field in model._meta.concrete_fields] for name, model in ROWS.items()}
LETTER_ROWS_SQL = read_sql(
    __file__,
    "letter_rows.sql",
    columns=", ".join(f"{PLACES[name]}.{field}" for name, fields in FIELDS.items() for field in fields),
    rights=", ".join(f"{{{name}}} AS {column}" for name, column in rights.COLUMNS.items()),
    arrival_state=letter_state.ARRIVAL_STATE,
    sending_day=letter_state.SENDING_DAY,
    urgent_first=URGENT_FIRST,
)


def letters_for(user: User, chosen: SqlExpression, on: date | None = None, limit: int | None = None) -> list[LetterRow]:
    """Return the letters of a condition that the user may see, at most `limit`, the most urgent first. One query.

    With incident, unit, sender, leader and follow-up, the rights of the user, and the facts of the day `on` (today).
    """
    today = on or calendar.today()
    computed = {"letter.may_read": readable_by(user), "letter.leads": rights.leads(user)}
    query = letter_condition(
        LETTER_ROWS_SQL,
        user=user.pk,
        limit=limit,
        chosen=chosen,
        visible=visible_by(user),
        may_read=copy(computed["letter.may_read"]),
        leads=copy(computed["letter.leads"]),
        decidable=rights.decidable_by(user),
        bulk_decidable=rights.bulk_decidable_by(user, today),
        confirmable=rights.confirmable_by(user),
        awaits_reader=rights.awaits_confirmation_by(user),
        today=today,
        deadline=DEADLINE,
        overdue_before=letter_state.proof_overdue_before(today),
        **{name: right(user) for name, right in rights.RIGHTS.items()},
    )
    with connection.cursor() as cursor:
        database.execute_planned(cursor, *query.as_text(computed))
        names = [column.name for column in cursor.description]
        shared: dict[Any, Any] = {}
        return [_letter_row(names, values, shared) for values in cursor.fetchall()]


def _letter_row(names: list[str], values: tuple[Any, ...], shared: dict[Any, Any]) -> LetterRow:
    """Return the row of the query as a letter. `shared`: {(model, id): object} of the letters before it."""
    rows, at = {}, 0
    for name, model in ROWS.items():
        own = values[at : at + len(FIELDS[name])]
        at += len(own)
        key = (model, own[0])
        if own[0] is not None and key not in shared:
            shared[key] = model.from_db(DEFAULT_DB_ALIAS, FIELDS[name], own)
        rows[name] = shared.get(key)
    letter = cast("LetterRow", rows.pop("letter"))
    letter._state.fields_cache.update(rows)
    if letter_followup := followup_of(letter):
        letter_followup.letter = letter
    vars(letter).update(zip(names[at:], values[at:], strict=True))
    return letter


def fetch_rows(user: User, letter_ids: Collection[int]) -> list[LetterRow]:
    """Return the letters that the user may see, as rows of today, in the order of the ids. One query."""
    if not letter_ids:
        return []
    chosen = letter_condition("{letter}.id = ANY({ids})", ids=list(letter_ids))
    rows = {letter.pk: letter for letter in letters_for(user, chosen)}
    return [rows[pk] for pk in letter_ids if pk in rows]


def get_letter_or_404(user: User, pk: int) -> LetterRow:
    """Return the letter as a row of today. Raise Http404 if the user may not see it. One query."""
    if rows := fetch_rows(user, [pk]):
        return rows[0]
    raise Http404


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
    page = paginate_ids(letters, per_page, number)
    return Page(fetch_rows(user, list(page)), page.number, page.paginator)


def paginate_ids(letters: LetterQuerySet, per_page: int, number: str | None, count: int | None = None) -> Page[Any]:
    """Return a page of the ids of the letters, as `paginate_rows`.

    `count`: the number of letters, if it is known. A list that fits on one page is not counted.
    """
    ids = letters.values_list("pk", flat=True)
    paginator: Paginator[Any] = Paginator(ids, per_page)
    if count is not None:
        paginator.count = count
    if number in (None, "", "1"):
        first = list(ids[: per_page + 1])
        if len(first) <= per_page:
            paginator.count = len(first)  # a short list needs no query for its count
        return Page(first[:per_page], 1, paginator)
    page: Page[Any] = paginator.get_page(number)
    return page
