"""Recount stored facts of dispatches from the receipts, and the counted flow from the dispatches."""

from letters.tracking.take_in import proven_sql
from sepo_incident.core import database
from sepo_incident.core.sql_files import read_sql

WRONG_OUTCOMES_SQL = read_sql(__file__, "wrong_outcomes.sql", proven=proven_sql("dispatch_id IS NOT NULL"))
WRONG_FLOW_COUNTS_SQL = read_sql(__file__, "wrong_flow_counts.sql")


def count_wrong_outcomes() -> int:
    """Return the number of dispatches with a wrong outcome."""
    [(number,)] = database.fetch_all(WRONG_OUTCOMES_SQL)
    return int(number)


def count_wrong_flow_counts() -> int:
    """Return the number of buckets whose counted letters differ from the dispatches."""
    [(number,)] = database.fetch_all(WRONG_FLOW_COUNTS_SQL)
    return int(number)
