"""Bulk decisions: start, process at once or in a worker, undo.

A transaction handles up to 500 letters and writes the result of every letter with the decision itself. After a worker
is killed, the next worker continues with the remaining letters, and no letter is handled twice.
"""

from collections.abc import Callable, Mapping

from django.db import OperationalError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from followups.models import BulkDecision, BulkLetter, Consequence, Decision, FollowUp
from followups.rules import rights
from followups.services.decisions import (
    RequestedDecision,
    create_bulk_decision,
    decide_next_letters,
    save_results,
)
from followups.services.state_machine import (
    ONLY_SENDER_OR_LEADER,
    UNDECIDED_FIELDS,
    WITHDRAWN,
    Kind,
    Status,
    Transition,
    advance_each,
    lock_followups_and_letters,
    split_eligible,
)
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.core import database, task_queue
from sepo_incident.core.database import advisory_lock

State = BulkLetter.State

IMMEDIATE_LIMIT = 500  # letters; a worker handles more, and the page shows the progress
CHUNK_SIZE = 500  # letters in a transaction of the worker, about a second
LOCK_NAMESPACE = 20191211  # of the advisory locks in this module

INTERNAL_ERROR = "Der skete en fejl hos os. Brevet er ikke ændret. Prøv igen."
#: Why a decision is not undone.
REPLACED_ANOTHER_DECISION = "Brevet havde en anden beslutning før. Ret den på brevets egen side."
NOT_UNDOABLE_IN = {
    Status.OPEN: "Brevet har ingen beslutning mere.",
    Status.CONFIRMED: "Lederen har bekræftet beslutningen.",
    Status.SENT_BACK: "Lederen har sendt brevet tilbage med et spørgsmål.",
}


@transaction.atomic
def start_bulk_decision(requested: Mapping[Letter, RequestedDecision], by: User, way: BulkDecision.Way) -> BulkDecision:
    """Decide about the letters: at once, or in a worker for more than `IMMEDIATE_LIMIT` letters.

    A repeated request returns the existing bulk decision. The lock on the user makes a concurrent request wait for
    the first.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if repeated := _find_repeated(requested, by):
        return repeated
    bulk = create_bulk_decision(requested, by, way)
    if len(requested) > IMMEDIATE_LIMIT:
        task_queue.enqueue_on_commit("followups.tasks.continue_bulk_decision", args=[bulk.pk])
    else:
        decide_next_letters(bulk, IMMEDIATE_LIMIT)
    return bulk


def _find_repeated(requested: Mapping[Letter, RequestedDecision], by: User) -> BulkDecision | None:
    """Return the user's bulk decision with the same letters, versions and answers: the button was pressed twice."""
    wanted = {letter.pk: (one.version, one.answers.as_json()) for letter, one in requested.items()}
    rows = BulkLetter.objects.filter(letter__in=wanted, state__in=[State.WAITING, State.DECIDED])
    for bulk in BulkDecision.objects.filter(pk__in=rows.values("bulk"), by=by).order_by("-pk"):
        letters = bulk.letters.values_list("letter", "version", "answers")
        if {pk: (version, answers) for pk, version, answers in letters} == wanted:
            return bulk
    return None


def continue_bulk_decision(bulk_id: int) -> None:
    """Handle the remaining letters, unless another worker does.

    After an OperationalError the remaining letters are left for a later attempt. Any other error would recur forever,
    so the remaining letters are skipped with a reason. Both errors are raised again.
    """
    with advisory_lock(LOCK_NAMESPACE, bulk_id) as is_mine:
        try:
            while is_mine and _process_next_chunk(bulk_id):
                pass
        except OperationalError:
            raise
        except Exception:
            _abandon_rest(bulk_id)
            raise


@transaction.atomic
def _process_next_chunk(bulk_id: int) -> bool:
    """Handle the next `CHUNK_SIZE` letters. Return whether there were any.

    The lock on the bulk decision makes an undo wait for the chunk.
    """
    bulk = _lock_bulk_decision(bulk_id)
    bulk.heartbeat_at = database.now()
    bulk.save(update_fields=["heartbeat_at"])
    return bool(_undo_next_letters(bulk, CHUNK_SIZE) if bulk.undo_asked_at else decide_next_letters(bulk, CHUNK_SIZE))


