"""The lists that wait while another one alters the letters they were held against."""

from letters.models import ImportBatch
from sepo_incident import bells


def judge_after(batch: ImportBatch) -> None:
    """Ring, for each of the incident's other lists, to have it judged anew when this transaction has committed.

    Nothing hangs on the bell: a list is judged as it comes in, and its totals are held against what was confirmed.
    """
    waiting = ImportBatch.objects.filter(incident=batch.incident_id, status=ImportBatch.Status.CHECKED)
    for pk in waiting.exclude(pk=batch.pk).values_list("pk", flat=True):
        bells.ring("letters.tasks.judge_batch", args=[pk])
