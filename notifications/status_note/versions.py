"""Services of the status note: take a version with its text and publish it, replace the template, save the prose."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from followups.models import NoteFigure, NoteProse, NotePublication, NoteTemplate, NoteVersion
from followups.models.note import NoteVersionQuerySet
from followups.rules.claims import unreported_breach
from letters.models import Claim, Incident
from letters.models.incident_story import StoryRow
from letters.story.breach import address_of, clocks_of
from letters.story.story_rows import read_story_rows
from notifications.status_note.document import OWN_TEMPLATE, check_template
from notifications.status_note.facts import NoteFacts, NoteRefused, gather_facts, hedges_of
from notifications.status_note.sections import COMMITTEE_NOTE, ORIENTATION, OUTLINES, SECTIONS_BY_KEY
from notifications.status_note.story import read_committee
from notifications.status_note.text import Chips, parse_prose
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict


def chips_for(facts: NoteFacts) -> Chips:
    return Chips({key: figure.label for key, figure in facts.figures.items()})


def usual_outline(unit: Unit) -> str:
    """Return the outline of a note on the unit, where nobody chose one."""
    return ORIENTATION if unit.is_root else COMMITTEE_NOTE


def build_content(facts: NoteFacts, by: User | None, dated: date, outline: str) -> dict[str, Any]:
    """Return the text of a version: the sections with something to say in the order of the outline, and the margin.

    `hedges`: the rule for »op mod«; `incident_version`: of the facts that the text was written from.
    """
    hedges, reasons = hedges_of(facts)
    chips = chips_for(facts)
    written = NoteProse.objects.in_force(facts.incident, facts.unit)
    sections = []
    for part, key in ((part, key) for part, keys in OUTLINES[outline].parts for key in keys):
        section = SECTIONS_BY_KEY[key]
        text = written[key].text if key in written else section.prose(facts)
        for chip in chips.unknown(text):  # figures that are gone since somebody wrote the text
            text = text.replace(chip, "[tallet findes ikke]")
        prose = parse_prose(text, chips, hedges)
        tables = section.tables(facts)
        blocks = [*prose, *tables]
        if section.explains_tables:
            blocks = [*tables, *(block | {"type": "small"} for block in prose)]
        if blocks:
            sections.append({"part": part, "key": key, "heading": section.heading, "blocks": blocks})
    kind = f"{OUTLINES[outline].kind} til {read_committee(facts.incident, facts.unit)}"
    return {
        "outline": outline,
        "sections": sections,
        "hedges": reasons,
        "margin": read_margin(facts.incident, facts.unit, by, kind),
        "dated": dated.isoformat(),
        "incident_version": facts.incident.version,
    }


def read_margin(incident: Incident, unit: Unit, by: User | None, kind: str) -> dict[str, str]:
    """Return what stands in the margin of the document, with the kind of document. "" where nobody has said so.

    The municipality's note has the numbers and the address of the incident, an administration's those of its plan.
    """
    source = incident if unit.is_root else incident.plan_of(unit)
    said = {name: getattr(source, name, "") for name in ("document_number", "case_worker", "office", "ean")}
    return {
        "kind": kind,
        "title": f"{incident.title} {_in_month(incident)}",
        "case_number": getattr(source, "case_number", "") or incident.case_number,
        **said,
        "case_worker": said["case_worker"] or (by.name if by else ""),
        "office": said["office"] or unit.name,
    }


Role = Membership.Role

BEFORE_FIGURES = "Notatets dato kan ikke ligge før tallene, som er fra i dag. Vælg dagens dato eller en senere."
OWN_TEXT = "Du har selv skrevet i notatet. Bed en anden om at læse og udgive det."
NOT_ANSWERED = "Noget i notatet er ikke besvaret. Besvar det, eller sæt kryds ved, at du udgiver det alligevel."
TOO_LATE = "Notatets dato ligger mere end et år fremme. Er årstallet rigtigt?"


@transaction.atomic
def take_version(
    incident: Incident, unit: Unit, by: User | None, dated: date | None = None, outline: str = ""
) -> NoteVersion:
    """Save a working version with the text and the figures of this moment. Raise NoteRefused.

    `outline`: one of `OUTLINES`, "" for the usual one. Return the newest version instead if it is the same draft: the
    button was pressed twice.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)  # serializes two presses
    now = timezone.now()
    dated = dated or danish.local_date(now)
    _refuse_date(dated, danish.local_date(now))
    facts = gather_facts(incident, unit, now)
    previous = NoteVersion.objects.of(incident, unit).published().first()
    number = previous.number + 1 if previous else 1
    template = template_in_force()
    if template.pk is None:
        template.save()
    content = build_content(facts, by, dated, outline or usual_outline(unit))
    newest = NoteVersion.objects.of(incident, unit).select_related("publication").first()
    is_same = newest and (newest.by, newest.template, newest.content) == (by, template, content)
    if newest and is_same and _is_untouched_draft(newest, facts):
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


def _refuse_date(dated: date, today: date) -> None:
    if dated < today:
        raise NoteRefused(BEFORE_FIGURES)
    if (dated - today).days > 366:
        raise NoteRefused(TOO_LATE)


def _is_untouched_draft(version: NoteVersion, facts: NoteFacts) -> bool:
    """Return whether the version is no more than a draft that nobody has edited, with these figures."""
    if version.is_published or text_changed_since(version):
        return False
    frozen = {one.key: (one.value, one.letters) for one in version.figures.all()}
    return frozen == {one.key: (one.value, one.letters) for one in facts.figures.values()}


