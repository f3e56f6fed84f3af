"""A column that the database computes."""

from __future__ import annotations

from typing import Any

from django.db import models


class ComputedColumn(models.GeneratedField):
    """Column, boolean unless `output_field` says otherwise, that the database computes from others of the row.

    Django's system check would connect to the server, and commands such as `check` run without one. Every supported
    PostgreSQL has stored generated columns.
    """

    def __init__(self, expression: Any, output_field: models.Field[Any, Any] | None = None, **options: Any) -> None:
        options |= {"output_field": output_field or models.BooleanField(), "db_persist": True}
        super().__init__(expression=expression, **options)

    def _check_supported(self, databases: Any) -> list[Any]:
        return []

    def _check_persistence(self, databases: Any) -> list[Any]:
        return []

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.GeneratedField", args, options
