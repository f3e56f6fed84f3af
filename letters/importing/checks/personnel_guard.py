"""Hides the subject in the rows of all lists when the letter is a personnel case, and logs cases given to onlookers.

Onlookers see every letter for work: the keepers of lists in Koncern IT, and DIT. A list is trusted about a new letter,
because they send letters too; the security log then gets a line. What somebody typed, assigned or repeated opens no
personnel case (`letters.models.visibility.open_readers`).
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from letters.importing.files.headers import LABELS
from letters.importing.rows.row_problems import STRAY
from letters.models import ImportBatch, Incident, Letter, LetterChange
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core import logs
from sepo_incident.core.sql_files import read_sql

_HIDE_SUBJECTS_SQL = read_sql(__file__, "hide_subjects.sql")


def hide_subjects_in_all_batches(incident: Incident, source_ref: str | None = None) -> None:
    """Hide the subjects of personnel cases in all lists of the incident. `source_ref`: hide for that letter only."""
    _hide_subjects(incident.pk, mark_rows=True, source_ref=source_ref)


def hide_new_personnel_subjects(batch: ImportBatch) -> None:
    """Hide, in all lists, the subjects of letters that this batch made personnel cases, also by its undoing."""
    _hide_subjects(batch.incident_id, mark_rows=True, made_by=batch.pk)


def hide_subjects_in_batch(batch: ImportBatch, only: Sequence[int] | None) -> None:
    """Hide the subjects of letters that are personnel cases before the batch is committed.

    The rows stay as the list says, because the list may correct what made a letter a personnel case. `only`: ids of
    some rows.
    """
    _hide_subjects(batch.incident_id, mark_rows=False, in_batch=batch.pk, only=None if only is None else list(only))


def _hide_subjects(incident_id: int, *, mark_rows: bool, **rows: Any) -> None:
    values = {
        "incident": incident_id,
        "mark_rows": mark_rows,
        **dict.fromkeys(("source_ref", "made_by", "in_batch", "only")),
        **rows,
        "hidden": HIDDEN_SUBJECT,
        "subject": LABELS["subject"],
        "stray": STRAY.kind.value,
        "stray_said": STRAY.filled("").message,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HIDE_SUBJECTS_SQL, values)


BARRED_ROLES = (Membership.Role.KIT_ADMIN, Membership.Role.DIT_SUPPORT)


def barred_users() -> QuerySet[User]:
    """Return the users with a role in `BARRED_ROLES`."""
    return User.objects.filter(pk__in=Membership.objects.filter(role__in=BARRED_ROLES).values("user"))


def log_personnel_cases_given(batch_id: int) -> None:
    """Write a line in the security log if a committed batch has given a barred user a personnel case."""
    changed = LetterChange.objects.filter(batch=batch_id).values("letter")
    touched = Letter.objects.filter(Q(batch=batch_id) | Q(pk__in=changed), is_personnel_case=True)
    if given := touched.filter(Q(sender__in=barred_users()) | Q(leader__in=barred_users())).count():
        by = ImportBatch.objects.values_list("committed_by", flat=True).get(pk=batch_id)
        logs.log_security_event("personnel_case_to_onlooker", by, batch_id=batch_id, count=given)
