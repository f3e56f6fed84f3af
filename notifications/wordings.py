"""The words of a kind of notice: its default text, as it stands in ``templates/notifications/email/``."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from django.conf import settings

from letters.models import Incident
from notifications.kinds import KINDS, Kind
from notifications.texts.wording import Wording, wording

FOLDER = settings.BASE_DIR / "templates" / "notifications" / "email"


class Source(NamedTuple):
    """What people write; the form is told in ``notifications/texts/``."""

    subject: str
    body: str


@cache
def default_source(kind: str) -> Source:
    """The file is «Emne: …», an empty line, and the body."""
    subject, body = (FOLDER / KINDS[Kind(kind)].template).read_text(encoding="utf-8").split("\n\n", 1)
    return Source(subject.removeprefix("Emne: "), body)


def current_wording(kind: str, incident: Incident) -> Wording:
    """The text that mails of this kind get now."""
    return wording(*default_source(kind), KINDS[Kind(kind)].fields)
