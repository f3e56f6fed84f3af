"""Add, change and delete rows of the story, one editor at a time, and read the corrections from the change log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import models, transaction
from django.utils.dateparse import parse_date, parse_datetime, parse_time

from letters.models import Incident
from letters.models.incident_story import StoryRow
from sepo_incident.accounts.models import User
from sepo_incident.audit.models import RowChange
from sepo_incident.audit.triggers import ERASED_TEXT, set_actor
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict

CHANGED_MESSAGE = "En anden har rettet det imens."
DELETED_MESSAGE = "En anden har slettet det imens."


@transaction.atomic
def save_row[Row: StoryRow | Incident](row: Row, by: User, version: int | None = None) -> Row:
    """Save a new row, or a row that was changed from `version`. The form has validated the row.

    Raise Conflict with the current row if somebody else changed or deleted the row, or closed the incident; raise
    ValidationError with a Danish message if a constraint refuses the row.
    """
    _require_open(row)
    set_actor(by.pk)
    if isinstance(row, StoryRow):
        row.changed_by = by
    if row.pk is not None:
        row.version = _lock_at_version(row, version).version + 1
    elif isinstance(row, StoryRow) and row.IDENTITY:
        same = {column: getattr(row, column) for column in row.IDENTITY}
        if current := type(row)._default_manager.filter(**same).first():
            raise Conflict(CHANGED_MESSAGE, current)
    row.validate_constraints()
    row.save()
    return row


def _lock_at_version(row: StoryRow | Incident, version: int | None) -> Any:
    """Return the row, locked. Raise Conflict if the row is deleted, or has another version than the page showed."""
    current: Any = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
    if current is None:
        raise Conflict(DELETED_MESSAGE)
    if current.version != version:
        raise Conflict(CHANGED_MESSAGE, current)
    return current


@transaction.atomic
def delete_row(row: StoryRow, by: User, version: int) -> None:
    """Delete the row as seen at `version`. The change log keeps the row. Raise Conflict as `save_row` does."""
    _require_open(row)
    set_actor(by.pk)
    _lock_at_version(row, version).delete()


def _require_open(row: StoryRow | Incident) -> None:
    """Lock the incident and raise Conflict if it is closed."""
    Incident.objects.lock_open(row.incident_id if isinstance(row, StoryRow) else row.pk)


class FieldChange(NamedTuple):
    """A column that was corrected: the Danish label and both values as people read them."""

    label: str
    before: str
    after: str


class Correction(NamedTuple):
    """A correction of a row: when, by whom, and from what to what."""

    at: datetime
    by: str
    changes: list[FieldChange]


#: Columns that say who corrected, not what.
_BOOKKEEPING = {"version", "changed_by_id", "changed_at", "received_by_id", "done_by_id"}


def corrections_of(
    model: type[models.Model], ids: Sequence[int], columns: Iterable[str] | None = None
) -> dict[int, list[Correction]]:
    """Return {row id: corrections, the newest first}. At most two queries. `columns`: only these."""
    rows = RowChange.objects.filter(table_name=model._meta.db_table, row_id__in=ids).exclude(before={})
    changes = list(rows.order_by("-pk"))
    names = dict(User.objects.filter(pk__in={one.by_id for one in changes if one.by_id}).values_list("pk", "name"))
    return explain_changes(model, changes, names, columns)


def explain_changes(
    model: type[models.Model],
    changes: Iterable[RowChange],
    names: Mapping[int, str],
    columns: Iterable[str] | None = None,
) -> dict[int, list[Correction]]:
    """Return {row id: corrections} of the changes of the model's rows. `names`: {user id: name}."""
    fields = {field.attname: field for field in model._meta.concrete_fields if field.attname not in _BOOKKEEPING}
    if columns is not None:
        fields = {name: field for name, field in fields.items() if name in set(columns)}
    found: dict[int, list[Correction]] = {}
    for one in changes:
        changed = [
            FieldChange(
                danish.capitalized(str(field.verbose_name)),
                *(_display(field, side.get(name)) for side in (one.before, one.after)),
            )
            for name, field in fields.items()
            if name in one.before
        ]
        if changed:
            by = names.get(one.by_id or 0, "Koncern IT")
            found.setdefault(one.row_id, []).append(Correction(one.at, by, changed))
    return found


def _display(field: models.Field[Any, Any], value: Any) -> str:
    """Return a value of the change log, which is JSON, as people read it; «tomt» for nothing."""
    if value in (None, ""):
        return "tomt"
    if value == ERASED_TEXT:
        return ERASED_TEXT
    choices: Mapping[Any, Any] = dict(field.flatchoices)
    match field:
        case models.DateTimeField():
            moment = parse_datetime(value)
            return danish.moment(moment) if moment else str(value)
        case models.DateField():
            day: date | None = parse_date(value)
            return danish.date(day) if day else str(value)
        case models.TimeField():
            time = parse_time(value)
            return f"kl. {time:%H.%M}" if time else str(value)
    return str(choices.get(value, value))
