"""The words of a kind of notice in an incident: those that KIT gave it last, or else the default.

The newest version counts for every mail that is written from then on. A mail that is written keeps its words.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from letters.models import Incident
from notifications.kinds.notice_kinds import KINDS, Kind
from notifications.markup.mail_template import MailTemplate, parse_template
from notifications.models import NoticeText
from sepo_incident.accounts.models import User
from sepo_incident.core.conflict import Conflict

DEFAULT_TEXTS_FOLDER = settings.BASE_DIR / "templates" / "notifications" / "email"
#: the version of the default
DEFAULT_VERSION = 0


class TextSource(NamedTuple):
    """What people write; the form is told in ``notifications/texts/``."""

    subject: str
    body: str

    def understood(self, kind: str) -> MailTemplate:
        return parse_template(self.subject, self.body, KINDS[Kind(kind)].fields)


@cache
def default_source(kind: str) -> TextSource:
    """The file is «Emne: …», an empty line, and the body."""
    path = DEFAULT_TEXTS_FOLDER / f"{KINDS[Kind(kind)].template}.txt"
    subject, body = path.read_text(encoding="utf-8").split("\n\n", 1)
    return TextSource(subject.removeprefix("Emne: "), body.strip())


def get_text_source(kind: str, text: NoticeText | None) -> TextSource:
    """None stands for the default."""
    return TextSource(text.subject, text.body) if text else default_source(kind)


def current_text(kind: str, incident: Incident) -> NoticeText | None:
    """None: it was never changed."""
    return NoticeText.objects.of(kind, incident).select_related("written_by").first()


def current_template(kind: str, incident: Incident) -> MailTemplate:
    """One query, and understood once per process."""
    return get_text_source(kind, current_text(kind, incident)).understood(kind)


@transaction.atomic
def save_new_version(
    kind: str, incident: Incident, source: TextSource, seen: int, by: User, *, is_reset: bool = False
) -> NoticeText | None:
    """The next version; None where it says that already. ``seen`` is the version that was read, 0 the default.

    Raises ``Overtaken`` when somebody has written another in the meantime.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)  # two writers come one after the other
    now = current_text(kind, incident)
    if source == get_text_source(kind, now):
        return None
    version = now.version if now else DEFAULT_VERSION
    if version != seen:
        raise Conflict
    return NoticeText.objects.create(
        incident=incident,
        kind=kind,
        version=version + 1,
        written_by=by,
        is_reset=is_reset,
        **source._asdict(),
    )


def reset_to_default(kind: str, incident: Incident, seen: int, by: User) -> NoticeText | None:
    """The default once more, as the next version."""
    return save_new_version(kind, incident, default_source(kind), seen, by, is_reset=True)
