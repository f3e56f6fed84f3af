"""Undoing a committed list: letters are withdrawn, and changed facts are restored, as long as nobody has decided.

Letters are withdrawn and not deleted: mails may have been sent, links must lead to a page that says what happened,
and the change history is append-only. A letter that a later list names stays as that list has it. A fact that
somebody has altered since, or whose former text was erased, stays too, and no personnel case becomes public. People
and units stay, because the withdrawn letters refer to both.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from letters.importing.checks import hidden_subjects
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, ImportRow, Incident, Letter, LetterChange, letter_change
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import ERASED_TEXT
from sepo_incident.core.sql_files import read_sql

Kind, Status = LetterChange.Kind, ImportBatch.Status
UNDO_REASON = "Indlæsningen er fortrudt"
LIST_CHANGE_KINDS = [Kind.CHANGED, Kind.WITHDRAWN, Kind.REINSTATED]

_WITHDRAW_SQL = """
    UPDATE letters_letter AS l SET withdrawn_at = %(now)s
    WHERE l.batch_id = %(batch)s AND l.id = ANY(%(letters)s) AND l.withdrawn_at IS NULL
"""
_RESTORE_SQL = read_sql(__file__, "restore_facts.sql")


class LettersHaveDecisions(Exception):
    """Raised when letters of the list have decisions, which undoing never takes back. `letters`: the number."""

    def __init__(self, letters: int):
        super().__init__()
        self.letters = letters


@dataclass(frozen=True)
class UndoPreview:
    """The effects of undoing a batch, as numbers of letters.

    `restored`: given their former facts. `reinstated`: withdrawn by the list, active again. `still_hidden`: made
    personnel cases by the list, and still so. `named_later`: named by a later list, and left alone. `decided`:
    with a decision, which rules undoing out.
    """

    withdrawn: int
    restored: int
    reinstated: int
    still_hidden: int
    named_later: int
    decided: int


def touched_letters(batch: ImportBatch) -> LetterQuerySet:
    """Return the letters that the batch brought in, changed, withdrew or reinstated."""
    altered = LetterChange.objects.filter(batch=batch, kind__in=LIST_CHANGE_KINDS).values("letter")
    return Letter.objects.filter(Q(batch=batch) | Q(pk__in=altered))


def preview_undo(batch: ImportBatch) -> UndoPreview:
    """Return the effects of undoing the batch. Six queries."""
    free = _letters_not_named_later(batch)
    lines = LetterChange.objects.filter(batch=batch, letter__in=free)
    made_personnel = lines.filter(after__contains={"is_personnel_case": True}, letter__is_personnel_case=True)
    taken_up = lines.filter(kind=Kind.REINSTATED).values("letter")
    return UndoPreview(
        withdrawn=free.active().filter(Q(batch=batch) | Q(pk__in=taken_up)).count(),
        restored=lines.filter(kind=Kind.CHANGED).count(),
        reinstated=lines.filter(kind=Kind.WITHDRAWN).exclude(letter__withdrawn_at=None).count(),
        still_hidden=made_personnel.count(),
        named_later=touched_letters(batch).filter(_named_later(batch)).count(),
        decided=touched_letters(batch).decided().count(),
    )


@transaction.atomic
def undo_batch(batch: ImportBatch, by: User | None) -> bool:
    """Undo the batch. Return False if the batch is not committed, so a second undo has no effect.

    Raises LettersHaveDecisions and IncidentClosed. Waits for every other commit in the incident, and for people who
    are deciding about the letters.
    """
    Incident.objects.lock_open(batch.incident_id)
    batch.refresh_from_db()
    if batch.status != Status.COMMITTED:
        return False
    held = list(touched_letters(batch).select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    if decided := Letter.objects.filter(pk__in=held).decided().count():
        raise LettersHaveDecisions(decided)
    now, letters = timezone.now(), list(_letters_not_named_later(batch).values_list("pk", flat=True))
    by_id = by.pk if by else None
    letter_comparison.plan_for_bulk_joins()
    for statement in (_RESTORE_SQL, _WITHDRAW_SQL):
        letter_change.update_with_history(
            statement,
            batch=batch.pk,
            by=by_id,
            reason=UNDO_REASON,
            now=now,
            letters=letters,
            kinds=[kind.value for kind in LIST_CHANGE_KINDS],
            erased_text=ERASED_TEXT,
        )
    hidden_subjects.hide_subjects(batch.incident_id, made_by=batch.pk)
    letter_change.sync_leader_roles(batch.incident_id, by_id)
    batch.status, batch.undone_by, batch.undone_at = Status.UNDONE, by, now
    batch.save(update_fields=["status", "undone_by", "undone_at"])
    letter_comparison.enqueue_comparison_of_waiting_batches(batch.incident_id, besides=batch.pk)
    return True


def _letters_not_named_later(batch: ImportBatch) -> LetterQuerySet:
    return touched_letters(batch).exclude(_named_later(batch))


def _named_later(batch: ImportBatch) -> Exists:
    later = ImportRow.objects.filter(batch__incident=batch.incident_id, batch__status=Status.COMMITTED)
    return Exists(later.filter(batch__committed_at__gt=batch.committed_at, source_ref=OuterRef("source_ref")))
