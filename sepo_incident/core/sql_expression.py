"""`SqlExpression`: a condition or a value of a row, written in SQL, for `filter`, `annotate` and `Count(filter=…)`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Expression, F, Field, IntegerField, Q, Subquery
from django.utils.functional import cached_property

from sepo_incident.core import database


class _Table(NamedTuple):
    name: str


class _Value(NamedTuple):
    value: Any


class SqlExpression(Expression):
    """A condition or a value of the row of a queryset and of related rows, made by `sql_expression`.

    Conditions combine by `|`, `&` and `~` with each other and with a `Q`. Under `~`, NULL is false. Django resolves
    one column for each table, and not each lookup as in a `Q`.
    """

    def __init__(self, parts: tuple[Any, ...], tables: Mapping[str, str], output_field: Field[Any, Any]) -> None:
        """`parts`: SQL, tables, values, expressions of the same tables and of Django, in the order of the text."""
        super().__init__(output_field=output_field)
        self.parts, self.tables = parts, tables

    @cached_property
    def all_parts(self) -> list[Any]:
        """The parts, with those of the expressions of the same tables in the place of the expressions."""
        found: list[Any] = []
        for part in self.parts:
            found.extend(part.all_parts if isinstance(part, SqlExpression) else [part])
        return found

    @cached_property
    def names(self) -> list[str]:
        """The names of the tables in the SQL."""
        return list(dict.fromkeys(part.name for part in self.all_parts if isinstance(part, _Table)))

    @cached_property
    def sources(self) -> list[Any]:
        """A column of each table, and then the expressions of Django. Django resolves them, and joins the tables."""
        columns = [F(self.tables[name]) for name in self.names]
        return columns + [part for part in self.all_parts if hasattr(part, "resolve_expression")]

    def get_source_expressions(self) -> list[Any]:
        return self.sources

    def set_source_expressions(self, exprs: Any) -> None:
        self.sources = list(exprs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        sources, texts, params = iter(self.sources), [], []
        aliases = {name: compiler.quote_name(next(sources).alias) for name in self.names}
        for part in self.all_parts:
            if isinstance(part, str):
                texts.append(part)
            elif isinstance(part, _Table):
                texts.append(aliases[part.name])
            elif isinstance(part, _Value):
                texts.append("%s")
                params.append(part.value)
            else:
                text, values = compiler.compile(next(sources))
                texts.append(text)
                params.extend(values)
        return f"({''.join(texts)})", params

    def as_text(self, columns: Mapping[str, SqlExpression]) -> tuple[str, list[Any]]:
        """Return the SQL and its parameters, for a query whose tables have the names of `tables`.

        `columns`: {column that the query computes: its expression}. The column stands for the expression, wherever it
        is part of another. A copy of the expression is written in full.
        """
        known = {id(expression): column for column, expression in columns.items()}
        texts: list[str] = []
        params: list[Any] = []
        self._write(texts, params, known)
        return "".join(texts), params

    def fetch(self, columns: Mapping[str, SqlExpression] = MappingProxyType({})) -> list[tuple[Any, ...]]:
        """Return the rows of the text, which is a whole query. `columns`: see `as_text`."""
        return database.fetch_all(*self.as_text(columns))

    def fetch_planned(self) -> list[tuple[Any, ...]]:
        """Return the rows of the text, which is a whole query that each connection plans only once."""
        return database.fetch_planned(*self.as_text({}))

    def _write(self, texts: list[str], params: list[Any], known: Mapping[int, str]) -> None:
        for part in self.parts:
            if isinstance(part, str):
                texts.append(part)
            elif isinstance(part, _Table):
                texts.append(part.name)
            elif isinstance(part, _Value):
                texts.append("%s")
                params.append(part.value)
            elif id(part) in known:
                texts.append(known[id(part)])
            elif isinstance(part, Subquery):  # of its own tables
                text, values = part.query.sql_with_params()
                texts.append(f"({text})")
                params.extend(values)
            else:
                part._write(texts, params, known)

    def on(self, tables: Mapping[str, str]) -> SqlExpression:
        """Return the same expression for rows of another model, from which `tables` leads to the tables."""
        return self._with(*self.parts, tables=tables)

    @property
    def or_false(self) -> SqlExpression:
        """The condition, with false instead of NULL."""
        return self._with("coalesce(", self, ", false)")

    def _with(self, *parts: Any, tables: Mapping[str, str] | None = None) -> SqlExpression:
        return SqlExpression(parts, tables or self.tables, self.output_field)

    def __or__(self, other: Any) -> Any:
        if not isinstance(other, SqlExpression):
            return Q(self) | other
        return self._with("(", self, ") OR (", other, ")")

    def __and__(self, other: Any) -> Any:
        if not isinstance(other, SqlExpression):
            return Q(self) & other
        return self._with("(", self, ") AND (", other, ")")

    def __invert__(self) -> SqlExpression:  # type: ignore[override]
        return self._with("NOT coalesce(", self, ", false)")


class SqlCounts(SqlExpression):
    """An array with the number of rows that match each of some conditions, in one expression for `annotate`."""

    contains_aggregate = True

    def __init__(self, conditions: Iterable[SqlExpression]) -> None:
        """`conditions`: at least one, all of them on rows of the same tables."""
        each = list(conditions)
        parts = [part for one in each for part in (", ", "count(*) FILTER (WHERE ", one, ")")]
        super().__init__(("ARRAY[", *parts[1:], "]"), each[0].tables, ArrayField(IntegerField()))

    def get_group_by_cols(self) -> list[Any]:
        return []


def sql_expression(
    text: str, tables: Mapping[str, str], output_field: Field[Any, Any] | None = None, /, **values: Any
) -> SqlExpression:
    """Return the expression `text`; without `output_field` it is a condition.

    `{name}` in the text is the alias of one of `tables`, or one of `values`. A value is a parameter of the query (an
    array of a list), an `SqlExpression` of the same tables, or another expression of Django.
    `tables`: {name of a table in the text: lookup path from the queryset's model to a column of the table that is not
    its key}.
    """
    parts: list[Any] = []
    for place, piece in enumerate(_split(text)):
        is_name = place % 2 == 1
        value = values.get(piece) if is_name else piece
        if isinstance(value, SqlExpression):
            parts += ["(", value, ")"]
        elif is_name and piece in tables:
            parts.append(_Table(piece))
        elif is_name and not hasattr(value, "resolve_expression"):
            parts.append(_Value(values[piece]))
        else:
            parts.append(value)
    return SqlExpression(tuple(parts), tables, output_field or BooleanField())


@cache
def _split(text: str) -> list[str]:
    return re.split(r"\{(\w+)\}", text)