def requeue_stalled_bulk_decisions() -> None:
    """Queue a task for bulk decisions without a heartbeat for `STALLED_AFTER`: a killed worker or a lost task."""
    since = database.now() - task_queue.STALLED_AFTER
    quiet = Q(heartbeat_at__lt=since) | Q(heartbeat_at=None, asked_at__lt=since)
    letters = BulkLetter.objects.filter(bulk=OuterRef("pk"))
    undoing = Q(undo_asked_at__isnull=False) & Exists(letters.filter(state=State.DECIDED))
    unfinished = BulkDecision.objects.filter(Exists(letters.filter(state=State.WAITING)) | undoing)
    for pk in unfinished.filter(quiet).order_by("pk").values_list("pk", flat=True):
        task_queue.enqueue_on_commit("followups.tasks.continue_bulk_decision", args=[pk])


@transaction.atomic
def _abandon_rest(bulk_id: int) -> None:
    """Give up after an error in our code.

    A decision that was not undone stays, and the person may ask for the undo again.
    """
    bulk = _lock_bulk_decision(bulk_id)
    if bulk.undo_asked_at is None:
        bulk.letters.filter(state=State.WAITING).update(state=State.SKIPPED, why=INTERNAL_ERROR)
    else:
        bulk.undo_asked_at = None
        bulk.save(update_fields=["undo_asked_at"])


@transaction.atomic
def undo_bulk_decision(bulk: BulkDecision) -> None:
    """Undo the decisions, at once or in a worker. A letter that has changed since keeps the decision.

    Does nothing while letters wait for a decision, or if undo was asked for already.
    """
    locked = _lock_bulk_decision(bulk.pk)
    if locked.undo_asked_at or locked.letters.filter(state=State.WAITING).exists():
        return
    locked.undo_asked_at = timezone.now()
    locked.save(update_fields=["undo_asked_at"])
    if locked.letters.filter(state=State.DECIDED).count() > IMMEDIATE_LIMIT:
        task_queue.enqueue_on_commit("followups.tasks.continue_bulk_decision", args=[locked.pk])
    else:
        _undo_next_letters(locked, IMMEDIATE_LIMIT)


def _lock_bulk_decision(bulk_id: int) -> BulkDecision:
    return BulkDecision.objects.select_for_update(of=("self",), no_key=True).select_related("by").get(pk=bulk_id)


def _undo_next_letters(bulk: BulkDecision, at_most: int) -> int:
    """Undo up to `at_most` letters and save the result of every letter. Return the number of letters handled."""
    rows = {row.letter_id: row for row in bulk.letters.filter(state=State.DECIDED).order_by("pk")[:at_most]}
    found = split_eligible(lock_followups_and_letters(list(rows)), _refusal_to_undo(bulk, rows))
    advance_each(
        [Transition(followup, UNDECIDED_FIELDS, {}) for followup in found.eligible],
        Kind.UNDONE,
        bulk.by,
        bulk_decision=bulk,
    )
    Consequence.objects.filter(followup__in=found.eligible).delete()
    reasons = {letter.pk: why for letter, why in found.skipped}
    for pk, row in rows.items():
        row.why = reasons.get(pk, "")
        row.state = State.KEPT if row.why else State.UNDONE
    save_results(list(rows.values()))
    return len(rows)


def _refusal_to_undo(bulk: BulkDecision, rows: Mapping[int, BulkLetter]) -> Callable[[FollowUp], str]:
    made = Decision.objects.filter(bulk_decision=bulk, kind=Kind.DECIDED, followup__letter__in=rows)
    # `before` holds only changed columns, so a decision that replaced a decision may have no status there
    first = made.filter(before__status=Status.OPEN)
    had_another = set(made.exclude(pk__in=first.values("pk")).values_list("followup", flat=True))
    allowed = rights.rights_by_letter(bulk.by, rows)

    def why_not(followup: FollowUp) -> str:
        if followup.letter.withdrawn_at:
            return WITHDRAWN
        if refusal := NOT_UNDOABLE_IN.get(Status(followup.status)):
            return refusal
        if followup.version != rows[followup.letter_id].version + 1:
            return "Brevet er ændret siden."
        if not allowed[followup.letter_id].decide:
            return ONLY_SENDER_OR_LEADER.format("fortryde")
        return REPLACED_ANOTHER_DECISION if followup.pk in had_another else ""

    return why_not
