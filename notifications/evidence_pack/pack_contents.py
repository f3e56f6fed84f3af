"""The contents of a pack and the zip file: a dossier per letter, the files that prove arrival, and our mails as sent.

The bytes of a pack depend only on the contents. A dossier is the same for every reader and does not change unless the
letter changes: no «Du», and no current time. The zip is streamed while it is built.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from followups import proof_files
from followups.arrival import arrival_page
from followups.decision_questions import AnswerRow, summarize_decision
from followups.letter import history, letter_page
from followups.models import Arrival, Decision, FollowUp, LetterRow
from followups.models.answers import DecisionAnswers
from followups.models.arrival import ArrivalStatus
from followups.models.followup import followup_of
from followups.rules.letter_rows import fetch_rows
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from notifications.models import Notice
from notifications.outbox import mime
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import danish

#: (path in the zip, content)
Entry = tuple[str, Iterable[bytes]]
#: How many letters are loaded at a time.
FETCH_SIZE = 100
README, FACTS = "laes-mig.txt", "oplysninger.txt"
CHECKSUM_HELP = [
    "Til it-folk: Tjek filerne i SHA256SUMS på Linux og Mac med: sha256sum -c SHA256SUMS",
    "På Windows: certutil -hashfile FIL SHA256",
    "En mail kan nævne flere breve. Læs mailene, før du giver dem videre.",
]
CHECKSUM_FILE = "SHA256SUMS"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def packable_letters(letters: LetterQuerySet) -> LetterQuerySet:
    """Return the readable letters, in the order sent."""
    return letters.readable().order_by("sent_at", "pk")


def unit_entries(
    unit: Unit, incident: Incident, letters: LetterQuerySet, left_out: int, reader: User
) -> Iterator[Entry]:
    """Yield the entries of a unit's pack.

    letters: the letters of the unit that the reader may see; unreadable letters are left out. left_out is the number
    of letters left out.
    """
    packed = packable_letters(letters)
    head = [f"Dokumentation for {unit.name}: {incident.title}", "", f"Breve: {danish.number(packed.count())}"]
    head += omission_lines(unit, left_out, reader)
    ids = list(packed.order_by("sent_at", "pk").values_list("pk", flat=True))
    yield from pack_entries(head, fetch_letters(ids, reader), ids, reader)


def fetch_letters(letter_ids: list[int], reader: User) -> Iterator[LetterRow]:
    """Yield the letters that the reader may see, fetched by `FETCH_SIZE`."""
    for first in range(0, len(letter_ids), FETCH_SIZE):
        yield from fetch_rows(reader, letter_ids[first : first + FETCH_SIZE])


def pack_entries(
    head: list[str], letters: Iterable[LetterRow], pks: list[int], reader: User, withheld: Collection[int] = ()
) -> Iterator[Entry]:
    """Yield the entries of a pack. `withheld`: ids of mails that are left out."""
    yield README, text_bytes([*head, "", *CHECKSUM_HELP])
    for letter in letters:
        yield from _folder_entries(letter, reader, withheld)
    for mail in mails_about(pks, reader).exclude(pk__in=withheld).iterator(chunk_size=FETCH_SIZE):
        copies = [one for one in mail.deliveries.select_related("recipient").order_by("pk") if not one.is_replaced]
        yield mail_path(mail), [mime.build_mail(mail, copies)]


def omission_lines(unit: Unit, number: int, reader: User) -> list[str]:
    """«3 personalesager er udeladt, …» for letters that the reader may see but not read; or the limits of HR's view."""
    if reader.sees_only_personnel_cases(unit.lineage, is_list=True):
        return ["Kun personalesager og breve, som Personalejura er spurgt om, er med."]
    if not number:
        return []
    words = danish.count(number, "personalesag er udeladt", "personalesager er udeladt")
    them = "den" if number == 1 else "dem"
    return [f"{words}, for kun afsenderen, brevets leder og Personalejura må læse {them}."]


def mails_about(letters: Iterable[int], reader: User) -> QuerySet[Notice]:
    """Return the mails that name the letters and that the reader may hand on, oldest first, without stopped mails."""
    about = Notice.objects.shareable_by(reader).filter(items__followup__letter__in=letters)
    return about.exclude(pk__in=Notice.objects.taken_back().values("pk")).distinct().order_by("created_at", "pk")


def mail_path(notice: Notice) -> str:
    return f"mails/{notice.pk}-{danish.ascii_file_name(notice.get_kind_display()).lower()}.eml"


def letter_folder(letter: Letter) -> str:
    """Return the folder of a letter. The pk is appended because cleaned ids may coincide."""
    return f"breve/{re.sub(r'[^A-Za-z0-9-]+', '_', letter.source_ref)[:60]}-{letter.pk}"


def file_path(letter: Letter, one: Arrival) -> str:
    return f"{letter_folder(letter)}/bevis/{one.pk}-{one.file_name}"


def list_letter_files(found: LetterDossier, mails: Iterable[Notice]) -> list[tuple[str, str]]:
    """Return [(path, description)] for the files of the pack that belong to the letter."""
    files = [(file_path(found.letter, one), arrival_page.proof_file_label(one)) for one in found.files]
    sent = [
        (mail_path(mail), f"{danish.capitalized(mail.phrase)}, skrevet {danish.moment(mail.created_at)}")
        for mail in mails
    ]
    return files + sent


