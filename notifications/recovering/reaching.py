"""Whom our mails do not reach: written on the person, so that their letters stand on *Mangler ansvarlig*.

letters and accounts may not look up here, so this looks at the mails and tells them, again and again: what it writes
is always what the mails say now, and nobody needs to remember to lift it.
"""

from __future__ import annotations

from django.db import connection
from django.utils import timezone

from notifications.models import Delivery
from notifications.showing.explaining import what_happened
from sepo_incident.accounts.models import User

LONGEST = 200
#: since when is kept where only the reason is another
MARK = """
    UPDATE accounts_user
    SET unreachable_since = coalesce(unreachable_since, %s), unreachable_why = failed.why
    FROM unnest(%s::bigint[], %s::text[]) AS failed (person, why)
    WHERE accounts_user.id = failed.person AND unreachable_why <> failed.why
"""


def follow() -> None:
    """Mark those whom the newest mail to their address did not reach, with why, and lift the mark of all others."""
    failed = {one.recipient_id: what_happened(one).rstrip(".")[:LONGEST] for one in newest_unreached()}
    people = list(failed)
    marked = User.objects.filter(unreachable_since__isnull=False)
    marked.exclude(pk__in=people).update(unreachable_since=None, unreachable_why="")  # type: ignore[misc]
    with connection.cursor() as cursor:
        cursor.execute(MARK, [timezone.now(), people, list(failed.values())])


def newest_unreached() -> list[Delivery]:
    """One for each person; few, for each is somebody's work."""
    unreached = Delivery.objects.unreached().filter(recipient__isnull=False)
    return list(unreached.order_by("recipient", "-pk").distinct("recipient").prefetch_related("evidence"))
