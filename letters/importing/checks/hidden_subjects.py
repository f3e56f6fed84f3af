"""Hides the subject in the rows of all lists when the letter is a personnel case."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from letters.importing.files.headers import LABELS
from letters.importing.rows.row_problems import STRAY
from letters.models import ImportBatch, Incident
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core.sql_files import read_sql

_HIDE_SUBJECTS_SQL = read_sql(__file__, "hide_subjects.sql")


def hide_subjects_in_all_batches(incident: Incident, source_ref: str | None = None) -> None:
    """Hide the subjects of personnel cases in all lists of the incident. `source_ref`: hide for that letter only."""
    _hide_subjects(incident.pk, source_ref=source_ref)


def hide_new_personnel_subjects(batch: ImportBatch) -> None:
    """Hide, in all lists, the subjects of letters that this batch made personnel cases, also by its undoing."""
    _hide_subjects(batch.incident_id, made_by=batch.pk)


def hide_subjects_in_batch(batch: ImportBatch, only: Sequence[int] | None) -> None:
    """Hide the subjects of letters that are personnel cases before the batch is committed.

    `only`: ids of some rows.
    """
    _hide_subjects(batch.incident_id, in_batch=batch.pk, only=None if only is None else list(only))


def _hide_subjects(incident_id: int, **rows: Any) -> None:
    values = {
        "incident": incident_id,
        **dict.fromkeys(("source_ref", "made_by", "in_batch", "only")),
        **rows,
        "hidden": HIDDEN_SUBJECT,
        "subject": LABELS["subject"],
        "stray": STRAY.kind.value,
        "stray_said": STRAY.filled("").message,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HIDE_SUBJECTS_SQL, values)
