"""The versions of a text, and two of them before and after."""

from __future__ import annotations

from typing import Any

from letters.models import Incident
from notifications.editing.comparing import Change, compare
from notifications.kinds import Kind, name_of
from notifications.models import NoticeText
from notifications.writing.wordings import DEFAULT, Source, source_of


def context(kind: Kind, incident: Incident, before: str, after: str) -> dict[str, Any]:
    """Compared are the versions that were asked for, or else the newest with the one before it."""
    versions = list(NoticeText.objects.of(kind, incident).select_related("written_by"))
    newest = versions[0].version if versions else DEFAULT
    new = int(after) if after.isdecimal() and int(after) <= newest else newest
    old = int(before) if before.isdecimal() and int(before) <= newest else max(new - 1, DEFAULT)
    texts: dict[int, NoticeText | None] = {text.version: text for text in versions}
    return {
        "kind": kind,
        "name": name_of(kind),
        "versions": versions,
        "newest": newest,
        "numbers": [*texts, DEFAULT],
        "before": old,
        "after": new,
        "changes": changes(source_of(kind, texts.get(old)), source_of(kind, texts.get(new))),
    }


def changes(before: Source, after: Source) -> list[Change]:
    return compare(f"Emne: {before.subject}\n{before.body}", f"Emne: {after.subject}\n{after.body}")
