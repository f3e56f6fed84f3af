"""What a field may say stands in the code and in the database, and the two agree."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

#: of all states a mail can be in, each of these takes some (``notifications.models.delivery_states``)
SOME_STATES = {"Delivery.state", "Delivery.heard", "Delivery.mended", "Evidence.proves"}
CHOOSING = [
    pytest.param(field, id=f"{model.__name__}.{field.name}")
    for label in ("accounts", "letters", "notifications")
    for model in apps.get_app_config(label).get_models()
    for field in model._meta.fields
    if field.choices and f"{model.__name__}.{field.name}" not in SOME_STATES
]


@pytest.mark.parametrize("field", CHOOSING)
def test_the_database_knows_the_values(field):
    known = {value for value, _ in field.choices} | ({""} if field.blank else set())
    conditions = [one.condition for one in field.model._meta.constraints if isinstance(one, models.CheckConstraint)]
    assert any(set(said(condition, field.name)) == known for condition in conditions)


def said(condition: models.Q, name: str) -> Iterator[str]:
    """The values of a field that a condition speaks of."""
    for part in condition.children:
        if isinstance(part, models.Q):
            yield from said(part, name)
        elif part[0] == name:
            yield part[1]
        elif part[0] == f"{name}__in":
            yield from part[1]
