"""The words of a draft: KIT's for what the letter is about, or else the default; and how KIT gives it new ones.

Looked for under the letter's category, then under PERSONNEL for a personnel case, then under ALL.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from followups.drafts.fields import filled, subject_of
from followups.models import DraftText
from letters.categories.defaults import NO_SUBJECT, PERSONNEL
from letters.categories.editing import names
from letters.models import Incident, Letter
from sepo_incident import danish
from sepo_incident.accounts.models import User
from sepo_incident.overtaken import Overtaken

Way = DraftText.Way
FOLDER = settings.BASE_DIR / "templates" / "followups" / "drafts"
#: what is used where a category has no draft of its own
ALL = "Alle andre emner"
#: (category, way) → the file of its default
DEFAULTS = {
    (ALL, Way.RESEND): "samme",
    (ALL, Way.NEW_LETTER): "nyt",
    (PERSONNEL, Way.RESEND): "medarbejder-samme",
    (PERSONNEL, Way.NEW_LETTER): "medarbejder-nyt",
    ("Møder", Way.NEW_LETTER): "moede-nyt",
    ("Høringer", Way.NEW_LETTER): "hoering-nyt",
}
#: how the ways are called in addresses
IN_ADDRESSES = {"samme": Way.RESEND, "nyt": Way.NEW_LETTER}

#: (category, way) → the version that counts, of those that KIT has written
Written = dict[tuple[str, str], DraftText]


class Draft(NamedTuple):
    """Filled in for one letter. ``name`` is the way's in addresses."""

    name: str
    way: Way
    subject: str
    body: str


def categories(incident: Incident) -> list[str]:
    """What there can be drafts for, the general ones first. One query."""
    return [ALL, PERSONNEL, *names(incident)]


@cache
def default_body(category: str, way: str) -> str:
    """ "" where the category has none of its own."""
    name = DEFAULTS.get((category, Way(way)))
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip() if name else ""


def written(incident: Incident) -> Written:
    """One query."""
    return {(text.category, text.way): text for text in DraftText.objects.newest(incident).select_related("written_by")}


def own_body(category: str, way: str, texts: Written) -> str:
    """The category's own words; "" where it has none."""
    text = texts.get((category, way))
    return text.body if text and not text.is_reset else default_body(category, way)


def body_for(category: str, way: str, texts: Written, *, is_personnel_case: bool = False) -> str:
    looked_under = [category, *([PERSONNEL] if is_personnel_case else []), ALL]
    return next(filter(None, (own_body(one, way, texts) for one in looked_under)))


def of_letter(letter: Letter) -> list[Draft]:
    """One for each way, for a letter that the reader may read. One query."""
    texts = written(letter.incident)
    about = letter.category or NO_SUBJECT
    subject = subject_of(letter) or f"Vores brev af {danish.date(letter.sent_at)}"
    return [
        Draft(
            name,
            way,
            subject,
            filled(body_for(about, way, texts, is_personnel_case=letter.is_personnel_case), letter),
        )
        for name, way in IN_ADDRESSES.items()
    ]


def without_letter(incident: Incident | None) -> list[tuple[str, Way, str]]:
    """(category, way, body) of every draft that a category has of its own, with each field left to write."""
    texts = written(incident) if incident else {}
    keys = categories(incident) if incident else [ALL, PERSONNEL]
    own = ((category, way, own_body(category, way, texts)) for category in keys for way in Way)
    return [(category, way, filled(body, None)) for category, way, body in own if body]


@transaction.atomic
def write(incident: Incident, category: str, way: str, body: str, seen: int, by: User) -> DraftText | None:
    """The next version; "" takes KIT's words back. None where it says that already.

    ``seen`` is the version that was read, 0 for none. Raises ``Overtaken``.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)  # two writers come one after the other
    now = DraftText.objects.of(incident, category, way).first()
    if body == (now.body if now else ""):
        return None
    version = now.version if now else 0
    if version != seen:
        raise Overtaken
    return DraftText.objects.create(
        incident=incident,
        category=category,
        way=way,
        version=version + 1,
        body=body,
        is_reset=not body,
        written_by=by,
    )
