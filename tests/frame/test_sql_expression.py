"""`SqlExpression` as text: in a query in a file, an expression stands once, and a column stands for it elsewhere."""

from copy import copy

from sepo_incident.core.sql_expression import sql_expression

TABLES = {"letter": "source_ref"}


def test_a_column_stands_for_the_expression_that_a_query_computes():
    is_own = sql_expression("{letter}.sender_id = {person}", TABLES, person=7)
    query = sql_expression(
        "SELECT {is_own} AS is_own, {others} AS others FROM letters_letter AS letter",
        TABLES,
        is_own=copy(is_own),
        others=~is_own | is_own,
    )
    assert query.as_text({"is_own": is_own}) == (
        "SELECT (letter.sender_id = %s) AS is_own, ((NOT coalesce(is_own, false)) OR (is_own)) AS others"
        " FROM letters_letter AS letter",
        [7],
    )
    text, values = query.as_text({})
    assert (text.count("letter.sender_id = %s"), values) == (3, [7, 7, 7])
