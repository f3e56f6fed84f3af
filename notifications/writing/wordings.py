"""The words of a kind of notice in an incident: those that KIT gave it last, or else the default.

The newest version counts for every mail that is written from then on. A mail that is written keeps its words.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from letters.models import Incident
from notifications.kinds import KINDS, Kind
from notifications.models import NoticeText
from notifications.texts.wording import Wording, wording
from sepo_incident.accounts.models import User
from sepo_incident.overtaken import Overtaken

FOLDER = settings.BASE_DIR / "templates" / "notifications" / "email"
#: the version of the default
DEFAULT = 0


class Source(NamedTuple):
    """What people write; the form is told in ``notifications/texts/``."""

    subject: str
    body: str

    def understood(self, kind: str) -> Wording:
        return wording(self.subject, self.body, KINDS[Kind(kind)].fields)


@cache
def default_source(kind: str) -> Source:
    """The file is «Emne: …», an empty line, and the body."""
    path = FOLDER / f"{KINDS[Kind(kind)].template}.txt"
    subject, body = path.read_text(encoding="utf-8").split("\n\n", 1)
    return Source(subject.removeprefix("Emne: "), body.strip())


def source_of(kind: str, text: NoticeText | None) -> Source:
    """None stands for the default."""
    return Source(text.subject, text.body) if text else default_source(kind)


def current_text(kind: str, incident: Incident) -> NoticeText | None:
    """None: it was never changed."""
    return NoticeText.objects.of(kind, incident).select_related("written_by").first()


def current_wording(kind: str, incident: Incident) -> Wording:
    """One query, and understood once per process."""
    return source_of(kind, current_text(kind, incident)).understood(kind)


@transaction.atomic
def write(
    kind: str, incident: Incident, source: Source, seen: int, by: User, *, is_reset: bool = False
) -> NoticeText | None:
    """The next version; None where it says that already. ``seen`` is the version that was read, 0 the default.

    Raises ``Overtaken`` when somebody has written another in the meantime.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)  # two writers come one after the other
    now = current_text(kind, incident)
    if source == source_of(kind, now):
        return None
    version = now.version if now else DEFAULT
    if version != seen:
        raise Overtaken
    return NoticeText.objects.create(
        incident=incident,
        kind=kind,
        version=version + 1,
        written_by=by,
        is_reset=is_reset,
        **source._asdict(),
    )


def reset(kind: str, incident: Incident, seen: int, by: User) -> NoticeText | None:
    """The default once more, as the next version."""
    return write(kind, incident, default_source(kind), seen, by, is_reset=True)
