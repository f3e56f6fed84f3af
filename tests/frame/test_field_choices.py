"""A CHECK constraint in the database holds exactly the choices of the field."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

#: fields with some of the states in `notifications.models.delivery_states`
SOME_STATES = {"Delivery.state", "Delivery.evidence_state", "Delivery.resolution_state", "Evidence.proves"}
FIELDS_WITH_CHOICES = [
    pytest.param(field, id=f"{model.__name__}.{field.name}")
    for label in ("accounts", "letters", "notifications")
    for model in apps.get_app_config(label).get_models()
    for field in model._meta.fields
    if field.choices and f"{model.__name__}.{field.name}" not in SOME_STATES
]


@pytest.mark.parametrize("field", FIELDS_WITH_CHOICES)
def test_constraint_holds_the_choices_of_the_field(field):
    known = {value for value, _ in field.choices} | ({""} if field.blank else set())
    conditions = [one.condition for one in field.model._meta.constraints if isinstance(one, models.CheckConstraint)]
    assert any(set(values_in_condition(condition, field.name)) == known for condition in conditions)


def values_in_condition(condition: models.Q, name: str) -> Iterator[str]:
    """Yield the values of a field in a condition."""
    for part in condition.children:
        if isinstance(part, models.Q):
            yield from values_in_condition(part, name)
        elif part[0] == name:
            yield part[1]
        elif part[0] == f"{name}__in":
            yield from part[1]
