"""Take in an uploaded file of letters and receipts, when a person has said what its columns mean."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, BinaryIO

from django.db import OperationalError, transaction
from django.db.models import Value
from django.db.models.functions import Greatest

from letters.categories.category_matching import is_personnel_by_default
from letters.importing.columns.column_questions import describe_candidate
from letters.importing.files import reader, sheet_selection, uploads
from letters.importing.files.limits import Refused
from letters.importing.files.reader import RawRow
from letters.importing.files.sheet_selection import CandidateSheet, SheetSource
from letters.models import Channel, TrackingFile
from letters.tracking.file_rows import FILE_HEADERS, FileRows, Said
from letters.tracking.silence.detection import LOCK_NAMESPACE
from letters.tracking.take_in import UnusableRow, take_in_dispatches, take_in_receipts
from sepo_incident.accounts.models import User
from sepo_incident.core import cpr, database, task_queue

Status = TrackingFile.Status
LOOK_SECONDS = 25  # a web request waits for the first look at the file
BATCH_SIZE = 5000  # rows in one transaction
PROBLEMS_KEPT = 100
UNANSWERED = timedelta(days=14)
NO_HEADERS = (
    "Vi kan ikke finde overskrifterne. Skriv for eksempel Sendt, Afsender og Status øverst, og vælg filen igen."
)


@transaction.atomic
def receive_file(content: BinaryIO, filename: str, by: User) -> TrackingFile:
    """Look at the columns and the first rows of a file, and store it until a person has chosen. Raises Refused."""
    with reader.open_list(content, LOOK_SECONDS, lambda book: [_find_list(book).chosen({})]) as raw:
        raw.book.measure()
        found = describe_candidate(raw.book, _find_list(raw.book), is_personnel_by_default, FILE_HEADERS)
    for column in found["columns"]:
        if column["is_harmless"]:  # a log has many columns of its own: nobody is asked about each
            column["why"] = ""
    file = TrackingFile(filename=cpr.mask(filename)[-255:], found=found, remarks=raw.remarks, created_by=by)
    file.total_rows = found["rows"]
    file.save()
    uploads.store_file(file, content)
    return file


def _find_list(book: SheetSource) -> CandidateSheet:
    """Return the first visible sheet with rows that may be a list."""
    lists = sheet_selection.find_lists(book, sheet_selection.visible_sheets(book), FILE_HEADERS)
    if found := next((one for one in lists if one.first), None):
        return found
    raise sheet_selection.no_list_refusal(book, NO_HEADERS)


@transaction.atomic
def request_taking_in(file: TrackingFile, mapping: Sequence[Sequence[str]], channel: str) -> None:
    """Have a worker take in the file as a person has read its columns, unless somebody has done so before."""
    told: dict[str, Any] = {"mapping": mapping, "channel": channel, "found": {}}
    waiting = TrackingFile.objects.filter(pk=file.pk, status=Status.WAITING)
    if waiting.update(status=Status.TAKING, heartbeat_at=database.now(), **told):
        task_queue.enqueue_on_commit("letters.tasks.take_in_file", args=[file.pk])


def take_in_file(pk: int) -> None:
    """Take in the rows of a file, one file at a time. The search waits: it would learn from half a month.

    When a worker is killed, another one begins again (`resume_stalled_files`), and the same row counts once.
    """
    with database.advisory_lock(LOCK_NAMESPACE, 0) as has_lock:
        file = TrackingFile.objects.filter(pk=pk, status=Status.TAKING).first()
        if not (has_lock and file):
            return
        try:
            _take_in_rows(file)
            _finish(file, Status.TAKEN)
        except Refused as refusal:
            _finish(file, Status.FAILED, str(refusal))
        except OperationalError:
            raise
        except Exception:
            _finish(file, Status.FAILED, reader.OUR_FAULT_MESSAGE)
            raise


@transaction.atomic
def _finish(file: TrackingFile, status: Status, refusal: str = "") -> None:
    file.status, file.refusal = status, refusal
    file.save(update_fields=["status", "refusal", "remarks"])
    uploads.delete_stored_file(file)


def _take_in_rows(file: TrackingFile) -> None:
    def choose(book: SheetSource) -> list[sheet_selection.SelectedSheet]:
        found = _find_list(book)
        return [found.chosen(sheet_selection.columns_from_mapping(file.mapping, found.headers))]

    now = database.now()
    file.done, file.result = 0, {"letters": 0, "receipts": 0, "refused": 0, "problems": []}
    with uploads.file_on_disk(file) as path, reader.open_list(path, choose=choose) as raw:
        rows = FileRows(raw.lists[0].columns, raw.headers, file.channel, now)
        for batch in batched(raw.rows, BATCH_SIZE):
            _take_in_batch(file, rows, batch, now)
    file.remarks = raw.remarks


@transaction.atomic
def _take_in_batch(file: TrackingFile, rows: FileRows, batch: Sequence[RawRow], now: datetime) -> None:
    """Take in some rows. Letters and receipts come at once: a letter never stands without the receipt of its row."""
    letters: list[tuple[int, Said]] = []
    receipts: list[tuple[int, Said]] = []
    refused: dict[int, str] = {}
    for number, cells in batch:
        try:
            of_letter, of_receipt = rows.read(cells)
            letters += [(number, one) for one in of_letter]
            receipts += [(number, one) for one in of_receipt]
        except UnusableRow as problem:
            refused[number] = str(problem)
    for name, said, take_in in (("letters", letters, take_in_dispatches), ("receipts", receipts, take_in_receipts)):
        taken = take_in([one for _, one in said], now)
        file.result[name] += taken.new
        refused |= {said[place - 1][0]: why for place, why in taken.refused}
    for channel, at in rows.latest.items():
        Channel.objects.filter(name__iexact=channel).update(file_until=Greatest("file_until", Value(at)))
    file.result["refused"] += len(refused)
    file.result["problems"] = [*file.result["problems"], *sorted(refused.items())][:PROBLEMS_KEPT]
    file.done, file.heartbeat_at = file.done + len(batch), database.now()
    file.save(update_fields=["done", "result", "heartbeat_at"])


def resume_stalled_files() -> None:
    """Enqueue again the files that a killed worker left, or that waited for another file."""
    stalled = TrackingFile.objects.filter(
        status=Status.TAKING, heartbeat_at__lt=database.now() - task_queue.STALLED_AFTER
    )
    for file in stalled:
        task_queue.enqueue_on_commit("letters.tasks.take_in_file", args=[file.pk])


def discard_unanswered_files() -> None:
    """Delete the files that nobody has answered for: they name recipients."""
    TrackingFile.objects.filter(status=Status.WAITING, created_at__lt=database.now() - UNANSWERED).delete()
