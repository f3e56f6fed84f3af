"""A batch's way through the import: received, read and checked, committed or discarded. What views and tasks call.

Whoever works on a batch holds its advisory lock, which the database lets go the moment a worker dies: the next one
begins the step anew, and nothing is done twice.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import batched

from django.db import Error, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from letters.importing import commit as committing
from letters.importing import plan, reader, traces
from letters.importing.cells import Window, clean
from letters.importing.columns import is_in_utc, is_message_id, recognise
from letters.importing.rows import Understanding
from letters.models import ImportBatch, ImportFile, Incident
from sepo_incident import bells, cpr, danish
from sepo_incident.accounts.models import User

Status = ImportBatch.Status
CHUNK = 5000  # rows staged between two signs of life
QUIET = timedelta(seconds=40)  # a step without a sign of life for so long is rung for again
_LOCK_SPACE = 20191209  # the advisory locks of this module
NOT_BROUGHT_IN = "Der skete en fejl hos os, og intet er indlæst. Prøv igen. Bliver det ved, så skriv til DIT@buf.kk.dk."


class RowsLostError(RuntimeError):
    """The sheet has rows that never came out of the reading child: no list is ever half read in silence."""


@transaction.atomic
def receive(incident: Incident, filename: str, content: bytes, by: User | None) -> tuple[ImportBatch, bool]:
    """(the batch, whether it is to be read). The same bytes give the batch they gave before.

    A file that could not be read, or was discarded, begins again. Raises ``reader.Refused``.
    """
    reader.look(content)
    batch, is_new = ImportBatch.objects.select_for_update().get_or_create(
        incident=incident,
        sha256=hashlib.sha256(content).hexdigest(),
        defaults={"filename": cpr.mask(filename)[-255:], "created_by": by},
    )
    if not is_new and batch.status not in (Status.FAILED, Status.DISCARDED):
        return batch, False
    batch.rows.all().delete()
    batch.status, batch.refusal, batch.checked_at, batch.heartbeat_at = Status.UPLOADED, "", None, None
    batch.blank_rows = batch.done_rows = batch.total_rows = 0
    batch.mapping = batch.remarks = []
    batch.filename = cpr.mask(filename)[-255:]
    batch.save()
    ImportFile.objects.update_or_create(batch=batch, defaults={"content": content})
    return batch, True


def read(batch_id: int) -> int:
    """Read, understand, stage and judge a batch's file. The most memory the reading child used, in KiB.

    The file goes when it is read, for it names recipients: from then on there are only masked rows.
    """
    with _alone(batch_id) as is_mine:
        if not is_mine:
            return 0
        if not _begin(batch_id):
            return 0
        batch = ImportBatch.objects.select_related("incident").get(pk=batch_id)
        try:
            batch.rows.all().delete()
            peak_kib = _stage(batch)
            _tell_apart(batch)
            plan.reject_repeated(batch)
            plan.compare(batch)
        except reader.Refused as refusal:
            _end(batch, status=Status.FAILED, refusal=str(refusal), mapping=_mapping(refusal.headers))
            return 0
        except Exception:
            _end(batch, status=Status.FAILED, refusal=reader.OUR_FAULT)
            raise
        _end(batch, status=Status.CHECKED, checked_at=timezone.now())
        return peak_kib


def _begin(batch_id: int) -> bool:
    """One statement asks and takes, so that a batch discarded a moment ago stays discarded."""
    waiting = ImportBatch.objects.filter(pk=batch_id, status__in=(Status.UPLOADED, Status.READING))
    return bool(waiting.update(status=Status.READING, done_rows=0, heartbeat_at=timezone.now()))


def _stage(batch: ImportBatch) -> int:
    window = Window(batch.incident.first_day, batch.incident.last_day)
    with reader.read(bytes(batch.file.content)) as raw:
        columns = recognise(raw.headers)
        _mark(batch, mapping=_mapping(raw.headers), total_rows=raw.total, remarks=raw.remarks)
        understanding = Understanding(columns, window, is_in_utc=is_in_utc(raw.headers[columns["sent_at"]]))
        for chunk in batched(raw.rows, CHUNK):
            plan.stage(batch, [understanding.row(number, cells) for number, cells in chunk])
            _mark(batch, done_rows=batch.done_rows + len(chunk))
        if raw.total != raw.blank + batch.done_rows:
            raise RowsLostError(f"{raw.total} rows in the sheet, but {raw.blank} blank and {batch.done_rows} staged")
        _mark(batch, blank_rows=raw.blank, total_rows=batch.done_rows)
        return raw.peak_kib


def _tell_apart(batch: ImportBatch) -> None:
    """On a trace, where an id is a mail's and not a letter's."""
    header = next((header for header, field in batch.mapping if field == "source_ref"), "")
    mails = traces.tell_recipients_apart(batch.pk) if is_message_id(header) else 0
    if mails:
        several = danish.count(mails, "mail er sendt til flere", "mails er sendt til flere")
        _mark(batch, remarks=[*batch.remarks, f"{several}. Brevet til hver af dem har fået et Brev-id for sig selv."])


def _mapping(headers: Sequence[str]) -> list[list[str]]:
    """[[header, field or ""], …] as ``ImportBatch`` keeps it."""
    meaning = {index: field for field, index in recognise(headers).items()}
    return [[cpr.mask(clean(header)), meaning.get(index, "")] for index, header in enumerate(headers)]


def ask_to_commit(batch: ImportBatch, by: User | None) -> bool:
    """A checked batch is on its way in, asked for by somebody; False where it was no longer waiting for that."""
    asked = ImportBatch.objects.filter(pk=batch.pk, status=Status.CHECKED)
    return bool(asked.update(status=Status.COMMITTING, committed_by=by, heartbeat_at=None, refusal=""))


def commit(batch_id: int) -> bool:
    """Bring the letters in; False where there was nothing to do.

    An error of the database's surroundings leaves the step to be begun anew (``unfinished``). Any other would come
    again for ever, so the batch waits for people once more, and says why.
    """
    with _alone(batch_id) as is_mine:
        try:
            return is_mine and committing.commit(batch_id)
        except OperationalError:
            raise
        except Exception:
            going_in = ImportBatch.objects.filter(pk=batch_id, status=Status.COMMITTING)
            going_in.update(status=Status.CHECKED, committed_by=None, refusal=NOT_BROUGHT_IN)
            raise


def discard(batch: ImportBatch) -> bool:
    """Forget a file that is not in yet. Its rows go; that it was here stays on the list."""
    gone = ImportBatch.objects.filter(pk=batch.pk, status__in=(Status.CHECKED, Status.FAILED, Status.UPLOADED))
    with transaction.atomic():
        if not gone.update(status=Status.DISCARDED):
            return False
        batch.rows.all().delete()
        ImportFile.objects.filter(batch=batch).delete()
    return True


def unfinished() -> list[ImportBatch]:
    """Batches whose step shows no sign of life: their worker was killed, or the bell never rang."""
    since = timezone.now() - QUIET
    quiet = Q(heartbeat_at__lt=since) | Q(heartbeat_at=None, created_at__lt=since)
    at_work = ImportBatch.objects.filter(status__in=(Status.UPLOADED, Status.READING, Status.COMMITTING))
    return list(at_work.filter(quiet).order_by("pk"))


def ring_again() -> None:
    for batch in unfinished():
        step = "commit_batch" if batch.status == Status.COMMITTING else "read_batch"
        bells.ring(f"letters.tasks.{step}", args=[batch.pk])


@contextmanager
def _alone(batch_id: int) -> Iterator[bool]:
    """True for one at a time. The lock belongs to the connection and ends with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, batch_id])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            # Where the caller's own transaction is aborted or the connection is gone, unlocking fails as well, and
            # would hide the error that came first. The lock then goes with the connection.
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, batch_id])


def _mark(batch: ImportBatch, **fields: object) -> None:
    """Write down how far we are, and that we live."""
    fields["heartbeat_at"] = timezone.now()
    for name, value in fields.items():
        setattr(batch, name, value)
    batch.save(update_fields=list(fields))


@transaction.atomic
def _end(batch: ImportBatch, **fields: object) -> None:
    ImportFile.objects.filter(batch=batch).delete()
    _mark(batch, **fields)
