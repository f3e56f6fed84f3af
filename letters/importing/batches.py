"""A batch's way through the import: received, read and checked, committed or discarded. What views and tasks call.

Whoever works on a batch holds its advisory lock, which the database lets go the moment a worker dies: the next one
begins the step anew, and nothing is done twice.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import BinaryIO

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from letters.importing import asking, duplicates, files, plan, progress, reader, staging, traces
from letters.importing import commit as committing
from letters.importing.discarding import discard
from letters.importing.progress import Phase, Progress
from letters.importing.two_names import remark_on
from letters.models import ImportBatch, ImportProgress, Incident
from letters.onlookers import note_what_they_were_given
from sepo_incident import bells, cpr, danish
from sepo_incident.accounts.models import User
from sepo_incident.alone import alone

Status = ImportBatch.Status
QUIET = timedelta(seconds=40)  # a step without a sign of life for so long is rung for again
LOCK_SPACE = 20191209  # the advisory locks of this module
STOPPED = "Indlæsningen blev stoppet, og ingen breve er indlæst."
NOT_BROUGHT_IN = "Der skete en fejl hos os, og intet er indlæst. Prøv igen. Bliver det ved, så skriv til DIT@buf.kk.dk."


@transaction.atomic
def receive(
    incident: Incident, filename: str, content: bytes | BinaryIO, by: User | None, is_to_ask: bool = False
) -> tuple[ImportBatch, bool]:
    """(the batch, whether it is to be read). The same bytes give the batch they gave before.

    A file that could not be read, or was discarded, begins again. ``is_to_ask``: its columns are to be confirmed,
    however certain they are. Raises ``reader.Refused``.
    """
    file = files.as_file(content)
    reader.look(file)
    standing = ImportBatch.objects.exclude(status=Status.UNDONE)  # what was undone may come again, as another
    batch, is_new = standing.select_for_update().get_or_create(
        incident=incident,
        sha256=files.sha256_of(file),
        defaults={"filename": cpr.mask(filename)[-255:], "created_by": by},
    )
    if not is_new and batch.status not in (Status.FAILED, Status.DISCARDED):
        return batch, False
    batch.rows.all().delete()
    batch.status, batch.refusal, batch.checked_at = Status.UPLOADED, "", None
    batch.blank_rows = batch.total_rows = 0
    batch.mapping, batch.remarks, batch.found = [], [], []
    batch.sheets, batch.sheet_names, batch.sheet_fields = [], [], []
    batch.is_to_ask = is_to_ask
    batch.takes, batch.is_full = ImportBatch.Take.ALL, False
    batch.filename = cpr.mask(filename)[-255:]
    batch.save()
    files.keep(batch, file)
    _afresh(batch)
    return batch, True


def _afresh(batch: ImportBatch) -> None:
    """No worker has begun the step, and nobody has asked it to stop."""
    ImportProgress.objects.filter(batch=batch).delete()
    ImportProgress.objects.create(batch=batch)


def read(batch_id: int) -> int:
    """Read, understand, stage and judge a batch's file. The most memory the reading child used, in KiB.

    The file goes when it is read, for it names recipients: from then on there are only masked rows. Until then it
    stays, so an error of the database's surroundings leaves the step to be begun anew (``unfinished``).
    """
    with alone(LOCK_SPACE, batch_id) as is_mine, progress.of(batch_id) as telling:
        if not (is_mine and _begin(batch_id)):
            return 0
        batch = ImportBatch.objects.select_related("incident").get(pk=batch_id)
        try:
            return _read(batch, telling)
        except asking.Asks as question:
            batch.put(status=Status.ASKING, found=question.found)
        except reader.Refused as refusal:
            _end_without_rows(batch, status=Status.FAILED, refusal=str(refusal))
        except progress.Stopped:
            _end_without_rows(batch, status=Status.DISCARDED)
        except OperationalError:
            raise
        except Exception:
            _end_without_rows(batch, status=Status.FAILED, refusal=reader.OUR_FAULT)
            raise
        return 0


def _begin(batch_id: int) -> bool:
    """One statement asks and takes, so that a batch discarded a moment ago stays discarded."""
    waiting = ImportBatch.objects.filter(pk=batch_id, status__in=(Status.UPLOADED, Status.READING))
    return bool(waiting.update(status=Status.READING))


def _read(batch: ImportBatch, telling: Progress) -> int:
    telling.enter(Phase.OPENING)
    batch.rows.all().delete()
    peak_kib = staging.stage(batch, telling)
    telling.enter(Phase.JUDGING)
    plan.learn_sizes(batch)
    _tell_apart(batch)
    duplicates.judge(batch)
    plan.compare(batch)
    if remark := remark_on(batch.pk):
        batch.put(remarks=[*batch.remarks, remark])
    _end(batch, status=Status.CHECKED, checked_at=timezone.now())
    return peak_kib


def _tell_apart(batch: ImportBatch) -> None:
    """On a trace, where an id is a mail's and not a letter's."""
    mails = traces.tell_recipients_apart(batch) if traces.is_one(batch) else 0
    if mails:
        several = danish.count(mails, "mail er sendt til flere", "mails er sendt til flere")
        batch.put(remarks=[*batch.remarks, f"{several}. Brevet til hver af dem har fået et Brev-id for sig selv."])


@transaction.atomic
def answer(
    batch: ImportBatch, sheets: Sequence[int], mapping: Sequence[Sequence[str]], by: User | None, is_to_remember: bool
) -> bool:
    """A file that rests in ASKING is to be read so; False where nobody was waiting for an answer any more.

    ``mapping`` is [[header, field or ""], …] of every column of those sheets.
    """
    waiting = ImportBatch.objects.filter(pk=batch.pk, status=Status.ASKING)
    if not waiting.update(status=Status.UPLOADED, sheets=list(sheets), mapping=list(mapping), found=[]):
        return False
    if is_to_remember:
        asking.remember(batch.found, sheets, mapping, by)
    _afresh(batch)
    return True


def ask_to_commit(
    batch: ImportBatch, by: User | None, takes: str = ImportBatch.Take.ALL, confirmed_totals: str = ""
) -> bool:
    """A checked batch is on its way in, asked for by somebody; False where it was no longer waiting for that.

    ``takes`` is what becomes of the letters that it has other facts about. ``confirmed_totals`` (``Counts.as_seen``)
    are what people held against the list: it comes in with them or not at all.
    """
    asked = {"committed_by": by, "takes": takes, "confirmed_totals": confirmed_totals, "refusal": ""}
    with transaction.atomic():
        checked = ImportBatch.objects.filter(pk=batch.pk, status=Status.CHECKED)
        is_asked = bool(checked.update(status=Status.COMMITTING, **asked))
        if is_asked:
            _afresh(batch)
    return is_asked


def commit(batch_id: int) -> bool:
    """Bring the letters in; False where there was nothing to do.

    An error of the database's surroundings leaves the step to be begun anew (``unfinished``). Any other would come
    again for ever, so the batch waits for people once more, and says why.
    """
    with alone(LOCK_SPACE, batch_id) as is_mine, progress.of(batch_id) as telling:
        try:
            if is_in := is_mine and committing.commit(batch_id, telling):
                note_what_they_were_given(batch_id)
            return is_in
        except progress.Stopped:
            committing.wait_again(batch_id, STOPPED)
            return False
        except OperationalError:
            raise
        except Exception:
            committing.wait_again(batch_id, NOT_BROUGHT_IN)
            raise


def stop(batch: ImportBatch, by: User) -> bool:
    """Ask the worker to stop; False where no worker has anything to do with the batch any more.

    What nobody has begun is discarded at once. A worker that is at it rolls back when it next tells how far it is.
    """
    status = ImportBatch.objects.values_list("status", flat=True).get(pk=batch.pk)
    if status == Status.UPLOADED and discard(batch):
        return True
    # No lock is taken: the worker's transaction may hold the batch for as long as the step takes.
    at_work = ImportProgress.objects.filter(batch=batch, batch__status__in=ImportBatch.AT_WORK)
    asked = at_work.filter(stop_asked_at=None).update(stop_asked_by=by, stop_asked_at=timezone.now())
    return bool(asked) or at_work.exists()


def unfinished() -> list[ImportBatch]:
    """Batches whose step shows no sign of life: their worker was killed, or the bell never rang."""
    since = timezone.now() - QUIET
    quiet = Q(progress__heartbeat_at__lt=since) | Q(progress__heartbeat_at=None, created_at__lt=since)
    at_work = ImportBatch.objects.filter(status__in=ImportBatch.AT_WORK)
    return list(at_work.filter(quiet).order_by("pk"))


def ring_again() -> None:
    for batch in unfinished():
        step = "commit_batch" if batch.status == Status.COMMITTING else "read_batch"
        bells.ring(f"letters.tasks.{step}", args=[batch.pk])


@transaction.atomic
def _end(batch: ImportBatch, **fields: object) -> None:
    files.forget(batch)
    batch.put(**fields)


@transaction.atomic
def _end_without_rows(batch: ImportBatch, **fields: object) -> None:
    """What was staged of it goes: no list is half read."""
    batch.rows.all().delete()
    _end(batch, **fields)
