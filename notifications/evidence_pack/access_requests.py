"""*Aktindsigt*: the letters of a record number or of a recipient, and a pack of them with a log of what is withheld.

Letters that the reader may not read are not searched: a hit would say whose personnel case it is. The log says how many
personnel cases the reader sees in all, whoever the request is about, and who gives access to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Page
from django.db.models import Count, Exists, Func, Min, OuterRef, Q, TextField, Value
from django.db.models.functions import Upper
from django.http import QueryDict

from followups.models import Arrival, EscalationEntry, LetterRow
from letters import recipient_keys
from letters.models import Incident, Letter
from letters.models.letter import RECIPIENT_CODE, LetterQuerySet
from notifications.evidence_pack import pack_contents
from notifications.models import IncomingMail, Notice, NoticeItem
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import danish
from sepo_incident.core.forms import parse_int, search_text

Role = Membership.Role
LOG = "undtaget.txt"
_NO_SPACES = (Value(r"\s"), Value(""), Value("g"))
#: The record number without spaces and in upper case.
RECORD_NUMBER = Upper(Func("followup__record_number", *_NO_SPACES, function="regexp_replace", output_field=TextField()))


class AccessRequest(NamedTuple):
    """What the address asks about: a record number or a recipient's code, as typed.

    `letter`: the id of a letter to the recipient that is meant, 0 for every recipient with the code.
    """

    record_number: str
    code: str
    letter: int

    @classmethod
    def of_address(cls, data: QueryDict) -> AccessRequest:
        code = search_text(data.get("modtager", "")).upper()
        return cls(search_text(data.get("sag", "")), code, parse_int(data.get("brev", "")) or 0)

    @property
    def subject(self) -> str:
        return f"modtager, kode {self.code}" if self.code else f"journalnummer {self.record_number}"

    @property
    def query(self) -> str:
        return f"?{urlencode({'modtager': self.code} if self.code else {'sag': self.record_number})}"

    @property
    def refusal(self) -> str:
        """Return why the request cannot be searched, with what to do, or ""."""
        if self.record_number and self.code:
            return "Skriv i ét af felterne, ikke i begge."
        if self.code and recipient_keys.code_number(self.code) is None:
            return "En modtagers kode er bogstav, tal, bogstav, for eksempel K7F. Koden står på hvert brevs side."
        return ""

    def find_letters(self, reader: User) -> LetterQuerySet:
        """Return the letters that the reader may read, of all incidents, withdrawn ones too; none for a refusal."""
        letters = Letter.objects.visible_to(reader).readable().order_by("sent_at", "pk")
        if self.refusal or not (self.code or self.record_number):
            return letters.none()
        if self.record_number:
            number = Upper(Value("".join(self.record_number.split())))
            return letters.alias(record=RECORD_NUMBER).filter(record=number)
        letters = letters.alias(code=RECIPIENT_CODE).filter(code=recipient_keys.code_number(self.code))
        if self.letter:
            meant = letters.order_by().filter(pk=self.letter)
            letters = letters.filter(recipient_key__in=meant.values("recipient_key"))
        return letters.order_by("recipient_key", "sent_at", "pk")


class RequestedFile(NamedTuple):
    """A file on the page. `recipients`: of all the request's files. `rows`: the letters on this page of the list."""

    number: int
    recipients: int
    letters: int
    query: str
    rows: list[LetterRow]


def list_files(asked: AccessRequest, letters: LetterQuerySet, page: Page[LetterRow]) -> list[RequestedFile]:
    """Return the files with letters on this page of the list: one for each recipient of the code. One query."""
    by_recipient = letters.order_by("recipient_key").values_list("recipient_key")
    found = list(by_recipient.annotate(Count("pk"), Min("pk")))
    if asked.record_number:
        return [RequestedFile(1, len(found), page.paginator.count, asked.query, list(page))] if found else []
    return [
        RequestedFile(number, len(found), count, f"{asked.query}&brev={letter}", rows)
        for number, (key, count, letter) in enumerate(found, 1)
        if (rows := [row for row in page if row.recipient_key == key])
    ]


