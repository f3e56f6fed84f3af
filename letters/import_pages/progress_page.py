"""Read model of the progress page of a batch: finished steps, progress and time left."""

from datetime import datetime
from typing import Any, NamedTuple

from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, ImportProgress
from sepo_incident.core import danish

Status = ImportBatch.Status
#: A shorter time left is not shown.
MIN_SECONDS_SHOWN = 3  # seconds


class PhaseStep(NamedTuple):
    """A phase of the work. `state` is "done", "current" or "coming"."""

    label: str
    state: str


def progress_context(batch: ImportBatch, now: datetime) -> dict[str, Any]:
    """Return {batch, counts, progress, steps, percent, time_left}.

    `counts` is None until the batch is being committed.
    """
    progress = ImportProgress.objects.select_related("stop_asked_by").filter(batch=batch).first()
    progress = progress or ImportProgress(batch=batch)
    is_committing = batch.status == Status.COMMITTING
    return {
        "batch": batch,
        "counts": letter_comparison.count_rows(batch) if is_committing else None,
        "progress": progress,
        "steps": phase_steps(progress, progress.COMMITTING if is_committing else progress.READING),
        "percent": 100 * progress.done // progress.total if progress.total else None,
        "time_left": time_left(progress, now),
    }


def phase_steps(progress: ImportProgress, phases: tuple[ImportProgress.Phase, ...]) -> list[PhaseStep]:
    at = phases.index(ImportProgress.Phase(progress.phase)) if progress.phase in phases else -1
    return [
        PhaseStep(phase.label, "done" if number < at else "current" if number == at else "coming")
        for number, phase in enumerate(phases)
    ]


def time_left(progress: ImportProgress, now: datetime) -> str:
    """Return for example «cirka 20 sekunder», or «» if unknown or too short to show."""
    left = progress.left(now)
    return danish.approximate_duration(left) if left and left.total_seconds() >= MIN_SECONDS_SHOWN else ""
