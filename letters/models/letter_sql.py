"""Conditions and values of letters, written in SQL over the letter and the tables that belong to it."""

from __future__ import annotations

from typing import Any

from django.db.models import Field

from sepo_incident.core.sql_expression import SqlExpression, sql_expression

#: {name in the SQL: lookup path from a letter}. The tables of the apps above are given by name.
LETTER_TABLES = {
    "letter": "source_ref",
    "incident": "incident__status",
    "followup": "followup__status",
    "escalation": "followup__escalation__desk",
    "arrival": "newest_arrival__has_arrived",
}


def letter_condition(text: str, **values: Any) -> SqlExpression:
    """Return a condition on letters: `sql_expression` over `LETTER_TABLES`."""
    return sql_expression(text, LETTER_TABLES, **values)


def letter_expression(text: str, output_field: Field[Any, Any], **values: Any) -> SqlExpression:
    """Return a value of letters: `sql_expression` over `LETTER_TABLES`."""
    return sql_expression(text, LETTER_TABLES, output_field, **values)
