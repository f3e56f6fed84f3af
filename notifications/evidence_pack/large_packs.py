"""Large packs, built by a worker: requested, stored in parts, kept for a day, deleted.

A user has at most one pack. A zip cannot be continued halfway, so a pack left by a killed worker is built from the
start by the next worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from time import monotonic

from django.db import OperationalError, transaction

from followups.boards.board_letters import board_letters
from letters.models import Incident
from letters.models.letter import LetterQuerySet
from notifications.evidence_pack import pack_contents
from notifications.evidence_pack.pack_contents import Entry, stream_zip
from notifications.models import EvidencePack, EvidencePackPart
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import database, task_queue
from sepo_incident.core.database import advisory_lock

#: Most letters in a pack that is streamed while built. A letter takes up to 50 ms, and a download shows no progress.
MAX_STREAMED_LETTERS = 25
PART_BYTES = 2**20
MAX_BYTES = 2 * 1024**3
PROGRESS_SECONDS = 1
LOCK_SPACE = 20191215  # namespace of the advisory locks of this module

MAKING_FAILED = "Der skete en fejl hos os. Prøv igen, eller skriv til DIT."
TOO_LARGE = "Dokumentationen fylder mere end 2 GB. Hent den for hver underenhed i stedet."


class _PackDiscarded(Exception):
    """Raised when the user has deleted the pack during building."""


class _TooLarge(Exception):
    """Raised when the parts of a pack exceed `MAX_BYTES`."""


@transaction.atomic
def request_pack(unit: Unit, incident: Incident, letters: LetterQuerySet, by: User) -> EvidencePack:
    """Return the user's pack in progress, for any unit, or a new pack that replaces the user's earlier pack.

    letters: the letters of the unit that the user may see.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if running := EvidencePack.objects.ordered_by(by).in_progress().select_related("unit").first():
        return running
    EvidencePack.objects.ordered_by(by).delete()
    ids = list(letters.readable().order_by("pk").values_list("pk", flat=True))
    pack = EvidencePack.objects.create(by=by, unit=unit, incident=incident, letters=ids)
    task_queue.enqueue_on_commit("notifications.tasks.make_pack", args=[pack.pk])
    return pack


def make_pack(pk: int) -> None:
    """Build the pack, unless a concurrent worker is building the pack.

    An OperationalError leaves the pack to the next worker. Any other error would recur forever, so the pack is marked
    as failed.
    """
    with advisory_lock(LOCK_SPACE, pk) as is_mine:
        pack = EvidencePack.objects.in_progress().select_related("by", "unit", "incident").filter(pk=pk).first()
        if not is_mine or pack is None:
            return
        try:
            _make_parts(pack)
        except _PackDiscarded:
            return
        except _TooLarge:
            _fail(pack, TOO_LARGE)
        except OperationalError:
            raise
        except Exception:
            _fail(pack, MAKING_FAILED)
            raise


def _make_parts(pack: EvidencePack) -> None:
    _save_progress(pack, done=0)
    pack.parts.all().delete()
    size = 0
    for number, part in enumerate(_split_into_parts(stream_zip(_entries_with_progress(pack)))):
        size += len(part)
        if size > MAX_BYTES:
            raise _TooLarge
        _save_progress(pack, done=pack.done)
        pack.parts.create(number=number, content=part)
    _save_progress(pack, done=len(pack.letters), size=size, finished_at=database.now())


def _entries_with_progress(pack: EvidencePack) -> Iterator[Entry]:
    """Yield the entries as the user may see the letters, and save the number of letters done about once a second."""
    seen = board_letters(pack.unit, pack.incident, pack.by)
    saved_at, left_out = monotonic(), seen.count() - seen.readable().count()
    packed = seen.filter(pk__in=pack.letters)
    for path, parts in pack_contents.unit_entries(pack.unit, pack.incident, packed, left_out, pack.by):
        yield path, parts
        pack.done += path.endswith(f"/{pack_contents.FACTS}")  # a letter has exactly one dossier
        if monotonic() - saved_at > PROGRESS_SECONDS:
            _save_progress(pack, done=pack.done)
            saved_at = monotonic()


def _split_into_parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in parts of `PART_BYTES`."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= PART_BYTES:
            yield bytes(buffer[:PART_BYTES])
            del buffer[:PART_BYTES]
    yield bytes(buffer)


def _save_progress(pack: EvidencePack, **fields: object) -> None:
    if not EvidencePack.objects.in_progress().filter(pk=pack.pk).update(heartbeat_at=database.now(), **fields):
        raise _PackDiscarded


def _fail(pack: EvidencePack, why: str) -> None:
    pack.parts.all().delete()
    EvidencePack.objects.in_progress().filter(pk=pack.pk).update(failed=why)


def stream_parts(pack: EvidencePack) -> Iterator[bytes]:
    """Yield the bytes of the pack with a query per part, so that the whole pack is never in memory."""
    for number in count():
        part = EvidencePackPart.objects.filter(pack=pack, number=number).values_list("content", flat=True).first()
        if part is None:
            return
        yield bytes(part)


def restart_stalled_packs() -> None:
    """Enqueue stalled packs again, after a killed worker or a lost task."""
    for pk in EvidencePack.objects.stalled().values_list("pk", flat=True):
        task_queue.enqueue_on_commit("notifications.tasks.make_pack", args=[pk])


def delete_expired_packs() -> None:
    EvidencePack.objects.expired().delete()
