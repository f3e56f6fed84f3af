"""Helpers of the walks over every URL."""

from django.db import connection
from django.urls import reverse

from tests.access.access_rules import ACCESS, ALSO, Access

RULES = [*ACCESS.items(), *ALSO]


def written_rows() -> dict[str, int]:
    """Return table → number of rows inserted, updated and deleted in this transaction. Sessions are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
            WHERE relname <> 'django_session'
            """
        )
        return dict(cursor.fetchall())


def url_of(name: str, access: Access, stage) -> str:
    return reverse(name, args=access.args(stage))
