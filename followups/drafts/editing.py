"""The read models of KIT's pages of the drafts."""

from __future__ import annotations

from typing import Any, NamedTuple

from followups.drafts import texts
from followups.drafts.fields import FIELDS, filled
from followups.drafts.forms import DraftForm
from followups.models import DraftText
from letters.categories.defaults import NO_SUBJECT
from letters.models import Incident, Letter
from sepo_incident.accounts.models import User
from sepo_incident.whole import whole


class Cell(NamedTuple):
    """``text``: what KIT has written, if that counts; ``has_own``: has the category words of its own?"""

    name: str
    label: str
    text: DraftText | None
    has_own: bool


class Line(NamedTuple):
    category: str
    cells: list[Cell]


def overview(incident: Incident) -> list[Line]:
    """Two queries, however many categories there are."""
    written = texts.written(incident)

    def cell(category: str, name: str, way: DraftText.Way) -> Cell:
        text = written.get((category, way))
        counts = text if text and not text.is_reset else None
        return Cell(name, way.label, counts, bool(texts.own_body(category, way, written)))

    return [
        Line(category, [cell(category, name, way) for name, way in texts.IN_ADDRESSES.items()])
        for category in texts.categories(incident)
    ]


def initial(incident: Incident, category: str, way: DraftText.Way, fetched: str) -> dict[str, Any]:
    """The words that count for the category, or those of the version that was asked for; saved as the next."""
    versions = DraftText.objects.of(incident, category, way)
    now, chosen = versions.first(), versions.filter(version=whole(fetched) or 0, is_reset=False).first()
    body = chosen.body if chosen else texts.body_for(category, way, texts.written(incident))
    return {"version": now.version if now else 0, "body": body}


def context(form: DraftForm, reader: User) -> dict[str, Any]:
    versions = list(DraftText.objects.of(form.incident, form.category, form.way).select_related("written_by"))
    sample = sample_for(form, reader)
    return {
        "form": form,
        "versions": versions,
        "text": versions[0] if versions else None,
        "fields": [(f"{{{name}}}", field.meaning) for name, field in FIELDS.items()],
        "sample": sample,
        "shown": filled(form.words, sample),
    }


def sample_for(form: DraftForm, reader: User) -> Letter | None:
    """A letter that such a draft is for, of those that the reader may read; none for personnel cases, mostly."""
    about: dict[str, dict[str, Any]] = {
        NO_SUBJECT: {"category": ""},
        texts.ALL: {},
        texts.PERSONNEL: {"is_personnel_case": True},
    }
    letters = Letter.objects.visible_to(reader).standing().readable().filter(incident=form.incident)
    alike = letters.filter(**about.get(form.category, {"category": form.category}))
    return alike.select_related("followup", "sender", "unit").order_by("-sent_at", "-pk").first()
