"""The rows of an incident's story, read together."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS
from django.db.models import BinaryField, Model

from letters.models import (
    AdministrationPlan,
    BreachAssessment,
    BreachNotification,
    BreachOpinion,
    BreachReport,
    Cause,
    DeadlineChange,
    DeadlineExtension,
    Emergency,
    ImportBatch,
    Incident,
    IncidentContact,
    InformationDecision,
    Measure,
    StatusChange,
    SupplierExchange,
    TimelineEntry,
)
from sepo_incident.accounts.models import Unit, User
from sepo_incident.audit.models import RowChange
from sepo_incident.core import database
from sepo_incident.core.sql_files import read_sql

_SQL = read_sql(__file__, "story_rows.sql")
#: In the order of the columns of `story_rows.sql`.
MODELS: tuple[type[Model], ...] = (
    *(TimelineEntry, Cause, Measure, SupplierExchange, Emergency, IncidentContact, AdministrationPlan),
    *(
        BreachReport,
        BreachAssessment,
        BreachNotification,
        BreachOpinion,
        InformationDecision,
        DeadlineChange,
        DeadlineExtension,
        StatusChange,
        ImportBatch,
        RowChange,
    ),
)


class StoryRows(NamedTuple):
    """The rows of an incident's story, in the order of its page.

    `names`: {id of a person who wrote or changed a row: name}. `lists`: without their contents.
    """

    incident: Incident
    names: dict[int, str]
    entries: list[TimelineEntry]
    causes: list[Cause]
    measures: list[Measure]
    exchanges: list[SupplierExchange]
    emergencies: list[Emergency]
    contacts: list[IncidentContact]
    plans: list[AdministrationPlan]
    reports: list[BreachReport]
    assessments: list[BreachAssessment]
    notifications: list[BreachNotification]
    opinions: list[BreachOpinion]
    information_decisions: list[InformationDecision]
    deadline_changes: list[DeadlineChange]
    extensions: list[DeadlineExtension]
    status_changes: list[StatusChange]
    lists: list[ImportBatch]
    changes: list[RowChange]

    def changes_of(self, model: type[Model]) -> list[RowChange]:
        """Return the corrections of entries, or the switches of the incident's public figures, the newest first."""
        return [one for one in self.changes if one.table_name == model._meta.db_table]


def read_story_rows(incident: Incident) -> StoryRows:
    """Return the rows. One query, however many rows. Of people and units only the name is read."""
    [(*tables, people, units)] = database.fetch_all(_SQL, {"incident": incident.pk})
    named = {
        model: {int(pk): _make_row(model, {"id": int(pk), "name": name}, {}) for pk, name in (names or {}).items()}
        for model, names in ((User, people), (Unit, units))
    }
    found = [[_make_row(model, row, named) for row in rows or ()] for model, rows in zip(MODELS, tables, strict=True)]
    return StoryRows(incident, {pk: user.name for pk, user in named[User].items()}, *found)


def _make_row(model: type[Model], row: dict[str, Any], named: Mapping[Any, Mapping[int, Model]]) -> Any:
    """Return the instance of a row in JSON. A column that is not in `row` is read when somebody asks for it."""
    fields = [field for field in _json_fields(model) if field.column in row]
    values = [field.to_python(row[field.column]) for field in fields]
    made = model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in fields], values)
    for field in fields:
        if field.related_model in named and row[field.column] in named[field.related_model]:
            setattr(made, field.name, named[field.related_model][row[field.column]])
    return made


@cache
def _json_fields(model: type[Model]) -> list[Any]:
    """Return the fields of the columns that have a form in JSON."""
    return [field for field in model._meta.concrete_fields if not isinstance(field, BinaryField)]
