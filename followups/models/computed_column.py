"""A boolean column that the database computes."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q


class ComputedColumn(models.GeneratedField):
    """Boolean column that the database computes from other columns of the row.

    Django's system check would connect to the server, and commands such as `check` run without one. Every supported
    PostgreSQL has stored generated columns.
    """

    def __init__(self, expression: Q, **options: Any) -> None:
        options |= {"output_field": models.BooleanField(), "db_persist": True}
        super().__init__(expression=expression, **options)  # type: ignore[arg-type]  # a Q is an expression

    def _check_supported(self, databases: Any) -> list[Any]:
        return []

    def _check_persistence(self, databases: Any) -> list[Any]:
        return []

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.GeneratedField", args, options
