"""A long history is looked through with as many queries as a short one, and without holding it in memory.

How long a million rows take: ``make bench-audit``.
"""

import tracemalloc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followups.models import Decision
from sepo_incident.audit.verification import BrokenChain, verify_chain
from tests.audit.conftest import as_superuser, committed

MANY = 20_000
_MANY = """
    INSERT INTO followups_decision (followup_id, kind, version, answers, before, by_id, at)
    SELECT followup_id, 'DONE', number, '{"note": "Sendt igen"}', '{}', by_id, now()
    FROM followups_decision, generate_series(100, %s) AS number WHERE id = %s
"""


def looked_through() -> tuple[int, int, int]:
    """(Rows, queries, the most bytes that Python held)."""
    tracemalloc.start()
    with CaptureQueriesContext(connection) as captured:
        rows = verify_chain().rows
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return rows, len(captured), peak


@pytest.mark.django_db
def test_it_takes_no_more_queries_and_no_more_memory(chain):
    _, queries, _ = looked_through()
    with connection.cursor() as cursor:
        cursor.execute(_MANY, [MANY + 99, chain[0].pk])
    committed()
    rows, same_queries, peak = looked_through()
    assert (rows, same_queries) == (9 + MANY, queries)
    assert peak < 5_000_000
    last = Decision.objects.latest("pk")
    as_superuser([last], "UPDATE followups_decision SET version = 5 WHERE id = {0}")
    with pytest.raises(BrokenChain, match=f"Række {last.pk} .* er ændret"):
        verify_chain()
