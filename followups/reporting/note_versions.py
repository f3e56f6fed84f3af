"""Services of the status note: take a version, publish it, save the prose of a section, and the figures by name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from followups.models import NoteFigure, NoteProse, NotePublication, NoteTemplate, NoteVersion
from followups.models.note import NoteVersionQuerySet
from followups.reporting.figures import FigureValue, Scope, take_figures
from followups.reporting.note_numbers import ABOUT, AT_MOST, signed
from followups.reporting.note_sections import MUNICIPALITY_LETTERS, SECTIONS, NoteFacts, Section
from followups.reporting.note_story import read_committee, read_story
from followups.reporting.note_template import build_template
from followups.reporting.note_text import BEFORE, CHANGE, Block, Chips, parse_prose
from letters.models import ImportBatch, Incident, Letter
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict

Role = Membership.Role

NO_LETTERS = "Der er ingen breve at skrive om. Indlæs en liste først."
BEFORE_INCIDENT = "Notatets dato ligger før hændelsens første dag. Vælg en senere dato."
TOO_LATE = "Notatets dato ligger mere end et år fremme. Er årstallet rigtigt?"
LIST_MAY_COME = "»Op mod«: Der kan komme en liste med flere breve, indtil en fuld liste er indlæst."
SOME_UNKNOWN = "»Cirka«: Nogle breve har intet emne eller en ukendt modtager."


class NoteRefused(Exception):
    """Raised when no note can be made or published. The text is a Danish sentence with the next step."""


# --- Facts and text -----------------------------------------------------------------------------------------------


def note_units(incident: Incident) -> list[Unit]:
    """Return the units that can have a note: the whole municipality and the administrations with letters."""
    lineages = Letter.objects.active().filter(incident=incident, unit__isnull=False).values_list("unit__lineage")
    with_letters = {pk for (lineage,) in lineages.order_by().distinct() for pk in lineage}
    administrations = Unit.objects.filter(kind=Unit.Kind.ADMINISTRATION, pk__in=with_letters).in_order()
    return [Unit.root(), *administrations]


def gather_facts(incident: Incident, unit: Unit, at: datetime) -> NoteFacts:
    """Return what the texts of a note are about. Raise NoteRefused if there are no letters."""
    figures = take_figures(Scope(incident, unit, at))
    if not figures["letters"].value:
        raise NoteRefused(NO_LETTERS)
    if unit.parent_id is not None:
        figures[MUNICIPALITY_LETTERS] = _municipality_letters(incident)
    before = NoteVersion.objects.of(incident, unit).published().first()
    moves = incident.deadline_changes.order_by("pk")
    return NoteFacts(
        incident=incident,
        unit=unit,
        figures=figures,
        figures_before=values_of(before) if before else {},
        dated_before=danish.local_date(before.taken_at) if before else None,
        taken_at=at,
        story=read_story(incident, unit),
        deadline_moves=[f"Fristen er flyttet fra {danish.day_month(one.old)}." for one in moves],
    )


def _municipality_letters(incident: Incident) -> FigureValue:
    ids = list(Letter.objects.active().filter(incident=incident).order_by("pk").values_list("pk", flat=True))
    sentence = "Alle breve i hændelsen fra hele kommunen, undtagen dem, der er trukket tilbage."
    return FigureValue(MUNICIPALITY_LETTERS, "breve i hele kommunen", sentence, len(ids), ids)


def hedges_of(facts: NoteFacts) -> tuple[dict[str, str], list[str]]:
    """Return {key: word} of the figures that are not final, and the rules as sentences.

    The number of letters is »op mod« until KIT has imported a list as full, or the incident is closed. Recipients and
    categories are »cirka« while a letter has no category or an unknown recipient.
    """
    hedges: dict[str, str] = {}
    reasons: list[str] = []
    committed = ImportBatch.objects.filter(incident=facts.incident, status=ImportBatch.Status.COMMITTED)
    newest = committed.order_by("-committed_at").first()
    is_closed = facts.incident.status == Incident.Status.CLOSED
    if not is_closed and not (newest and newest.is_full):
        hedges |= dict.fromkeys(("letters", MUNICIPALITY_LETTERS), AT_MOST)
        reasons.append(LIST_MAY_COME)
    if facts.value("letters.unknown") or facts.value("letters.category.uden-emne"):
        uncertain = [key for key in facts.figures if key.startswith("letters.category.")]
        hedges |= dict.fromkeys([*uncertain, "letters.citizen", "letters.employee"], ABOUT)
        reasons.append(SOME_UNKNOWN)
    return hedges, reasons


def default_text(section: Section, facts: NoteFacts) -> str:
    """Return the system's own text of a section, with the names of the fields as people write them."""
    return chips_for(facts).spelled(section.prose(facts))


