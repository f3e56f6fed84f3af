"""Letters that a full list no longer has: proposed, withdrawn when somebody says so and why, and taken up again.

A letter that is named in any row is on the list, also where the row was rejected. The proposal stands until the next
list comes in: then that one knows better.
"""

from collections.abc import Collection
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from letters import leader_roles
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Incident, Letter, letter_change
from letters.models.letter import HAS_DECISION, LetterQuerySet
from sepo_incident.accounts.models import User

Status = ImportBatch.Status

_WITHDRAW = letter_change.update_with_history_sql("""
    UPDATE letters_letter AS l SET withdrawn_at = %(now)s
    WHERE l.id = ANY(%(letters)s) AND l.withdrawn_at IS NULL
""")

_REINSTATE = letter_change.update_with_history_sql("""
    UPDATE letters_letter AS l SET withdrawn_at = NULL
    WHERE l.id = %(letter)s AND l.withdrawn_at IS NOT NULL
""")


def mark_as_full_list(batch: ImportBatch, *, is_full: bool) -> bool:
    """It is, or is not, the whole list; False where it is too late to say so. Nothing is withdrawn by it."""
    sayable = ImportBatch.objects.filter(pk=batch.pk, status__in=(Status.CHECKED, Status.COMMITTED))
    return bool(sayable.update(is_full=is_full))


def missing_letters(batch: ImportBatch) -> LetterQuerySet:
    """The standing letters of the incident that a full list does not name; none when it is not full."""
    standing = Letter.objects.active().filter(incident=batch.incident_id)
    if not batch.is_full:
        return standing.none()
    named = batch.rows.filter(source_ref=OuterRef("source_ref"))
    return standing.exclude(batch=batch).exclude(Exists(named))


def count_missing_letters(batch: ImportBatch) -> dict[str, int]:
    """``{letters, decided}``: how many a full list does not name. At most one query."""
    return missing_letters(batch).aggregate(letters=Count("pk"), decided=Count("pk", filter=HAS_DECISION))


def is_newest_batch(batch: ImportBatch) -> bool:
    """No list has come in after it."""
    later = ImportBatch.objects.filter(incident=batch.incident_id, status=Status.COMMITTED)
    return batch.committed_at is not None and not later.filter(committed_at__gt=batch.committed_at).exists()


@transaction.atomic
def withdraw_missing_letters(
    batch: ImportBatch,
    reason: str,
    by: User | None,
    among: Collection[int] | None = None,
    *,
    also_decided: bool = False,
) -> int:
    """Withdraw what the list is missing: the letters ``among`` these, or all; how many.

    One with a decision stays unless ``also_decided``. A letter that somebody has decided about in the meantime
    is as decided as any: whoever decides holds the letter, and we wait for them.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=batch.incident_id)
    batch.refresh_from_db()
    if batch.status != Status.COMMITTED or not is_newest_batch(batch):
        return 0
    wanted = missing_letters(batch) if among is None else missing_letters(batch).filter(pk__in=among)
    held = list(wanted.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    letters = Letter.objects.filter(pk__in=held)
    if not also_decided:
        letters = letters.exclude(HAS_DECISION)
    values: dict[str, Any] = {
        "letters": list(letters.values_list("pk", flat=True)),
        "batch": batch.pk,
        "by": by.pk if by else None,
        "reason": reason,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAW, values)
        withdrawn = cursor.rowcount
    leader_roles.sync_leader_roles(batch.incident_id, values["by"])
    letter_comparison.enqueue_comparison_of_waiting_batches(batch.incident_id, besides=batch.pk)
    return withdrawn


@transaction.atomic
def reinstate_letter(letter: Letter, by: User) -> bool:
    """A letter that was withdrawn is on the list again, as it was; False where it stood already.

    Takes turns with every list that comes in.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=letter.incident_id)
    values = {"letter": letter.pk, "batch": None, "by": by.pk, "reason": "", "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(_REINSTATE, values)
        is_taken_up = cursor.rowcount > 0
    leader_roles.sync_leader_roles(letter.incident_id, by.pk)
    letter_comparison.enqueue_comparison_of_waiting_batches(letter.incident_id)
    return is_taken_up
