"""Hides the subject in the rows of all lists when the letter is a personnel case."""

from collections.abc import Sequence

from letters.importing.files.headers import LABELS
from letters.importing.rows.row_problems import STRAY
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core import database
from sepo_incident.core.sql_files import read_sql

_HIDE_SUBJECTS_SQL = read_sql(__file__, "hide_subjects.sql")


def hide_subjects(
    incident_id: int,
    *,
    source_ref: str | None = None,
    made_by: int | None = None,
    in_batch: int | None = None,
    only: Sequence[int] | None = None,
) -> None:
    """Hide the subjects of personnel cases in all lists of the incident.

    `source_ref`: of that letter only. `made_by`: of the letters that this batch made personnel cases, also by its
    undoing. `in_batch`: in this batch before its commit. `only`: in the rows with these ids.
    """
    values = {
        "incident": incident_id,
        "source_ref": source_ref,
        "made_by": made_by,
        "in_batch": in_batch,
        "only": None if only is None else list(only),
        "hidden": HIDDEN_SUBJECT,
        "subject": LABELS["subject"],
        "stray": STRAY.kind.value,
        "stray_said": STRAY.filled("").message,
    }
    database.execute(_HIDE_SUBJECTS_SQL, values)