def _in_month(incident: Incident) -> str:
    """Return «i december 2019», or the window if the incident has days of two months."""
    first, last = incident.first_day, incident.last_day
    is_one_month = (first.year, first.month) == (last.year, last.month)
    return f"i {danish.MONTHS[first.month - 1]} {first.year}" if is_one_month else f"({incident.window})"


class OpenQuestion(NamedTuple):
    """What a committee would read for the first time in the note: a sentence, and the page that answers it.

    `text` is the same until somebody answers: the person who publishes has ticked it some minutes before.
    """

    text: str
    url: str
    action: str


def open_questions(incident: Incident, now: datetime) -> list[OpenQuestion]:
    """Return the breach questions that nobody has answered, and the measures whose date has passed. Two queries."""
    story, today = read_story_rows(incident), danish.local_date(now)
    unreported = unreported_breach(incident, now)
    found = []
    for clock in [*([unreported] if unreported else []), *clocks_of(story, now)]:
        if not clock.is_settled:
            what = "Bruddet er ikke anmeldt" if clock.is_assessed else "Det er ikke afgjort, om det er et brud"
            due = f"Frist for at anmelde til Datatilsynet: {danish.moment(clock.report.due_at)}."
            text = f"{what}: {danish.sentence(clock.report.text)} {due}"
            found.append(OpenQuestion(text, address_of(clock.report), "Gå til databrud"))
    for measure in story.measures:
        if measure.is_overdue(today):
            text = f"Tiltaget »{measure.title}« skulle være gennemført {danish.date(measure.due_on)}."
            found.append(OpenQuestion(text, reverse("story_row", args=["tiltag", measure.pk]), "Ret tiltaget"))
    return found


@transaction.atomic
def publish_version(version: NoteVersion, by: User, accepted: Sequence[str] = ()) -> NotePublication:
    """Publish a working version. `accepted`: the texts of the `open_questions` that `by` has read.

    Raise NoteRefused if somebody else must publish it, if a question is open, if the text has changed since, if the
    number is taken, or if there is a newer version.
    """
    questions = [one.text for one in open_questions(version.incident, timezone.now())]
    publication = NotePublication(
        version=version,
        incident=version.incident,
        unit=version.unit,
        number=version.number,
        written_by=version.by,
        by=by,
        accepted=questions,
    )
    try:
        publication.validate_constraints()
        if by.pk in writers_of(version):
            raise NoteRefused(OWN_TEXT)
        if newer_version(version):
            raise NoteRefused("Der er et nyere notat. Læs det.")
        if changed := text_changed_since(version):
            raise NoteRefused(changed)
        if not set(questions) <= set(accepted):
            raise NoteRefused(NOT_ANSWERED)
        with transaction.atomic():
            publication.save(force_insert=True)
    except ValidationError as refused:
        raise NoteRefused(refused.messages[0]) from refused
    except IntegrityError as taken:
        raise NoteRefused("Notatet er allerede udgivet.") from taken
    return publication


def writers_of(version: NoteVersion) -> set[int | None]:
    """Return the ids of the persons who made the draft and wrote its texts, the plan's statement too. Two queries."""
    written = NoteProse.objects.in_force(version.incident, version.unit, version.taken_at)
    plan = version.incident.plan_of(version.unit)
    stated = {plan.changed_by_id} if plan and plan.statement else set()
    return {version.by_id, *(one.by_id for one in written.values())} | stated


def publishers_of(version: NoteVersion) -> dict[int, str]:
    """Return {id: name} of who may publish, coordinators first: those who may make the note and wrote nothing of it."""
    over = {"role__in": (Role.KIT_ADMIN, Role.COORDINATOR), "unit__in": version.unit.lineage, "user__left_on": None}
    held = Membership.objects.filter(**over).exclude(user__in=writers_of(version) - {None})
    return dict(held.order_by("role", "user__name", "user").values_list("user", "user__name"))


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
    """Return what people have changed since the figures were taken, as a Danish sentence; "" for nothing. Four queries.

    A decision about a letter makes no draft old: the note says of when its figures are.
    """
    incident, taken = version.incident, version.taken_at
    story, plan = read_story_rows(incident), incident.plan_of(version.unit)
    breaches: list[Any] = [*story.reports, *story.assessments, *story.notifications, *story.opinions]
    breaches += story.information_decisions
    deadlines: list[Any] = [*story.extensions, *story.deadline_changes]
    told: list[StoryRow] = [*story.entries, *story.causes, *story.measures, *story.exchanges, *story.emergencies]
    told += Claim.objects.filter(incident=incident)
    prose = NoteProse.objects.filter(incident=incident, unit=version.unit, at__gt=taken)
    facts_changed = version.content["incident_version"] != incident.version
    changed = {
        "Teksten er ændret": prose.exists(),
        "Forvaltningens plan er ændret": plan is not None and plan.changed_at > taken,
        "Oplysningerne om databrud er ændret": any(one.at > taken for one in breaches),
        "En frist er ændret": any(one.at > taken for one in deadlines),
        "Hændelsen er ændret": facts_changed or any(one.changed_at > taken for one in told),
    }
    what = next((what for what, is_so in changed.items() if is_so), "")
    return f"{what}, efter at kladden blev lavet. Lav en ny kladde." if what else ""


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
