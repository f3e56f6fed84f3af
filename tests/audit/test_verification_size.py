"""Verifying a long history takes as many queries as a short one, and bounded memory."""

import tracemalloc

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followups.models import Decision
from sepo_incident.audit.verification import BrokenChain, verify_chain
from tests.audit.chain_tampering import execute_past_triggers, run_deferred_triggers

MANY = 10_000
_INSERT_MANY = """
    INSERT INTO followups_decision (followup_id, kind, version, answers, before, by_id, at)
    SELECT followup_id, 'DONE', number, '{"note": "Sendt igen"}', '{}', by_id, now()
    FROM followups_decision, generate_series(100, %s) AS number WHERE id = %s
"""


def measure_verification() -> tuple[int, int, int]:
    """Return (rows, queries, peak bytes of Python) of one verification."""
    tracemalloc.start()
    with CaptureQueriesContext(connection) as captured:
        rows = verify_chain().rows
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return rows, len(captured), peak


@pytest.mark.django_db
def test_verification_cost_does_not_grow_with_rows(chain):
    _, queries, _ = measure_verification()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_MANY, [MANY + 99, chain[0].pk])
    run_deferred_triggers()
    rows, same_queries, peak = measure_verification()
    assert (rows, same_queries) == (9 + MANY, queries)
    assert peak < 2_500_000
    last = Decision.objects.latest("pk")
    execute_past_triggers([last], "UPDATE followups_decision SET version = 5 WHERE id = {0}")
    with pytest.raises(BrokenChain, match=f"Række {last.pk} .* er ændret"):
        verify_chain()
