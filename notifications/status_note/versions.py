"""Services of the status note: take a version with its text and publish it, replace the template, save the prose."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from followups.models import NoteFigure, NoteProse, NotePublication, NoteTemplate, NoteVersion
from followups.models.note import NoteVersionQuerySet
from letters.models import Incident
from notifications.status_note.document import OWN_TEMPLATE, check_template
from notifications.status_note.facts import NoteFacts, NoteRefused, gather_facts, hedges_of
from notifications.status_note.sections import SECTIONS
from notifications.status_note.story import find_plan, read_committee
from notifications.status_note.text import Chips, parse_prose
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict


def chips_for(facts: NoteFacts) -> Chips:
    return Chips({key: figure.label for key, figure in facts.figures.items()})


def build_content(facts: NoteFacts, by: User | None, dated: date, number: int) -> dict[str, Any]:
    """Return the text of a version: headings, blocks, and the rule for »op mod«."""
    hedges, reasons = hedges_of(facts)
    chips = chips_for(facts)
    written = NoteProse.objects.in_force(facts.incident, facts.unit)
    sections = []
    for section in SECTIONS:
        text = written[section.key].text if section.key in written else section.prose(facts)
        for chip in chips.unknown(text):  # figures that are gone since somebody wrote the text
            text = text.replace(chip, "[tallet findes ikke]")
        prose = parse_prose(text, chips, hedges)
        tables = section.tables(facts)
        blocks = [*prose, *tables]
        if section.explains_tables:
            blocks = [*tables, *(block | {"type": "small"} for block in prose)]
        heading = section.heading.format(enhed=facts.unit.short_name)
        sections.append({"key": section.key, "heading": heading, "blocks": blocks})
    return {
        "sections": sections,
        "hedges": reasons,
        "margin": read_margin(facts, by, number),
        "dated": dated.isoformat(),
    }


def read_margin(facts: NoteFacts, by: User | None, number: int) -> dict[str, str]:
    """Return what stands in the margin of the document, and to whom the note goes."""
    committee, case_number, document_number = read_committee(facts.incident, facts.unit, number)
    return {
        "kind": f"Notat til {committee}",
        "title": f"{facts.incident.title}: status",
        "case_number": case_number,
        "document_number": document_number,
        "case_worker": by.name if by else "Koncern IT",
        "office": facts.unit.name,
    }


Role = Membership.Role

BEFORE_INCIDENT = "Notatets dato ligger før hændelsens første dag. Vælg en senere dato."
TOO_LATE = "Notatets dato ligger mere end et år fremme. Er årstallet rigtigt?"


@transaction.atomic
def take_version(incident: Incident, unit: Unit, by: User | None, dated: date | None = None) -> NoteVersion:
    """Save a working version with the text and the figures of this moment. Raise NoteRefused.

    Return the newest version instead if it is the same draft: the button was pressed twice.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)  # serializes two presses
    now = timezone.now()
    dated = dated or danish.local_date(now)
    if dated < incident.first_day:
        raise NoteRefused(BEFORE_INCIDENT)
    if (dated - danish.local_date(now)).days > 366:
        raise NoteRefused(TOO_LATE)
    facts = gather_facts(incident, unit, now)
    previous = NoteVersion.objects.of(incident, unit).published().first()
    number = previous.number + 1 if previous else 1
    template = template_in_force()
    if template.pk is None:
        template.save()
    content = build_content(facts, by, dated, number)
    newest = NoteVersion.objects.of(incident, unit).select_related("publication").first()
    is_same = newest and (newest.by, newest.template, newest.content) == (by, template, content)
    if newest and is_same and not newest.is_published and not text_changed_since(newest):
        frozen = {one.key: (one.value, one.letters) for one in newest.figures.all()}
        if frozen == {one.key: (one.value, one.letters) for one in facts.figures.values()}:
            return newest
    version = NoteVersion.objects.create(
        incident=incident,
        unit=unit,
        number=number,
        previous=previous,
        template=template,
        dated=dated,
        taken_at=now,
        by=by,
        content=content,
    )
    NoteFigure.objects.bulk_create(NoteFigure(version=version, **one._asdict()) for one in facts.figures.values())
    return version


@transaction.atomic
def publish_version(version: NoteVersion, by: User) -> NotePublication:
    """Publish a working version.

    Raise NoteRefused if somebody else must publish it, if the number is taken, or if there is a newer version.
    """
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
        if newer_version(version):
            raise NoteRefused("Der er et nyere notat. Læs det.")
        with transaction.atomic():
            publication.save(force_insert=True)
    except ValidationError as refused:
        raise NoteRefused(refused.messages[0]) from refused
    except IntegrityError as taken:
        raise NoteRefused("Notatet er allerede udgivet.") from taken
    return publication


def may_publish(version: NoteVersion, user: User) -> bool:
    """Tell whether the user may publish: another person of KIT, or a coordinator of the administration."""
    if version.is_published or user.pk == version.by_id or user.viewer:
        return False
    return may_make(version.unit, user)


def newer_version(version: NoteVersion) -> NoteVersion | None:
    """Return the newest version of the same note, without its text, if it is newer than `version`."""
    newer = NoteVersion.objects.of(version.incident, version.unit).filter(pk__gt=version.pk)
    return newer.select_related("publication").defer("content").first()


def template_in_force() -> NoteTemplate:
    """Return the template that a person put in last, else the project's own, unsaved where no version has it yet."""
    templates, content = NoteTemplate.objects.select_related("by"), OWN_TEMPLATE.read_bytes()
    known = templates.exclude(by=None).first() or templates.filter(content=content).first()
    return known or NoteTemplate(content=content, filename=OWN_TEMPLATE.name)


def replace_template(content: bytes, filename: str, by: User) -> NoteTemplate:
    """Save a template, in force from the next version on. Raise FileRefused if it cannot be used."""
    check_template(content)
    return NoteTemplate.objects.create(content=content, filename=filename[:200], by=by)


def may_make(unit: Unit, user: User) -> bool:
    """Tell whether the user may make a working version about the unit: KIT, or a coordinator of the administration."""
    return user.holds_role_over(unit.lineage, Role.KIT_ADMIN, Role.COORDINATOR)


def text_changed_since(version: NoteVersion) -> str:
    """Return what people have written since the figures were taken, as a Danish sentence; "" for nothing."""
    prose = NoteProse.objects.filter(incident=version.incident, unit=version.unit, at__gt=version.taken_at)
    if prose.exists():
        return "Teksten er ændret, efter at kladden blev lavet. Lav en ny kladde."
    plan = find_plan(version.incident, version.unit)
    if plan and plan.changed_at > version.taken_at:
        return "Forvaltningens plan er ændret, efter at kladden blev lavet. Lav en ny kladde."
    return ""


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


def notes_visible_to(user: User) -> NoteVersionQuerySet:
    """Return the versions at or below a unit of the user's memberships, without their text, for a list.

    Readers see published ones only. KIT and coordinators also see the working versions of their units.
    """
    writes = Unit.objects.at_or_below(user.unit_ids_with_role(Role.KIT_ADMIN, Role.COORDINATOR))
    versions = NoteVersion.objects.filter(unit__in=Unit.objects.visible_to(user))
    shown = versions.filter(Q(publication__isnull=False) | Q(unit__in=writes))
    return shown.select_related("publication__by", "unit", "by").defer("content")
