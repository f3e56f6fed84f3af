"""What the pages of the texts show: the list of them, and one with what it becomes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Max

from letters.models import Incident
from notifications.editing.elements import Element, missing
from notifications.editing.forms import TextForm
from notifications.editing.previewing import Audience, values
from notifications.kinds import KINDS, Kind, name_of
from notifications.models import Notice, NoticeText
from notifications.sending import mime
from notifications.writing.wordings import DEFAULT, current_text, source_of
from sepo_incident.accounts.models import User


class Line(NamedTuple):
    """A kind of notice. ``text`` is None while the default counts; ``sent_at``: the last mail of this kind."""

    kind: Kind
    name: str
    text: NoticeText | None
    sent_at: datetime | None
    lacking: list[Element]
    is_sound: bool


def overview(incident: Incident) -> list[Line]:
    """Two queries, however many kinds there are."""
    newest = NoticeText.objects.filter(incident=incident).newest().select_related("written_by")
    texts = {text.kind: text for text in newest}
    sent = dict(
        Notice.objects.filter(dispatch__incident=incident).order_by().values_list("kind").annotate(Max("created_at"))
    )
    lines = []
    for kind in KINDS:
        words = source_of(kind, texts.get(kind)).understood(kind)
        lines.append(Line(kind, name_of(kind), texts.get(kind), sent.get(kind), missing(kind, words), words.is_sound))
    return lines


def initial(kind: Kind, incident: Incident, receiver: str | None) -> dict[str, Any]:
    """The form as it is opened: the text that counts, for the receiver that was asked for."""
    text = current_text(kind, incident)
    version = text.version if text else DEFAULT
    return {"version": version, "til": receiver, **source_of(kind, text)._asdict()}


def context(form: TextForm, reader: User) -> dict[str, Any]:
    """A text in the form, right or wrong, and the mail that it becomes."""
    kind, incident, wording = form.kind, form.incident, form.wording
    audience = Audience(kind, incident, reader)
    shown = audience.preview(wording, form.receiver_id)
    chosen = shown.draft.receiver if shown.is_real else None
    others = audience.called(form.value("soeg")) if chosen else []
    return {
        "form": form,
        "kind": kind,
        "name": name_of(kind),
        "text": current_text(kind, incident),
        "preview": shown,
        "receivers": [chosen, *(one for one in others if one != chosen)] if chosen else [],
        "values": values(KINDS[kind].fields, shown.draft),
        "missing": [one for one in missing(kind, wording) if not one.is_needed],
        "mail_from": mime.readable_sender(),
        "mail_to": mime.readable(shown.draft.receiver.name, shown.draft.receiver.email),
        "mail_cc": [mime.readable(one.name, one.email) for one in shown.draft.copies],
        "tested": Notice.objects.newest_test(reader),
    }
