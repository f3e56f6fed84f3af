"""Selection of the changes that a commit accepts. Selecting changes nothing until the list is committed."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q, QuerySet

from letters.models import ImportBatch, ImportRow


@transaction.atomic
def choose_changes(batch: ImportBatch, shown: Collection[int], chosen: Collection[int]) -> None:
    """Select the ticked rows among the rows that were shown, and deselect the rest. Two statements."""
    rows = _open_changes(batch).filter(pk__in=shown)
    _set_chosen(rows.filter(pk__in=chosen), is_chosen=True)
    _set_chosen(rows.exclude(pk__in=chosen), is_chosen=False)


def choose_all_changes(batch: ImportBatch, *, is_chosen: bool) -> None:
    """Select or deselect all changes of the batch."""
    _set_chosen(_open_changes(batch), is_chosen=is_chosen)


def _open_changes(batch: ImportBatch) -> QuerySet[ImportRow]:
    """Return the changed rows that can still be selected: rows of a list that is not being committed."""
    waiting = Q(batch__status=ImportBatch.Status.CHECKED, verdict=ImportRow.Verdict.CHANGED)
    return batch.rows.filter(waiting)


def _set_chosen(rows: QuerySet[ImportRow], *, is_chosen: bool) -> None:
    rows.exclude(is_chosen=is_chosen).update(is_chosen=is_chosen)
