"""The lists that wait while another one alters the letters they were held against."""

from letters.models import ImportBatch
from sepo_incident import bells


def judge_after(incident_id: int, besides: int = 0) -> None:
    """Ring for each of the incident's lists but ``besides``, to have it judged anew when this has committed.

    Nothing hangs on the bell: a list is judged as it comes in, and its totals are held against what was confirmed.
    """
    waiting = ImportBatch.objects.filter(incident=incident_id, status=ImportBatch.Status.CHECKED)
    for pk in waiting.exclude(pk=besides).values_list("pk", flat=True):
        bells.ring("letters.tasks.judge_batch", args=[pk])