def chips_for(facts: NoteFacts) -> Chips:
    return Chips({key: figure.label for key, figure in facts.figures.items()})


def build_content(facts: NoteFacts, by: User | None, dated: date, number: int) -> dict[str, Any]:
    """Return the text of a version: headings, blocks, and the rules for »op mod« and »cirka«."""
    hedges, reasons = hedges_of(facts)
    chips = chips_for(facts)
    written = NoteProse.objects.in_force(facts.incident, facts.unit)
    sections = []
    for section in SECTIONS:
        text = written[section.key].text if section.key in written else section.prose(facts)
        prose = parse_prose(_known_chips(text, chips), chips, hedges)
        tables = section.tables(facts)
        # What explains a table follows it, in small print.
        small = [block | {"type": "small"} for block in prose] if section.key == "status" else prose
        blocks = [*tables, *small] if section.key == "status" else [*prose, *tables]
        sections.append({"key": section.key, "heading": section.heading(facts), "blocks": blocks})
    return {
        "sections": sections,
        "hedges": reasons,
        "margin": read_margin(facts, by, number),
        "dated": dated.isoformat(),
    }


def _known_chips(text: str, chips: Chips) -> str:
    """Return the text with «[tallet findes ikke]» for figures that are gone since somebody wrote the text."""
    for chip in chips.unknown(text):
        text = text.replace(chip, "[tallet findes ikke]")
    return text


def read_margin(facts: NoteFacts, by: User | None, number: int) -> dict[str, str]:
    """Return what stands in the margin of the document, and to whom the note goes."""
    committee, case_number, document_number = read_committee(facts.incident, facts.unit, number)
    return {
        "kind": f"Notat til {committee}",
        "title": "Breve, der ikke kom frem til e-Boks " + _months(facts.incident) + ": status",
        "case_number": case_number,
        "document_number": document_number,
        "case_worker": by.name if by else "Koncern IT",
        "office": facts.unit.name,
    }


def _months(incident: Incident) -> str:
    first, last = incident.first_day, incident.last_day
    month = danish.MONTHS[last.month - 1]
    if (first.year, first.month) == (last.year, last.month):
        return f"i {month} {last.year}"
    return f"fra {danish.MONTHS[first.month - 1]} til {month} {last.year}"


# --- Versions -----------------------------------------------------------------------------------------------------


@transaction.atomic
def take_version(incident: Incident, unit: Unit, by: User | None, dated: date | None = None) -> NoteVersion:
    """Save a working version with the text and the figures of this moment. Raise NoteRefused."""
    now = timezone.now()
    dated = dated or danish.local_date(now)
    if dated < incident.first_day:
        raise NoteRefused(BEFORE_INCIDENT)
    if (dated - danish.local_date(now)).days > 366:
        raise NoteRefused(TOO_LATE)
    facts = gather_facts(incident, unit, now)
    previous = NoteVersion.objects.of(incident, unit).published().first()
    number = previous.number + 1 if previous else 1
    version = NoteVersion.objects.create(
        incident=incident,
        unit=unit,
        number=number,
        previous=previous,
        template=current_template(),
        dated=dated,
        taken_at=now,
        by=by,
        content=build_content(facts, by, dated, number),
    )
    NoteFigure.objects.bulk_create(NoteFigure(version=version, **one._asdict()) for one in facts.figures.values())
    return version


@transaction.atomic
def publish_version(version: NoteVersion, by: User) -> NotePublication:
    """Publish a working version. Raise NoteRefused if somebody else must do it, or if the number is taken."""
    publication = NotePublication(
        version=version,
        incident=version.incident,
        unit=version.unit,
        number=version.number,
        written_by=version.by,
        by=by,
    )
    try:
        publication.validate_constraints()
        with transaction.atomic():
            publication.save(force_insert=True)
    except ValidationError as refused:
        raise NoteRefused(refused.messages[0]) from refused
    except IntegrityError as taken:
        raise NoteRefused("Notatet er allerede udgivet.") from taken
    return publication


