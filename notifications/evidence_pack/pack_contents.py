"""The contents of a pack: a dossier per letter, the files that prove arrival, and our mails as sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from followups.arrival import arrival_page
from followups.boards import board
from followups.models import Arrival, LetterRow
from followups.proof_files import storage
from followups.rules.letter_rows import letters_for
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from notifications.evidence_pack import letter_dossier
from notifications.evidence_pack.letter_dossier import LetterDossier
from notifications.evidence_pack.zip_stream import Entry
from notifications.models import Notice
from notifications.outbox import mime
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import calendar, danish

ONLY_HR_CASES = "Her er kun personalesagerne og de breve, som Personalejura er spurgt om. De øvrige breve er udeladt."
#: How many letters are loaded at a time.
FETCH_SIZE = 100
README, FACTS = "laes-mig.txt", "oplysninger.txt"
FILE_ALTERED = "Filen er ikke mere, som den blev gemt, og er derfor ikke med. Sig det til Koncern IT."
CHECKSUM_HELP = [
    "Til it-folk: SHA256SUMS har hver fils kontrolsum. På Linux og Mac efterses de med: sha256sum -c SHA256SUMS",
    "På Windows vises en fils kontrolsum med: certutil -hashfile FIL SHA256",
    "Mailene ligger, som de blev sendt. En mail kan nævne flere breve: se dem igennem, før pakken gives videre.",
]


def packable_letters(letters: LetterQuerySet) -> LetterQuerySet:
    """Return the readable letters, in the order sent."""
    return letters.readable().order_by("sent_at", "pk")


def letter_entries(letter: LetterRow, reader: User) -> Iterator[Entry]:
    yield README, _text_bytes([f"Bevispakke for brev {letter.source_ref}", "", *CHECKSUM_HELP])
    yield from _folder_entries(letter, reader)
    yield from _mail_entries(mails_about([letter.pk], reader))


def unit_entries(
    unit: Unit, incident: Incident, letters: LetterQuerySet, left_out: int, reader: User
) -> Iterator[Entry]:
    """Yield the entries of a unit's pack.

    letters: the letters of the unit that the reader may see; unreadable letters are left out. left_out is the number
    of letters left out.
    """
    packed = packable_letters(letters)
    head = [f"Bevispakke for {unit.name}: {incident.title}", "", f"Breve: {danish.number(packed.count())}"]
    yield README, _text_bytes([*head, *omission_lines(unit, left_out, reader), "", *CHECKSUM_HELP])
    rows = letters_for(reader, calendar.today()).select_related("incident", "batch").order_by("sent_at", "pk")
    for letter in rows.filter(pk__in=packed.order_by().values("pk")).iterator(chunk_size=FETCH_SIZE):
        yield from _folder_entries(letter, reader)
    yield from _mail_entries(mails_about(packed.values("pk").order_by(), reader))


def omission_lines(unit: Unit, number: int, reader: User) -> list[str]:
    """«3 personalesager er udeladt, …» for letters that the reader may see but not read; or the limits of HR's view."""
    if board.sees_only_as_hr(unit, reader):
        return [ONLY_HR_CASES]
    if not number:
        return []
    words = danish.count(number, "personalesag er udeladt", "personalesager er udeladt")
    them = "den" if number == 1 else "dem"
    return [f"{words}, for kun afsenderen, brevets leder og Personalejura og Forhandling må læse {them}."]


def mails_about(letters: Iterable[int] | QuerySet, reader: User) -> QuerySet[Notice]:
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


def is_facts_file(path: str) -> bool:
    """Return whether the path is a dossier. Every letter has exactly one dossier."""
    return path.endswith(f"/{FACTS}")


def list_letter_files(found: LetterDossier, mails: Iterable[Notice]) -> list[tuple[str, str]]:
    """Return [(path, description)] for the files of the pack that belong to the letter."""
    files = [(file_path(found.letter, one), arrival_page.proof_file_label(one)) for one in found.files]
    sent = [
        (mail_path(mail), f"{danish.capitalized(mail.phrase)}, skrevet {danish.moment(mail.created_at)}")
        for mail in mails
    ]
    return files + sent


def _folder_entries(letter: LetterRow, reader: User) -> Iterator[Entry]:
    found = letter_dossier.build_dossier(letter)
    mails = mails_about([letter.pk], reader).defer("text", "html")
    lines = letter_dossier.render_dossier(found, list_letter_files(found, mails))
    yield f"{letter_folder(letter)}/{FACTS}", [lines.encode()]
    for one in found.files:
        yield _proof_entry(file_path(letter, one), one)


def _proof_entry(path: str, one: Arrival) -> Entry:
    """Return the file, or a note instead if the stored bytes were altered."""
    try:
        return path, storage.read_proof(one.file_sha256)
    except storage.ProofAltered:
        return f"{path}.txt", _text_bytes([FILE_ALTERED])


def _mail_entries(mails: QuerySet[Notice]) -> Iterator[Entry]:
    for mail in mails.iterator(chunk_size=FETCH_SIZE):
        copies = [one for one in mail.deliveries.select_related("recipient").order_by("pk") if not one.is_replaced]
        yield mail_path(mail), [mime.build_mail(mail, copies)]


def _text_bytes(lines: Iterable[str]) -> list[bytes]:
    return ["".join(f"{line}\n" for line in lines).encode()]
