"""Statements that a connection plans once (`core.database.execute_planned`)."""

import pytest
from django.db import DataError, connection, transaction

from sepo_incident.core import database
from sepo_incident.core.database import MAX_PLANNED, fetch_planned

pytestmark = pytest.mark.django_db

SUM = "SELECT %s::int + %s::int, '100 %%'"


def planned_texts():
    return [text for (text,) in database.fetch_all("SELECT statement FROM pg_prepared_statements")]


def test_same_plan_serves_other_values(django_assert_num_queries):
    with django_assert_num_queries(2):  # planning is no query of the page
        assert fetch_planned(SUM, [1, 2]) == [(3, "100 %")]
        assert fetch_planned(SUM, [3, None]) == [(None, "100 %")]
    assert sum(text.endswith("SELECT $1::int + $2::int, '100 %'") for text in planned_texts()) == 1


def test_values_by_name_may_come_twice():
    assert fetch_planned("SELECT %(a)s::int - %(b)s::int + %(a)s::int", {"b": 1, "a": 5}) == [(9,)]


def test_statement_that_fails_is_a_database_error_and_may_come_again():
    with pytest.raises(DataError), transaction.atomic():
        fetch_planned("SELECT 1 / %s::int", [0])
    assert fetch_planned("SELECT 1 / %s::int", [1]) == [(1,)]


def test_connection_keeps_a_limited_number_of_plans():
    for number in range(MAX_PLANNED + 3):
        assert fetch_planned(f"SELECT %s::int + {number}", [0]) == [(number,)]
    assert len(planned_texts()) <= MAX_PLANNED
    assert fetch_planned("SELECT %s::int + 0", [7]) == [(7,)]


@pytest.mark.django_db(transaction=True)
def test_new_connection_plans_anew():
    assert fetch_planned(SUM, [1, 1]) == [(2, "100 %")]
    connection.close()
    assert fetch_planned(SUM, [1, 1]) == [(2, "100 %")]
