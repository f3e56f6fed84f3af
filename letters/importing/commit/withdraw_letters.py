"""Letters that a full list no longer has: proposed, withdrawn by a person with a reason, and reinstated.

A letter named in any row is on the list, even if the row was rejected. The proposal holds until the next list is
committed.
"""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Count, Exists, OuterRef

from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Incident, Letter, letter_change
from letters.models.letter import HAS_DECISION, LetterQuerySet
from sepo_incident.accounts.models import User

Status = ImportBatch.Status

_WITHDRAW_SQL = """
    UPDATE letters_letter AS l SET withdrawn_at = %(now)s
    WHERE l.id = ANY(%(letters)s) AND l.withdrawn_at IS NULL
"""
_REINSTATE_SQL = """
    UPDATE letters_letter AS l SET withdrawn_at = NULL
    WHERE l.id = %(letter)s AND l.withdrawn_at IS NOT NULL
"""


def mark_as_full_list(batch: ImportBatch, *, is_full: bool) -> bool:
    """Set whether the batch is a full list. Return False if the batch is neither checked nor committed."""
    sayable = ImportBatch.objects.filter(pk=batch.pk, status__in=(Status.CHECKED, Status.COMMITTED))
    return bool(sayable.update(is_full=is_full))


def missing_letters(batch: ImportBatch) -> LetterQuerySet:
    """Return the active letters of the incident that a full list does not name; none if the list is not full."""
    standing = Letter.objects.active().filter(incident=batch.incident_id)
    if not batch.is_full:
        return standing.none()
    named = batch.rows.filter(source_ref=OuterRef("source_ref"))
    return standing.exclude(batch=batch).exclude(Exists(named))


def count_missing_letters(batch: ImportBatch) -> dict[str, int]:
    """Return `{letters, decided}`: the number of missing letters, and of those with a decision. One query."""
    return missing_letters(batch).aggregate(letters=Count("pk"), decided=Count("pk", filter=HAS_DECISION))


def is_newest_batch(batch: ImportBatch) -> bool:
    """Return whether the batch is committed, and no other batch was committed later."""
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
    """Withdraw the letters that the list is missing, `among` some ids or all. Return the number.

    Returns 0 unless the batch is the newest committed batch. A letter with a decision stays unless `also_decided`.
    A letter with a decision saved meanwhile counts as decided: whoever decides locks the letter, and this function
    waits for the lock. Raise IncidentClosed.
    """
    Incident.objects.lock_open(batch.incident_id)
    batch.refresh_from_db()
    if batch.status != Status.COMMITTED or not is_newest_batch(batch):
        return 0
    wanted = missing_letters(batch) if among is None else missing_letters(batch).filter(pk__in=among)
    held = list(wanted.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    letters = Letter.objects.filter(pk__in=held)
    if not also_decided:
        letters = letters.exclude(HAS_DECISION)
    by_id = by.pk if by else None
    ids = list(letters.values_list("pk", flat=True))
    withdrawn = letter_change.update_with_history(_WITHDRAW_SQL, batch=batch.pk, by=by_id, reason=reason, letters=ids)
    letter_change.sync_leader_roles(batch.incident_id, by_id)
    letter_comparison.enqueue_comparison_of_waiting_batches(batch.incident_id, besides=batch.pk)
    return withdrawn


@transaction.atomic
def reinstate_letter(letter: Letter, by: User) -> bool:
    """Make a withdrawn letter active again. Return False if the letter was not withdrawn. Raise IncidentClosed."""
    Incident.objects.lock_open(letter.incident_id)
    reinstated = letter_change.update_with_history(_REINSTATE_SQL, by=by.pk, letter=letter.pk)
    letter_change.sync_leader_roles(letter.incident_id, by.pk)
    letter_comparison.enqueue_comparison_of_waiting_batches(letter.incident_id)
    return reinstated > 0