def may_publish(version: NoteVersion, user: User) -> bool:
    """Tell whether the user may approve: another person of KIT, or a coordinator of the administration."""
    if version.is_published or user.pk == version.by_id or user.viewer:
        return False
    return user.holds_role_over(version.unit.lineage, Role.KIT_ADMIN, Role.COORDINATOR)


def current_template() -> NoteTemplate:
    """Return the template in force. The template of the project is stored the first time, and when it has changed."""
    newest = NoteTemplate.objects.first()
    if newest and newest.by_id:
        return newest
    content = build_template()
    digest = hashlib.sha256(content).hexdigest()
    if newest and newest.sha256 == digest:
        return newest
    return NoteTemplate.objects.create(content=content, sha256=digest, filename="statusnotat.docx")


def replace_template(content: bytes, filename: str, by: User) -> NoteTemplate:
    """Save a checked template, in force from the next version on."""
    digest = hashlib.sha256(content).hexdigest()
    return NoteTemplate.objects.create(content=content, sha256=digest, filename=filename[:200], by=by)


# --- Prose --------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_prose(incident: Incident, unit: Unit, section: str, text: str, seen: int, by: User) -> NoteProse | None:
    """Save the text of a section. An empty text: the system's own applies again. Return None if nothing changes.

    `seen` is the version that the writer read, 0 for none. Raise Conflict if there is a newer version.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)  # serializes two writers
    now = NoteProse.objects.versions_of(incident, unit, section).first()
    if text == (now.text if now else ""):
        return None
    version = now.version if now else 0
    if version != seen:
        raise Conflict(current=now)
    return NoteProse.objects.create(
        incident=incident, unit=unit, section=section, version=version + 1, text=text, by=by
    )


# --- Figures by name ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NamedFigure:
    """A figure as it stands in a note. `name`: the key, with @before or @change where it is not the figure of now.

    `figure`: what was frozen, with the letters; of a change, the figure of now. `text`: as the note shows it.
    """

    name: str
    figure: NoteFigure
    value: int | Decimal
    text: str

    @property
    def sentence(self) -> str:
        if self.name.endswith(CHANGE):
            return f"Ændring siden udgaven før. {self.figure.sentence}"
        return f"Udgaven før. {self.figure.sentence}" if self.name.endswith(BEFORE) else self.figure.sentence


def values_of(version: NoteVersion) -> dict[str, Decimal]:
    return dict(version.figures.values_list("key", "value"))


def named_figures(version: NoteVersion) -> dict[str, NamedFigure]:
    """Return {name: figure} of all that the version's text may show, without the letters. At most two queries."""
    figures = {one.key: one for one in version.figures.defer("letters")}
    before = {one.key: one for one in version.previous.figures.defer("letters")} if version.previous else {}
    named = {key: NamedFigure(key, one, one.amount, one.number) for key, one in figures.items()}
    for key, one in figures.items():
        earlier = before.get(key)
        if earlier:
            named[key + BEFORE] = NamedFigure(key + BEFORE, earlier, earlier.amount, earlier.number)
        elif version.previous:  # a figure that the version before did not have, such as a new unit
            none = NoteFigure(version=version, key=key, label=one.label, sentence=one.sentence, value=Decimal(0))
            named[key + BEFORE] = NamedFigure(key + BEFORE, none, 0, "0")
        change = one.amount - (earlier.amount if earlier else 0)
        named[key + CHANGE] = NamedFigure(key + CHANGE, one, change, signed(change))
    return named


def blocks_of(version: NoteVersion) -> list[Block]:
    return [block for section in version.content["sections"] for block in section["blocks"]]


def recount(version: NoteVersion, now: datetime) -> Mapping[str, int | Decimal]:
    """Return {key: value} of the version's figures, counted anew."""
    figures = take_figures(Scope(version.incident, version.unit, now))
    if version.unit.parent_id is not None:
        figures[MUNICIPALITY_LETTERS] = _municipality_letters(version.incident)
    return {key: figure.value for key, figure in figures.items()}


def notes_visible_to(user: User) -> NoteVersionQuerySet:
    """Return the versions at or below a unit of the user's memberships: readers see published ones only.

    KIT and coordinators also see the working versions of their units.
    """
    writes = Unit.objects.at_or_below(user.unit_ids_with_role(Role.KIT_ADMIN, Role.COORDINATOR))
    versions = NoteVersion.objects.filter(unit__in=Unit.objects.visible_to(user))
    shown = versions.filter(Q(publication__isnull=False) | Q(unit__in=writes))
    return shown.select_related("publication__by", "unit", "incident", "by", "previous", "template")
