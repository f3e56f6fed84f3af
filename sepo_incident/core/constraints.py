"""A check constraint that takes the known values from the choices of a field."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.signals import class_prepared


class KnownValues(models.CheckConstraint):
    """A check constraint: the field holds one of its choices, or "" if the field may be blank.

    `class Meta` sees neither the field nor the enum of the model. Therefore a plain `CheckConstraint` takes this
    one's place as soon as the class of the model exists.
    """

    def __init__(self, field: str, name: str, message: str):
        self.field = field
        super().__init__(condition=Q(), name=name, violation_error_message=message)

    def clone(self) -> KnownValues:
        return KnownValues(self.field, self.name, str(self.violation_error_message))

    def for_model(self, model: type[models.Model]) -> models.CheckConstraint:
        field: Any = model._meta.get_field(self.field)
        values = [*([""] if field.blank else []), *(value for value, _ in field.flatchoices)]
        return models.CheckConstraint(
            condition=Q(**{f"{self.field}__in": values}),
            name=self.name,
            violation_error_message=self.violation_error_message,
        )


def resolve_known_values(sender: type[models.Model], **_: Any) -> None:
    sender._meta.constraints = [
        constraint.for_model(sender) if isinstance(constraint, KnownValues) else constraint
        for constraint in sender._meta.constraints
    ]


class_prepared.connect(resolve_known_values)