def request_entries(asked: AccessRequest, letter_ids: list[int], reader: User) -> Iterator[pack_contents.Entry]:
    """Yield the entries of the pack and, last, the log of what is withheld."""
    head = [f"Aktindsigt: {asked.subject}", "", f"Breve: {danish.number(len(letter_ids))}"]
    head.append(f"Det, der ikke er med, står i {LOG}. Sporingen af andre breve er ikke med.")
    letters, mails, damaged = pack_contents.fetch_letters(letter_ids, reader), withheld_mails(letter_ids), []
    for path, content in pack_contents.pack_entries(head, letters, letter_ids, reader, mails.keys()):
        if content is pack_contents.ALTERED:
            damaged.append(f"{path}: Filen er beskadiget.")
        yield path, content
    log = [*search_limits(reader), *mails.values(), *_other_lines(letter_ids), *damaged]
    title = f"Undtaget fra aktindsigt: {asked.subject}"
    yield LOG, pack_contents.text_bytes([title, "", *(log or ["Ingen oplysninger er undtaget."])])


def search_limits(reader: User) -> list[str]:
    """Return where the search does not look, and who gives access there. The request makes no difference to the answer.

    At most three queries.
    """
    units = list(
        Unit.objects.filter(pk__in=reader.unit_ids_with_other_role(Role.HR, *Membership.COUNTING_ROLES)).in_order()
    )
    searched = [f"breve fra {danish.join_with_and([one.name for one in units])}"] if units else []
    if Role.HR in reader.roles:
        searched.append("personalesager og breve, som Personalejura er spurgt om")
    lines = []
    if not any(one.is_root for one in units):
        lines.append(f"Søgningen gælder kun {danish.join_with_and(searched)}. Koncern IT søger i andre breve.")
    hidden = Letter.objects.visible_to(reader).filter(Q(reader_may_read=False)).count()
    incident = Incident.objects.order_by("-first_day", "-pk").first()
    if hidden and incident:
        cases, them = danish.count(hidden, "personalesag", "personalesager"), "den" if hidden == 1 else "dem"
        lines.append(
            f"Søgningen gælder ikke {cases}, for kun afsenderen, brevets leder og Personalejura må læse {them}. "
            f"Spørg om aktindsigt i personalesager hos {incident.personnel_contact}, {incident.personnel_phone}."
        )
    return lines


def withheld_mails(letter_ids: list[int]) -> dict[int, str]:
    """Return {id: line of the log} of the mails about the letters that name other letters too or were stopped.

    Every other mail names only letters that the reader may read, so the reader may hand it on. Two queries.
    """
    items = NoticeItem.objects.filter(followup__letter__in=letter_ids)
    others = NoticeItem.objects.filter(notice=OuterRef("pk")).exclude(followup__letter__in=letter_ids)
    about = Notice.objects.filter(pk__in=items.values("notice")).defer("text", "html").order_by("created_at", "pk")
    stopped = set(about.taken_back().values_list("pk", flat=True))
    lines = {}
    for mail in about.filter(Exists(others) | Q(pk__in=stopped)):
        why = "blev stoppet og aldrig sendt" if mail.pk in stopped else "nævner også breve, der ikke er med"
        lines[mail.pk] = f"{danish.capitalized(mail.phrase)}, skrevet {danish.moment(mail.created_at)}: {why}."
    return lines


def _other_lines(letter_ids: list[int]) -> list[str]:
    """Return a line for each kind of rows about the letters that no pack has."""
    notices = NoticeItem.objects.filter(followup__letter__in=letter_ids).values("notice")
    answers = IncomingMail.objects.filter(notice__in=notices)
    notes = EscalationEntry.objects.filter(kind="NOTE", escalation__followup__letter__in=letter_ids)
    files = Arrival.objects.with_file().filter(followup__letter__in=letter_ids, taken_back__isnull=False)
    counts = {
        "Svar og kvitteringer på mailene: {}. Koncern IT vurderer, om de kan udleveres.": answers.count(),
        "Interne noter i henvendelser: {}. De, der skrev noterne, vurderer, om de kan udleveres.": notes.count(),
        "Filer, der er trukket tilbage: {}. De kan handle om andre.": files.count(),
    }
    return [line.format(danish.number(number)) for line, number in counts.items() if number]
