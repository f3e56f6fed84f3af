"""Parsing of a staff file: the meaning of headers and cells. `files.reader` reads the file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from letters.categories.category_matching import CategoryMatcher
from letters.importing.files import reader, sheet_selection, uploads
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.datetimes import UnreadableDate, parse_datetime
from letters.importing.files.headers import HeaderTable
from letters.importing.files.limits import Refused
from letters.importing.files.reader import RawRow
from letters.importing.rows import unit_matching
from letters.importing.rows.cell_rules import CellMeaning, IncidentWindow, rules_by_field
from letters.importing.rows.row_problems import CPR, NOTICE, REJECT, ProblemKind, Remark
from letters.models import Incident, letter_change
from sepo_incident.accounts.models import StaffImport, StaffRow, User
from sepo_incident.accounts.staff_import import staff_changes
from sepo_incident.accounts.unit_names import UnitTree
from sepo_incident.core import cpr, danish
from sepo_incident.core.danish import parse_phone

MAX_ROWS = 100_000
TIMEOUT_SECONDS = 25  # a web request waits for the result
MAX_SHOWN_LENGTH = 200

# fmt: off
STAFF_HEADERS = HeaderTable(
    ("email", "E-mail", "e-mail, mail, mailadresse, e-mailadresse, arbejdsmail, brugerens e-mail, upn"),
    ("name", "Navn", "navn, fulde navn, medarbejder, medarbejdernavn, name, display name"),
    ("first_name", "Fornavn", "fornavn, fornavne, first name, given name"),
    ("last_name", "Efternavn", "efternavn, last name, surname"),
    ("phone", "Telefon", "telefon, tlf, telefonnummer, telefonnr, tlf nr, tlf nummer, mobil, mobilnummer, "
     "mobiltelefon, arbejdstelefon, direkte telefon, direkte nummer, phone, phone number, mobile, business phone"),
    ("unit", "Enhed", "enhed, enhedsnavn, afdeling, arbejdssted, institution, organisation, department"),
    ("unit_code", "Enhedskode", "enhedskode, enhedsnummer, enhedsnr, organisationskode, orgkode"),
    ("administration", "Forvaltning", "forvaltning, administration"),
    ("leader", "Leder", "leder, nærmeste leder, leders navn, leders e-mail, ledermail, chef, manager"),
    ("leads", "Er leder", "er leder, leder ja/nej, lederrolle, er chef"),
    ("active", "Aktiv", "aktiv, er aktiv, ansat, active, status"),
    ("left_on", "Fratrådt", "fratrådt, fratrådt dato, fratrådt den, fratrædelsesdato, slutdato, ophørt"),
    fewest_known=2,
)
# fmt: on
YES_WORDS = frozenset(["ja", "j", "yes", "y", "x", "1", "sand", "true", "aktiv", "ansat", "active", "leder"])
NO_WORDS = frozenset(["nej", "n", "no", "0", "-", "falsk", "false", "inaktiv", "fratrådt", "ophørt", "inactive"])
#: «31-12-9999» and «00-00-0000»: how SAP and OPUS write that somebody has no end date
_NO_LEAVING_DATE = re.compile(
    r"(?:31[-./]12[-./]9999|9999[-./]?12[-./]?31|00[-./]00[-./]0000|0000[-./]?00[-./]?00)(?: 00:00)?"
)

NO_HEADERS = "Vi kan ikke finde overskrifterne. Skriv Navn, E-mail og Enhed øverst i filen, og vælg den igen."
NO_EMAIL = Remark(ProblemKind.NO_SENDER, "E-mailen mangler. Tilføj den, så vi kan kende personen.")
TOO_MANY_ROWS = f"Filen har flere end {danish.number(MAX_ROWS)} rækker. Del den, en fil for hver forvaltning."

Columns = Mapping[str, int]


def read_staff_file(
    content: bytes | BinaryIO, filename: str, by: User | None, *, is_everybody: bool = False
) -> StaffImport:
    """Read a staff file and compare the people. `is_everybody`: the file names all employees. Raises `Refused`."""
    staff = StaffImport(filename=cpr.mask(filename)[-255:], is_everybody=is_everybody, created_by=by)
    with reader.open_list(content, TIMEOUT_SECONDS, _select_people) as raw, transaction.atomic():
        staff.sha256 = uploads.sha256_of(uploads.as_file(content))
        columns = raw.lists[0].columns
        staff.has_leaders = bool({"leader", "leads"} & columns.keys())
        staff_changes.stage_people(staff, _parse_people(PersonParser(columns), raw.rows))
        staff.blank_rows = raw.blank
        staff.save(update_fields=["blank_rows"])
        staff_changes.set_verdicts(staff, is_first=True)
    return staff


@transaction.atomic
def save_staff_file(staff: StaffImport, by: User | None, leaving: int | None = None) -> bool:
    """Save a StaffImport, and update leader roles: letters may name somebody who is back as leader."""
    is_saved = staff_changes.commit_staff_import(staff, by, leaving)
    for incident in Incident.objects.not_closed() if is_saved else ():
        letter_change.sync_leader_roles(incident.pk, by.pk if by else None)
    return is_saved


def _select_people(book: sheet_selection.SheetSource) -> list[sheet_selection.SelectedSheet]:
    """Return the sheet with the people. Refuse several: people of a sheet not read would count as having left."""
    lists = sheet_selection.find_lists(book, sheet_selection.visible_sheets(book), STAFF_HEADERS)
    known = [(one, STAFF_HEADERS.recognise(one.headers)) for one in lists if one.are_known]
    if not known:
        raise sheet_selection.no_list_refusal(book, NO_HEADERS)
    with_email = [(one, columns) for one, columns in known if "email" in columns]
    if not with_email:
        raise Refused("Kolonnen »E-mail« mangler i filen. Tilføj den, og vælg filen igen.", known[0][0].headers)
    found = [one.chosen(columns) for one, columns in with_email if one.first]
    if not found:
        raise Refused("Filen har ingen personer under overskrifterne. Vælg den rigtige fil.")
    if len(found) > 1:
        names = sheet_selection.sheet_names(book)
        sheets = sheet_selection.quote_names([names[one.sheet] for one in found])
        raise Refused(f"Der er personer i arkene {sheets}. Saml dem i ét ark, eller lav en fil af hvert.")
    return found


def _parse_people(parser: "PersonParser", rows: Iterator[RawRow]) -> Iterator[StaffRow]:
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise Refused(TOO_MANY_ROWS)
        yield parser.person(*row)


class PersonParser:
    """Parses the rows of a staff file."""

    def __init__(self, columns: Columns):
        self._columns = columns
        # a staff file has no letters
        self._rules = rules_by_field(IncidentWindow(date.min, date.max), CategoryMatcher([]))
        self._today = danish.local_date(timezone.now())
        self._units = UnitLookup(UnitTree())
        self._leaders_address = lru_cache(maxsize=10_000)(self._rules["leader_email"])

    def person(self, number: int, cells: Sequence[str]) -> StaffRow:
        """Return the parsed person. `number`: row number in Excel."""
        text = {name: clean_text(cells[at]) if at < len(cells) else "" for name, at in self._columns.items()}
        person = StaffRow(row=number)
        self._parse_identity(person, text)
        self._parse_phone(person, text.get("phone", ""))
        self._parse_unit(person, text)
        self._leader(person, text)
        self._presence(person, text)
        return person

    def _parse_identity(self, person: StaffRow, text: Mapping[str, str]) -> None:
        meaning = self._rules["sender_email"](text["email"])
        person.email = meaning.value
        if not person.email:
            meaning = meaning._replace(remarks=(NO_EMAIL,))
        _add_problems(person, "email", meaning)
        name = text.get("name") or " ".join(filter(None, (text.get("first_name"), text.get("last_name"))))
        meaning = self._rules["sender_name"](name)
        person.name = meaning.value
        _add_problems(person, "name", meaning)

    def _parse_phone(self, person: StaffRow, text: str) -> None:
        number = parse_phone(text)
        person.phone = number or ""
        if number is None:
            _add_problem(person, "phone", text, "Nummeret kommer ikke med. Skriv ét telefonnummer med otte cifre.")

    def _parse_unit(self, person: StaffRow, text: Mapping[str, str]) -> None:
        name, code, above = (text.get(field, "") for field in ("unit", "unit_code", "administration"))
        if not (name or code):
            return
        person.unit_id, remark = self._units.find(name, code, above)
        if remark:
            _add_problem(person, "unit" if name else "unit_code", name or code, remark)

    def _leader(self, person: StaffRow, text: Mapping[str, str]) -> None:
        leads, leader = (text.get(name, "").lower() for name in ("leads", "leader"))
        if leader in YES_WORDS | NO_WORDS:
            leads, leader = leads or leader, ""
        if leads and leads not in YES_WORDS | NO_WORDS:
            _add_problem(person, "leads", leads, "Skriv ja eller nej.")
        person.leads = leads in YES_WORDS
        if person.leads and person.unit_id is None:
            _add_problem(person, "leads", leads, "Personen er leder, men enheden mangler.")
        if "@" in leader:
            meaning = self._leaders_address(leader)
            person.leader_email = "" if meaning.remarks else meaning.value
            _add_problems(person, "leader", meaning, NOTICE)
        elif leader:
            meaning = self._rules["leader_name"](text["leader"])
            person.leader_name = "" if cpr.contains_cpr(leader) else meaning.value
            _add_problems(person, "leader", meaning, NOTICE)

    def _presence(self, person: StaffRow, text: Mapping[str, str]) -> None:
        active, left_on = text.get("active", "").lower(), text.get("left_on", "")
        if active and active not in YES_WORDS | NO_WORDS:
            return _add_problem(person, "active", active, "Skriv ja eller nej.", REJECT)
        person.left_on = self._today if active in NO_WORDS else None
        if not left_on or _NO_LEAVING_DATE.fullmatch(left_on):
            return None
        try:
            day = danish.local_date(parse_datetime(left_on)[0])
        except UnreadableDate as problem:
            return _add_problem(person, "left_on", left_on, str(problem), REJECT)
        if day > self._today:
            later = f"Datoen er ikke kommet. Personen ændres først, når du indlæser en fil efter {danish.date(day)}."
            return _add_problem(person, "left_on", left_on, later)
        person.left_on = day
        return None


def _add_problems(person: StaffRow, name: str, meaning: CellMeaning, severity: str = "") -> None:
    for remark in meaning.remarks:
        _add_problem(person, name, meaning.shown, remark.message, severity or remark.severity)


def _add_problem(person: StaffRow, name: str, value: str, message: str, severity: str = NOTICE) -> None:
    if severity == NOTICE and cpr.contains_cpr(value):
        message = CPR.message
    shown = cpr.mask(value)[:MAX_SHOWN_LENGTH]
    person.problems.append(
        {"column": STAFF_HEADERS.labels[name], "value": shown, "message": message, "severity": severity}
    )
    if severity == REJECT:
        person.verdict = StaffRow.Verdict.REJECTED.value


class UnitLookup:
    """Finds the units of a staff file by code, or by a name that is unique in the tree or the administration."""

    def __init__(self, tree: UnitTree):
        self._tree = tree
        self.find = lru_cache(maxsize=20_000)(self._find)

    def _find(self, name: str, code: str, administration: str) -> tuple[int | None, str]:
        """Return (the unit that the text means, a Danish remark if none does)."""
        unit = next(filter(None, (self._tree.find_by_code(each) for each in (code, name) if each)), None)
        if unit:
            return unit, ""
        found = self._within(self._tree.find_anywhere(name), administration)
        if len(found) == 1:
            return found[0], ""
        if not found:
            return None, "Vi kender ikke enheden. Personen får ingen ny enhed."
        which = "Skriv enhedens kode." if administration else "Skriv forvaltningen eller enhedens kode."
        return None, f"{danish.count(len(found), 'enhed', 'enheder')} hedder sådan. {which}"

    def _within(self, units: Sequence[int], administration: str) -> Sequence[int]:
        root = self._tree.root
        if not administration or root is None:
            return units
        above = self._tree.find_child(
            root, unit_matching.ADMINISTRATION_BY_CODE.get(administration.upper(), administration)
        )
        return [unit for unit in units if above in self._tree.nodes[unit].lineage]
