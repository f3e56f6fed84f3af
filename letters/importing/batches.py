"""Life of an import batch, from the uploaded file to letters. Views and tasks call this module.

The rooms lie on one line, and this module walks them: the file is opened (files), the columns get a meaning (columns),
each row is parsed (rows) and staged, duplicates and personnel cases are checked (checks), the rows are compared with
the letters (plan), and a commit makes letters of the rows (commit).

A worker holds the advisory lock of the batch while working. The database releases the lock as soon as the worker
dies; the next worker then starts the step again, and nothing is done twice. A discarded batch stays on record.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from itertools import chain, islice, starmap

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from letters.categories.category_matching import CategoryMatcher
from letters.importing.checks import duplicates
from letters.importing.columns import column_questions
from letters.importing.commit import apply_plan
from letters.importing.files import datetimes, reader, sheet_selection, uploads
from letters.importing.files.headers import LABELS, is_english_date_header
from letters.importing.files.limits import Refused
from letters.importing.plan import letter_comparison, new_units
from letters.importing.rows import dispatch_rows, unit_matching
from letters.importing.rows.cell_rules import IncidentWindow
from letters.importing.rows.row_parser import COPY_ROWS_SQL, ParsedRow, RowParser, copy_line
from letters.models import ImportBatch, ImportProgress, ImportRow, Incident, Letter, LetterDispatch
from letters.models.import_progress import ImportStopped, ProgressWriter, track_progress
from sepo_incident.accounts.models import User
from sepo_incident.core import danish, database, task_queue
from sepo_incident.core.database import advisory_lock

Status, Verdict = ImportBatch.Status, ImportRow.Verdict
LOCK_NAMESPACE = 20191209  # namespace of the advisory locks of this module
ROWS_PER_COPY = 10_000
#: A file with unanswered questions is kept no longer than this, because the file names recipients.
UNANSWERED_DAYS = 14
NOT_ANSWERED_MESSAGE = (
    f"Ingen valgte kolonner i {UNANSWERED_DAYS} dage. Vi har slettet filen, for den nævner modtagere."
)
STOPPED_MESSAGE = "Indlæsningen er stoppet. Ingen breve er indlæst."
COMMIT_FAILED_MESSAGE = (
    "Der skete en fejl hos os. Der er ikke indlæst noget. Prøv igen. Hjælper det ikke, så skriv til DIT@buf.kk.dk."
)


def read_batch(batch_id: int) -> int:
    """Read, stage and check the file of a batch. Return the peak memory of the child process in KiB, 0 if not checked.

    The file names recipients, so the file is deleted after reading. An OperationalError of the database keeps the file
    and the status, so that the step can start again (`stalled_batches`).
    """
    peak_kib = 0
    with advisory_lock(LOCK_NAMESPACE, batch_id) as has_lock, track_progress(batch_id) as progress:
        # A single UPDATE checks and claims, so that a batch discarded a moment ago stays discarded.
        waiting = ImportBatch.objects.filter(pk=batch_id, status__in=(Status.UPLOADED, Status.READING))
        if not (has_lock and waiting.update(status=Status.READING)):
            return 0
        batch = ImportBatch.objects.select_related("incident").get(pk=batch_id)
        try:
            peak_kib = _read_and_check(batch, progress)
        except column_questions.ColumnsNeedConfirmation as question:
            batch.save_fields(status=Status.ASKING, found=question.found)
        except Refused as refusal:
            _finish_without_rows(batch, status=Status.FAILED, refusal=str(refusal))
        except ImportStopped:
            _finish_without_rows(batch, status=Status.DISCARDED)
        except OperationalError:
            raise
        except Exception:
            _finish_without_rows(batch, status=Status.FAILED, refusal=reader.OUR_FAULT_MESSAGE)
            raise
    if batch.status == Status.COMMITTING:  # sent after the lock is released, or the next worker would not get it
        task_queue.enqueue_on_commit("letters.tasks.commit_batch", args=[batch_id])
    return peak_kib


def _read_and_check(batch: ImportBatch, progress: ProgressWriter) -> int:
    progress.start()
    batch.rows.all().delete()
    peak_kib = stage_rows(batch, progress)
    progress.start()
    letter_comparison.analyze_staged_rows(batch)
    _separate_trace_recipients(batch)
    duplicates.mark_duplicates(batch)
    letter_comparison.compare_with_letters(batch)
    with transaction.atomic():
        _finish_reading(batch, status=Status.CHECKED, checked_at=timezone.now())
        if batch.alarm_id and not _asks_about(batch) and request_commit(batch, batch.created_by):
            batch.status = Status.COMMITTING
    return peak_kib


def _asks_about(batch: ImportBatch) -> bool:
    """Return whether a person must look at the list: a row is rejected, or a unit is new."""
    is_rejected = batch.rows.filter(verdict=Verdict.REJECTED).exists()
    return is_rejected or bool(new_units.find_new_units(batch).to_create)


def _separate_trace_recipients(batch: ImportBatch) -> None:
    """Give every recipient of a mail a separate Brev-id if the list is a message trace: its ids are of mails."""
    mails = duplicates.separate_recipients(batch) if duplicates.is_message_trace(batch) else 0
    if mails:
        several = danish.count(mails, "mail er sendt til flere", "mails er sendt til flere")
        batch.save_fields(remarks=[*batch.remarks, f"{several}. Hver modtagers brev har fået sit eget Brev-id."])


class RowsLostError(RuntimeError):
    """Raised when the file has rows that the child process did not deliver, so that no list is half read in silence."""


def stage_rows(batch: ImportBatch, progress: ProgressWriter) -> int:
    """Read, parse and stage the file of a batch. Return the peak memory of the child process in KiB.

    Raises `Refused`, `ColumnsNeedConfirmation`, `ImportStopped` and `RowsLostError`.
    """
    window = IncidentWindow(batch.incident.first_day, batch.incident.last_day)
    category_matcher = CategoryMatcher(batch.incident.category_rules.all(), unit_matching.make_lineage_lookup())
    if batch.alarm:
        columns = {field: at for at, field in enumerate(dispatch_rows.FIELDS)}
        dispatches = list(dispatch_rows.letters_to_add(batch.alarm))
        return _stage_dispatches(batch, dispatches, RowParser(columns, window, category_matcher), progress)
    with (
        uploads.file_on_disk(batch) as path,
        reader.open_list(path, choose=column_questions.make_sheet_chooser(batch)) as raw,
    ):
        staged = 0
        orders: set[datetimes.DateOrder | None] = set()
        fields = [list({"source_ref": 0, **one.columns}) for one in raw.lists]  # every row has an id, given or made
        mapping = sheet_selection.mapping_of_sheets(raw.lists)
        batch.save_fields(mapping=mapping, sheet_names=raw.names, sheet_fields=fields, remarks=raw.remarks)
        for sheet, (one, rows) in enumerate(raw.by_sheet()):
            progress.start(raw.total)
            batch.save_fields(total_rows=raw.total)
            parser = RowParser(
                one.columns,
                window,
                category_matcher,
                is_in_utc=one.is_in_utc,
                headed=one.headed_column_count,
                headerless=one.headerless,
                makes_ids="source_ref" not in one.columns,
            )
            parsed = starmap(parser.row, rows)
            for first in parsed:  # parses the rows during the COPY
                staged += _copy_rows(batch, sheet, first, islice(parsed, ROWS_PER_COPY - 1))
                progress.report(staged)
            orders |= parser.orders
        if raw.total != raw.blank + staged:
            raise RowsLostError(f"{raw.total} rows in the file, but {raw.blank} blank and {staged} staged")
        is_in_english = any(is_english_date_header(one.headers[one.columns["sent_at"]]) for one in raw.lists)
        doubt = datetimes.date_order_remark(orders, is_in_english)
        batch.save_fields(blank_rows=raw.blank, total_rows=staged, remarks=[*raw.remarks, *filter(None, [doubt])])
        return raw.peak_kib


def _stage_dispatches(
    batch: ImportBatch, dispatches: Sequence[LetterDispatch], parser: RowParser, progress: ProgressWriter
) -> int:
    """Parse and stage the letters of an alarm. Return 0: there is no child process."""
    progress.start(len(dispatches))
    # The letters are known by their ids; what a person has said of a letter since stays.
    mapping = [[LABELS[field], field] for field in dispatch_rows.FIELDS]
    batch.save_fields(mapping=mapping, sheet_fields=[["source_ref"]], total_rows=len(dispatches))
    rows, staged = dispatch_rows.parse_dispatches(parser, dispatches), 0
    for first in rows:
        staged += _copy_rows(batch, 0, first, islice(rows, ROWS_PER_COPY - 1))
        progress.report(staged)
    return 0


def _copy_rows(batch: ImportBatch, sheet: int, first: ParsedRow, others: Iterable[ParsedRow]) -> int:
    """COPY the parsed rows of a sheet into `ImportRow`, with the verdict of the first row as a guess for all.

    `compare_with_letters` corrects the verdicts; a right guess saves a second write of a row. Return the number.
    """
    is_known = Letter.objects.filter(incident=batch.incident_id, source_ref=first.source_ref).exists()
    verdict = (Verdict.KNOWN if is_known else Verdict.NEW).value
    lines = (copy_line(batch.pk, sheet, row, verdict) for row in chain([first], others))
    with connection.cursor() as cursor:
        database.copy_from_lines(cursor, COPY_ROWS_SQL, lines)
        return int(cursor.rowcount)


@transaction.atomic
def _finish_reading(batch: ImportBatch, **fields: object) -> None:
    uploads.delete_stored_file(batch)
    batch.save_fields(**fields)


@transaction.atomic
def _finish_without_rows(batch: ImportBatch, **fields: object) -> None:
    """Save the outcome and delete the staged rows, so that no list is half read."""
    batch.rows.all().delete()
    _finish_reading(batch, **fields)


@transaction.atomic
def answer_columns(batch: ImportBatch, sheets: Sequence[int], mapping: Sequence[Sequence[str]]) -> bool:
    """Save the answer about sheets and columns, so that the batch can be read. Return False if nobody waits for it.

    `sheets`: indexes of the chosen sheets. `mapping`: [[header, field or ""], …] of every column of the chosen
    sheets.
    """
    waiting = ImportBatch.objects.filter(pk=batch.pk, status=Status.ASKING)
    if not waiting.update(status=Status.UPLOADED, sheets=list(sheets), mapping=list(mapping), found=[]):
        return False
    uploads.reset_progress(batch)
    return True


@transaction.atomic
def request_commit(
    batch: ImportBatch, by: User | None, *, takes_changes: bool = True, confirmed_totals: str = ""
) -> bool:
    """Set a checked batch to COMMITTING. Return False if the batch was not CHECKED any more, or the incident is closed.

    `takes_changes`: letters get the facts of the list where they differ. `confirmed_totals` (`RowCounts.as_seen`): the
    totals that people compared with the list; the batch is committed with exactly the same totals or not at all.
    """
    checked = ImportBatch.objects.filter(pk=batch.pk, status=Status.CHECKED)
    is_asked = checked.exclude(incident__status=Incident.Status.CLOSED).update(
        status=Status.COMMITTING,
        committed_by=by,
        takes_changes=takes_changes,
        confirmed_totals=confirmed_totals,
        refusal="",
    )
    if is_asked:
        uploads.reset_progress(batch)
    return bool(is_asked)


def commit_batch(batch_id: int) -> bool:
    """Commit the letters of a batch. Return False if nothing was committed.

    After an OperationalError of the database the step can start again (`stalled_batches`). Any other error would
    recur for ever, so the batch returns to the check page with a message.
    """
    with advisory_lock(LOCK_NAMESPACE, batch_id) as has_lock, track_progress(batch_id) as progress:
        try:
            return has_lock and apply_plan.apply_batch(batch_id, progress)
        except ImportStopped:
            apply_plan.return_to_check_page(batch_id, STOPPED_MESSAGE)
            return False
        except OperationalError:
            raise
        except Exception:
            apply_plan.return_to_check_page(batch_id, COMMIT_FAILED_MESSAGE)
            raise


def request_stop(batch: ImportBatch, by: User) -> bool:
    """Ask the worker to stop. Return False if no worker has anything left to do with the batch.

    A batch that no worker has begun is discarded at once. A worker rolls back at the next report of progress.
    """
    status = ImportBatch.objects.values_list("status", flat=True).get(pk=batch.pk)
    if status == Status.UPLOADED and discard_batch(batch):
        return True
    # Take no lock: the transaction of the worker may hold the batch as long as the step takes.
    at_work = ImportProgress.objects.filter(batch=batch, batch__status__in=ImportBatch.AT_WORK)
    is_stopping = at_work.filter(stop_asked_at=None).update(stop_asked_by=by, stop_asked_at=timezone.now())
    return bool(is_stopping) or at_work.exists()


def stalled_batches() -> list[ImportBatch]:
    """Return the batches with a step that shows no heartbeat: the worker was killed, or the task was lost."""
    since = database.now() - task_queue.STALLED_AFTER
    quiet = Q(progress__heartbeat_at__lt=since) | Q(progress__heartbeat_at=None, created_at__lt=since)
    at_work = ImportBatch.objects.filter(status__in=ImportBatch.AT_WORK)
    return list(at_work.filter(quiet).order_by("pk"))


def resume_stalled_batches() -> None:
    """Enqueue the current step of every stalled batch again."""
    for batch in stalled_batches():
        step = "commit_batch" if batch.status == Status.COMMITTING else "read_batch"
        task_queue.enqueue_on_commit(f"letters.tasks.{step}", args=[batch.pk])


def discard_batch(batch: ImportBatch) -> bool:
    """Discard a batch that is not committed. Return False if the batch is being read or committed, or is committed."""
    return _discard_if_status(batch, (Status.CHECKED, Status.FAILED, Status.UPLOADED, Status.ASKING), why="")


def discard_unanswered() -> int:
    """Discard the batches with a question that nobody has answered for `UNANSWERED_DAYS`. Return the number."""
    since = database.now() - timedelta(days=UNANSWERED_DAYS)
    waiting = ImportBatch.objects.filter(status=Status.ASKING, progress__heartbeat_at__lt=since)
    return sum(_discard_if_status(batch, [Status.ASKING], why=NOT_ANSWERED_MESSAGE) for batch in waiting)


@transaction.atomic
def _discard_if_status(batch: ImportBatch, statuses: Collection[str], why: str) -> bool:
    """Discard the batch if the status is in `statuses`, by a single UPDATE: a batch answered a moment ago is read."""
    waiting = ImportBatch.objects.filter(pk=batch.pk, status__in=statuses)
    if not waiting.update(status=Status.DISCARDED, found=[], refusal=why):
        return False
    batch.rows.all().delete()
    uploads.delete_stored_file(batch)
    return True
