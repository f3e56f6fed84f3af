"""The data of the text pages: the list of texts, one text with preview, and the versions with differences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from django.db.models import Max

from letters.models import Incident
from notifications.composing.notice_texts import DEFAULT_VERSION, TextSource, current_text, get_text_source
from notifications.kinds.notice_kinds import KINDS, Kind, kind_slug
from notifications.models import Notice, NoticeText
from notifications.outbox import mime
from notifications.texts.required_elements import TextElement, missing_elements
from notifications.texts.text_form import TextForm
from notifications.texts.text_preview import Audience, list_field_values
from sepo_incident.accounts.models import User

WORD_PATTERN = re.compile(r"\s+|[\w{}]+|[^\w\s]")


class DiffPiece(NamedTuple):
    words: str
    is_changed: bool


class LineChange(NamedTuple):
    """A run of lines: ``same`` if equal in both texts, otherwise the lines ``before`` and ``after``."""

    same: list[str]
    before: list[DiffPiece]
    after: list[DiffPiece]


def diff_lines(before: str, after: str) -> list[LineChange]:
    old, new = before.splitlines(), after.splitlines()
    return [
        LineChange(old[a:b], [], [])
        if how == "equal"
        else LineChange([], *diff_words("\n".join(old[a:b]), "\n".join(new[c:d])))
        for how, a, b, c, d in diff_opcodes(old, new)
    ]


def diff_words(before: str, after: str) -> tuple[list[DiffPiece], list[DiffPiece]]:
    """Return the pieces before and after, with changed pieces marked."""
    old, new = WORD_PATTERN.findall(before), WORD_PATTERN.findall(after)
    steps = diff_opcodes(old, new)
    was = [DiffPiece("".join(old[a:b]), how != "equal") for how, a, b, _, _ in steps if b > a]
    now = [DiffPiece("".join(new[c:d]), how != "equal") for how, _, _, c, d in steps if d > c]
    return was, now


def diff_opcodes(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def versions_context(kind: Kind, incident: Incident, before: str, after: str) -> dict[str, Any]:
    """Return the versions and the differences between two of the versions.

    Compares the requested versions, by default the newest with the previous version.
    """
    versions = list(NoticeText.objects.of(kind, incident).select_related("written_by"))
    newest = versions[0].version if versions else DEFAULT_VERSION
    new = int(after) if after.isdecimal() and int(after) <= newest else newest
    old = int(before) if before.isdecimal() and int(before) <= newest else max(new - 1, DEFAULT_VERSION)
    texts: dict[int, NoticeText | None] = {text.version: text for text in versions}
    return {
        "kind": kind,
        "name": kind_slug(kind),
        "versions": versions,
        "newest": newest,
        "numbers": [*texts, DEFAULT_VERSION],
        "before": old,
        "after": new,
        "changes": diff_sources(get_text_source(kind, texts.get(old)), get_text_source(kind, texts.get(new))),
    }


def diff_sources(before: TextSource, after: TextSource) -> list[LineChange]:
    return diff_lines(f"Emne: {before.subject}\n{before.body}", f"Emne: {after.subject}\n{after.body}")


class TextListRow(NamedTuple):
    """A kind of notice with the current text.

    ``text`` is None if the default text applies. ``sent_at``: when the latest mail of the kind was written.
    """

    kind: Kind
    name: str
    text: NoticeText | None
    sent_at: datetime | None
    lacking: list[TextElement]
    is_sound: bool


def list_texts(incident: Incident) -> list[TextListRow]:
    """Return a row per kind of notice. Two queries for any number of kinds."""
    newest = NoticeText.objects.filter(incident=incident).newest().select_related("written_by")
    texts = {text.kind: text for text in newest}
    sent = dict(
        Notice.objects.filter(dispatch__incident=incident).order_by().values_list("kind").annotate(Max("created_at"))
    )
    lines = []
    for kind in KINDS:
        words = get_text_source(kind, texts.get(kind)).parse(kind)
        lines.append(
            TextListRow(
                kind, kind_slug(kind), texts.get(kind), sent.get(kind), missing_elements(kind, words), words.is_sound
            )
        )
    return lines


def initial_form_data(kind: Kind, incident: Incident, receiver: str | None) -> dict[str, Any]:
    """Return the form's initial data: the current text, and the requested receiver of the preview."""
    text = current_text(kind, incident)
    version = text.version if text else DEFAULT_VERSION
    return {"version": version, "til": receiver, **get_text_source(kind, text)._asdict()}


def text_page_context(form: TextForm, reader: User) -> dict[str, Any]:
    """Return the context of the text page: the form, valid or not, and the resulting mail."""
    kind, incident, wording = form.kind, form.incident, form.wording
    audience = Audience(kind, incident, reader)
    shown = audience.preview(wording, form.receiver_id)
    chosen = shown.draft.receiver if shown.is_real else None
    others = audience.search(form.value("soeg")) if chosen else []
    return {
        "form": form,
        "kind": kind,
        "name": kind_slug(kind),
        "text": current_text(kind, incident),
        "preview": shown,
        "receivers": [chosen, *(one for one in others if one != chosen)] if chosen else [],
        "values": list_field_values(KINDS[kind].fields, shown.draft),
        "missing": [one for one in missing_elements(kind, wording) if not one.is_needed],
        "mail_from": mime.readable_sender(),
        "mail_to": mime.readable_mailbox(shown.draft.receiver.name, shown.draft.receiver.email),
        "mail_cc": [mime.readable_mailbox(one.name, one.email) for one in shown.draft.copies],
        "tested": Notice.objects.latest_test_mail(reader),
    }
