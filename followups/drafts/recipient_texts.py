"""Draft texts to recipients: plain text with fields in braces, «Vi sendte dig et brev den {dato}.»

An unknown fact becomes a word in brackets, as every text that the sender must write: «[ny dato]».

The text is KIT's newest version or the default. The text is looked up under the letter's category, then under
PERSONNEL_CATEGORY for a personnel case, then under ALL_OTHER_CATEGORIES.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from followups.models import DraftText
from followups.models.followup import followup_of
from letters.categories.category_rules import NO_SUBJECT_CATEGORY, PERSONNEL_CATEGORY, list_category_names
from letters.incident_kinds import USUAL_RULES, WENT_WRONG_SHORT, KindRules
from letters.models import Incident, Letter
from sepo_incident.accounts.models import User
from sepo_incident.core import cpr, danish
from sepo_incident.core.database import Conflict

BRACED_FIELD = re.compile(r"\{([^{}\n]*)\}")


class DraftField(NamedTuple):
    """A field of a draft. `meaning` explains the field to KIT; `value` returns "" for an unknown fact."""

    meaning: str
    value: Callable[[Letter], str]


class IncidentField(NamedTuple):
    """A field of a draft that is the same for all letters of an incident. Where `value` returns "", nothing stands."""

    meaning: str
    value: Callable[[Incident], str]


def _first_date(letter: Letter, *names: str) -> str:
    followup = followup_of(letter)
    days: list[date | None] = [getattr(followup, name) for name in names] if followup else []
    return next((danish.date(day) for day in days if day), "")


def draft_subject(letter: Letter) -> str:
    """Return the letter's subject on one line without CPR numbers, masked or not; "" if nothing is left."""
    return " ".join(cpr.mask(letter.subject).replace(cpr.MASK, " ").split()).strip(" ,.:;-–")


LETTER_FIELDS = {
    "dato": DraftField("dagen, brevet blev sendt", lambda letter: danish.date(letter.sent_at)),
    "emne": DraftField("brevets emne", draft_subject),
    "gammel dato": DraftField(
        "mødedagen eller fristen i det gamle brev", lambda letter: _first_date(letter, "missed_on", "due_on")
    ),
    "ny dato": DraftField("den nye dato, når den er besluttet", lambda letter: _first_date(letter, "new_deadline")),
    "dit navn": DraftField("afsenderens navn", lambda letter: letter.sender.name if letter.sender else ""),
    "arbejdssted": DraftField("enheden", lambda letter: letter.unit.name if letter.unit else ""),
}
INCIDENT_FIELDS = {
    WENT_WRONG_SHORT: IncidentField(
        "hvad der gik galt, efter »brevet« eller »det«", lambda incident: incident.fault.short
    ),
    "fejlen er rettet": IncidentField(
        "»Fejlen er rettet.«, når det er kontrolleret",
        lambda incident: incident.fix_state if incident.fixed_from else "",
    ),
}
#: {name of each field of a draft: what it means}
FIELD_MEANINGS = {name: field.meaning for name, field in LETTER_FIELDS.items()} | {
    name: field.meaning for name, field in INCIDENT_FIELDS.items()
}


def fill_fields(body: str, incident: Incident, letter: Letter | None) -> str:
    """Fill the fields of the body with the facts of the incident and of the letter. Names that are no field stay.

    The reader must be allowed to read the letter. Without one, each of its fields becomes a word in brackets.
    """

    def value(braces: re.Match[str]) -> str:
        name = braces[1]
        if name in INCIDENT_FIELDS:
            return INCIDENT_FIELDS[name].value(incident)
        if name not in LETTER_FIELDS:
            return braces[0]
        return (letter and LETTER_FIELDS[name].value(letter)) or f"[{name}]"

    filled = cpr.mask(BRACED_FIELD.sub(value, body))
    return "\n".join(line.rstrip() for line in filled.splitlines())


Way = DraftText.Way
DEFAULTS_FOLDER = settings.BASE_DIR / "templates" / "followups" / "drafts"
#: Category of the text that is used where a category has no text of its own.
ALL_OTHER_CATEGORIES = "Alle andre emner"
#: (category, way) -> name of the file with the default text.
DEFAULT_FILES: dict[tuple[str, str], str] = {
    (ALL_OTHER_CATEGORIES, Way.RESEND): "samme",
    (ALL_OTHER_CATEGORIES, Way.NEW_LETTER): "nyt",
    (ALL_OTHER_CATEGORIES, Way.PAPER): "papir",
    (PERSONNEL_CATEGORY, Way.RESEND): "medarbejder-samme",
    (PERSONNEL_CATEGORY, Way.NEW_LETTER): "medarbejder-nyt",
    ("Møder", Way.NEW_LETTER): "moede-nyt",
    ("Høringer", Way.NEW_LETTER): "hoering-nyt",
}
#: Slug in addresses -> way.
WAYS_BY_SLUG = {"samme": Way.RESEND, "nyt": Way.NEW_LETTER, "papir": Way.PAPER}


