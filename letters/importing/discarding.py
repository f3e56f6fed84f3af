"""Files that never became a list: forgotten by people, or by the clock. That they were here stays on record."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from letters.importing import files
from letters.models import ImportBatch

Status = ImportBatch.Status
NOT_IN_YET = (Status.CHECKED, Status.FAILED, Status.UPLOADED, Status.ASKING)
#: A file in doubt waits for so long, and no longer, for it names recipients.
DAYS = 14
NOT_ANSWERED = (
    f"Ingen har i {DAYS} dage svaret på, hvad der står i kolonnerne. Vi har slettet filen, for den nævner modtagere."
)


def discard(batch: ImportBatch) -> bool:
    """Forget a file that is not in yet; False where it is, or is on its way."""
    return _discard(batch, NOT_IN_YET, why="")


def discard_unanswered() -> int:
    """Forget the files whose question nobody has answered since they were looked into; how many."""
    since = timezone.now() - timedelta(days=DAYS)
    waiting = ImportBatch.objects.filter(status=Status.ASKING, progress__heartbeat_at__lt=since)
    return sum(_discard(batch, [Status.ASKING], why=NOT_ANSWERED) for batch in waiting)


@transaction.atomic
def _discard(batch: ImportBatch, may_go: Collection[str], why: str) -> bool:
    """One statement asks and takes, so that what somebody answered a moment ago is read."""
    waiting = ImportBatch.objects.filter(pk=batch.pk, status__in=may_go)
    if not waiting.update(status=Status.DISCARDED, found=[], refusal=why):
        return False
    batch.rows.all().delete()
    files.forget(batch)
    return True