def _folder_entries(letter: LetterRow, reader: User, withheld: Collection[int]) -> Iterator[Entry]:
    found = build_dossier(letter)
    mails = mails_about([letter.pk], reader).exclude(pk__in=withheld).defer("text", "html")
    lines = render_dossier(found, list_letter_files(found, mails))
    yield f"{letter_folder(letter)}/{FACTS}", [lines.encode()]
    for one in found.files:
        path = file_path(letter, one)
        try:
            content = proof_files.read_proof(one.file_sha256)
        except proof_files.ProofAltered:
            yield f"{path}.txt", ALTERED
        else:
            yield path, content


def text_bytes(lines: Iterable[str]) -> list[bytes]:
    return ["".join(f"{line}\n" for line in lines).encode()]


#: Instead of the content of a damaged file.
ALTERED = text_bytes(["Filen er beskadiget og er ikke med. Kontakt Koncern IT."])


class LetterDossier(NamedTuple):
    """The record of a letter.

    `events`: [(moment, sentence)], oldest first. `files`: uploaded files that are not withdrawn or erased.
    """

    letter: LetterRow
    facts: list[AnswerRow]
    decision: list[AnswerRow]
    events: list[tuple[datetime, str]]
    files: list[Arrival]


def build_dossier(letter: LetterRow) -> LetterDossier:
    """Build the dossier of a letter that the reader may read. Two queries more than the letter's history.

    letter: fetched with incident and batch.
    """
    followup = followup_of(letter)
    arrivals = arrival_page.arrivals_of(followup) if followup else []
    events = [(event.at, event.text) for event in reversed(history.letter_events(letter, None))]
    return LetterDossier(
        letter,
        _facts(letter),
        _decision_rows(followup, letter) if followup else [],
        events,
        [one for one in reversed(arrivals) if arrival_page.has_shown_file(one)],
    )


def _decision_rows(followup: FollowUp, letter: LetterRow) -> list[AnswerRow]:
    """Return the answers of the decision, and those of each earlier decision as one row, the newest first."""
    decided = list(followup.decisions.filter(kind=Decision.Kind.DECIDED).order_by("-version"))
    rows = [] if followup.is_open or not decided else letter_page.decision_rows(decided.pop(0), letter)
    for one in decided:
        answers = summarize_decision(DecisionAnswers.from_json(one.answers), letter)
        said = "\n".join(f"{row.question}: {row.answer}" for row in answers)
        rows.append(AnswerRow(f"Tidligere beslutning, truffet {danish.moment(one.at)}", said))
    return rows


def _facts(letter: LetterRow) -> list[AnswerRow]:
    followup = followup_of(letter)
    return [
        AnswerRow("Brev-id", letter.source_ref),
        AnswerRow("Emne", letter.title),
        *([AnswerRow("Emneområde", letter.category)] if letter.category else []),
        AnswerRow("Sendt", _moment(letter.sent_at)),
        AnswerRow("Modtager", letter.recipient_label),
        AnswerRow("Afsender", letter.sender.name if letter.sender else letter.sender_name or "Ikke fundet"),
        AnswerRow("Leder", letter.leader.name if letter.leader else letter.leader_name or "Ikke fundet"),
        AnswerRow("Enhed", letter.unit.name if letter.unit else "Ikke fundet"),
        AnswerRow("Hændelse", letter.incident.title),
        AnswerRow("Status", letter.impersonal_status_badge.label if followup else "Ikke åbnet"),
        AnswerRow("Kommet frem", _arrival_answer(letter.arrival)),
        *([AnswerRow("Trukket tilbage", _moment(letter.withdrawn_at))] if letter.withdrawn_at else []),
    ]


def _moment(moment: datetime) -> str:
    return danish.capitalized(danish.moment(moment))


def _arrival_answer(arrival: ArrivalStatus | None) -> str:
    if arrival is None:
        return "Ikke sendt igen"
    if arrival.has_arrived and arrival.on:
        return f"Ja, den {danish.date(arrival.on)}"
    return arrival.badge.label


def render_dossier(dossier: LetterDossier, parts: Iterable[tuple[str, str]]) -> str:
    """Return the dossier as a text file. `parts`: (path, description) of the letter's files in the pack."""
    lines = [f"Dokumentation for brev {dossier.letter.source_ref}", ""]
    lines += [f"{row.question}: {row.answer}" for row in dossier.facts]
    lines += ["", "Beslutningen", *(f"{row.question}: {row.answer}" for row in dossier.decision)]
    if not dossier.decision:
        lines.append("Ingen beslutning endnu.")
    lines += ["", "Brevets historik"]
    lines += [f"{_moment(at)}: {text}" for at, text in dossier.events]
    lines += ["", "Filer", *(f"{path}: {what}" for path, what in parts)]
    return "\n".join(lines) + "\n"


class _ZipBuffer:
    """A write-only buffer that the zip writes to. The buffer cannot seek, so `zipfile` does not try."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        return None

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def stream_zip(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield the zip in parts, with at most one part of a file in memory.

    `sha256sum -c SHA256SUMS` checks all files.
    """
    pipe, sums = _ZipBuffer(), []
    with zipfile.ZipFile(pipe, "w") as packed:  # type: ignore[call-overload]
        for path, parts in entries:
            digest = hashlib.sha256()
            with packed.open(_zip_info(path), "w") as file:
                for part in parts:
                    digest.update(part)
                    file.write(part)
                    yield pipe.take()
            sums.append(f"{digest.hexdigest()}  {path}\n")
        packed.writestr(_zip_info(CHECKSUM_FILE), "".join(sums))
    yield pipe.take()


def _zip_info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, date_time=_ZIP_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info