class WrittenTexts(NamedTuple):
    """The texts of an incident: KIT's newest version by category and way, and the rules that name the defaults."""

    rules: KindRules
    newest: dict[tuple[str, str], DraftText]


class Draft(NamedTuple):
    """A draft filled in for one letter. `name` is the slug of the way in addresses."""

    way: Way
    name: str
    subject: str
    body: str


def draft_categories(incident: Incident) -> list[str]:
    """Return the categories that can have a draft, general categories first. One query."""
    return [ALL_OTHER_CATEGORIES, PERSONNEL_CATEGORY, *list_category_names(incident)]


@cache
def default_body(category: str, way: str, rules: KindRules) -> str:
    """Return the default text of the category for a kind of incident, or "" if the category has no default."""
    path = DEFAULTS_FOLDER / rules.texts / f"{DEFAULT_FILES.get((category, way))}.txt"
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def written_texts(incident: Incident) -> WrittenTexts:
    """Return the newest version of every text that KIT has written. One query."""
    ordered = DraftText.objects.filter(incident=incident).order_by("category", "way", "-version")
    newest = ordered.distinct("category", "way").select_related("written_by")
    return WrittenTexts(incident.rules, {(text.category, text.way): text for text in newest})


def category_body(category: str, way: str, texts: WrittenTexts) -> str:
    """Return the category's own text, or ""."""
    text = texts.newest.get((category, way))
    return text.body if text and not text.is_reset else default_body(category, way, texts.rules)


def body_for(category: str, way: str, texts: WrittenTexts, *, is_personnel_case: bool = False) -> str:
    """Return the text for a letter of the category, with the lookup order of the module; "" if there is none."""
    looked_under = [category, *([PERSONNEL_CATEGORY] if is_personnel_case else []), ALL_OTHER_CATEGORIES]
    return next(filter(None, (category_body(one, way, texts) for one in looked_under)), "")


def ways_of(incident: Incident) -> dict[str, Way]:
    """Return the ways that the incident's kind offers, by their slugs."""
    return {name: way for name, way in WAYS_BY_SLUG.items() if way in incident.rules.remedies}


def drafts_for_letter(letter: Letter) -> list[Draft]:
    """Return a draft for each way that the incident's kind offers, for a letter that the reader may read. One query."""
    texts = written_texts(letter.incident)
    about = letter.category or NO_SUBJECT_CATEGORY
    subject = draft_subject(letter) or f"Vores brev af {danish.date(letter.sent_at)}"
    return [
        Draft(
            way,
            name,
            subject,
            fill_fields(
                body_for(about, way, texts, is_personnel_case=letter.is_personnel_case), letter.incident, letter
            ),
        )
        for name, way in ways_of(letter.incident).items()
    ]


def drafts_without_letter(incident: Incident | None) -> list[tuple[str, Way, str]]:
    """Return (category, way, body) of every text of a category, with the fields about a letter in brackets."""
    texts = written_texts(incident) if incident else WrittenTexts(USUAL_RULES, {})
    keys = draft_categories(incident) if incident else [ALL_OTHER_CATEGORIES, PERSONNEL_CATEGORY]
    own = ((category, way, category_body(category, way, texts)) for category in keys for way in Way)
    return [(category, way, fill_fields(body, incident or Incident(), None)) for category, way, body in own if body]


@transaction.atomic
def save_draft_text(
    incident: Incident, category: str, way: str, body: str, seen_version: int, by: User
) -> DraftText | None:
    """Save the next version of a draft text. An empty body restores the default. Return None if the text is unchanged.

    `seen_version` is the version that the writer read, 0 for none. Raises Conflict if there is a newer version, or
    if the incident is closed.
    """
    Incident.objects.lock_open(incident.pk)  # serializes two writers
    now = DraftText.objects.versions_of(incident, category, way).first()
    if body == (now.body if now else ""):
        return None
    version = now.version if now else 0
    if version != seen_version:
        raise Conflict
    return DraftText.objects.create(
        incident=incident,
        category=category,
        way=way,
        version=version + 1,
        body=body,
        is_reset=not body,
        written_by=by,
    )
