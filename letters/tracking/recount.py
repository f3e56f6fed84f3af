"""Recount what is stored of dispatches: what their receipts prove, and the flow that the search has counted."""

from letters.tracking.take_in import proven_sql
from sepo_incident.core import database
from sepo_incident.core.sql_files import read_sql

WRONG_DISPATCHES_SQL = read_sql(__file__, "wrong_dispatches.sql", proven=proven_sql("dispatch_id IS NOT NULL"))
WRONG_FLOW_COUNTS_SQL = read_sql(__file__, "wrong_flow_counts.sql")


def count_wrong_dispatches() -> int:
    """Return how many dispatches say something else than their receipts prove."""
    [(number,)] = database.fetch_all(WRONG_DISPATCHES_SQL)
    return int(number)


def count_wrong_flow_counts() -> int:
    """Return in how many five minutes of a leg the search has counted another number of letters than there is."""
    [(number,)] = database.fetch_all(WRONG_FLOW_COUNTS_SQL)
    return int(number)
