"""Letters that a full list no longer has: proposed, withdrawn by a person with a reason, and reinstated.

A letter named in any row is on the list, even if the row was rejected. The proposal holds until the next list is
committed. A letter of an alarm is withdrawn when its receipt comes.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Subquery

from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Incident, Letter, LetterChange, Receipt, letter_change
from letters.models.letter import HAS_DECISION, LetterQuerySet
from sepo_incident.accounts.models import User
from sepo_incident.core import danish

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
    return _withdraw(batch.incident_id, {reason: wanted}, by, batch, also_decided=also_decided)


def _withdraw(
    incident_id: int,
    wanted: Mapping[str, LetterQuerySet],
    by: User | None,
    batch: ImportBatch | None = None,
    *,
    also_decided: bool = False,
) -> int:
    """Withdraw letters of an incident, which the caller holds, for the reasons {reason: letters}. Return the number."""
    by_id, batch_id, withdrawn = by.pk if by else None, batch.pk if batch else None, 0
    for reason, letters in wanted.items():
        held = list(letters.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        letters = Letter.objects.filter(pk__in=held)
        if not also_decided:
            letters = letters.exclude(HAS_DECISION)
        withdrawn += letter_change.update_with_history(
            _WITHDRAW_SQL, batch=batch_id, by=by_id, reason=reason, letters=list(letters.values_list("pk", flat=True))
        )
    letter_change.sync_leader_roles(incident_id, by_id)
    letter_comparison.enqueue_comparison_of_waiting_batches(incident_id, besides=batch_id or 0)
    return withdrawn


_RECEIPTS = Receipt.objects.filter(
    is_delivered=True,
    dispatch__outcome__is_delivered=True,
    dispatch__channel=OuterRef("batch__alarm__channel"),
    dispatch__source_id=OuterRef("source_ref"),
)
#: When the newest receipt came that says that the letter of an alarm has arrived, or NULL.
ARRIVED_AT = Subquery(_RECEIPTS.order_by("-received_at").values("received_at")[:1])


def arrived_letters(letters: LetterQuerySet) -> LetterQuerySet:
    """Return those letters of alarms that have arrived, with the alias `arrived_at`."""
    return letters.exclude(batch__alarm=None).alias(arrived_at=ARRIVED_AT).exclude(arrived_at=None)


@transaction.atomic
def withdraw_arrived_letters() -> int:
    """Withdraw the letters that have arrived, with the receipt as the reason. Return the number.

    A letter with a decision stays, and so does a letter that a person has reinstated since its receipt came.
    """
    again = LetterChange.objects.filter(letter=OuterRef("pk"), kind=LetterChange.Kind.REINSTATED)
    letters = Letter.objects.active().exclude(HAS_DECISION).exclude(incident__status=Incident.Status.CLOSED)
    letters = arrived_letters(letters).exclude(Exists(again.filter(at__gte=OuterRef("arrived_at"))))
    arrived: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for pk, incident_id, arrived_at in letters.values_list("pk", "incident_id", ARRIVED_AT):
        arrived[incident_id][f"Kvitteringen kom {danish.moment(arrived_at)}"].append(pk)
    withdrawn = 0
    for incident_id, reasons in sorted(arrived.items()):
        Incident.objects.lock_open(incident_id)
        wanted = {reason: Letter.objects.filter(pk__in=ids) for reason, ids in reasons.items()}
        withdrawn += _withdraw(incident_id, wanted, by=None)
    return withdrawn


@transaction.atomic
def reinstate_letter(letter: Letter, by: User) -> bool:
    """Make a withdrawn letter active again. Return False if the letter was not withdrawn. Raise IncidentClosed."""
    Incident.objects.lock_open(letter.incident_id)
    reinstated = letter_change.update_with_history(_REINSTATE_SQL, by=by.pk, letter=letter.pk)
    letter_change.sync_leader_roles(letter.incident_id, by.pk)
    letter_comparison.enqueue_comparison_of_waiting_batches(letter.incident_id)
    return reinstated > 0
