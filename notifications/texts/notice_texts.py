"""The text of a notice kind in an incident: the default text, the versions from KIT, and their differences.

The newest version applies to all mails written from then on. A written mail keeps the earlier text.
"""

import hashlib
from difflib import ndiff
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from letters.incident_kinds import USUAL_RULES, KindRules
from letters.models import Incident
from notifications.kinds.notice_kinds import KINDS, Kind
from notifications.markup.mail_template import MailTemplate, parse_template
from notifications.models import Notice, NoticeText
from sepo_incident.accounts.models import User
from sepo_incident.core.database import Conflict

DEFAULT_TEXTS_FOLDER = settings.BASE_DIR / "templates" / "notifications" / "email"
#: The version number of the default text.
DEFAULT_VERSION = 0


class TextSource(NamedTuple):
    """Subject and body as typed by KIT, in the markup of `notifications/markup/`."""

    subject: str
    body: str

    def parse(self, kind: str) -> MailTemplate:
        return parse_template(self.subject, self.body, KINDS[Kind(kind)].fields)

    def digest(self, kind: str, incident: Incident) -> str:
        """Return 64 hex digits that tell whether a test mail was of exactly this text, kind of mail and incident."""
        return hashlib.sha256("\0".join([incident.slug, kind, *self]).encode()).hexdigest()


@cache
def default_source(kind: str, rules: KindRules = USUAL_RULES) -> TextSource:
    """Return the default text of the kind of notice from a file.

    `rules`: those of the incident. A file in the folder `rules.texts` replaces the usual file.
    """
    name = f"{KINDS[Kind(kind)].template}.txt"
    own, usual = DEFAULT_TEXTS_FOLDER / rules.texts / name, DEFAULT_TEXTS_FOLDER / name
    return read_source(own if own.exists() else usual)


def read_source(file: Path) -> TextSource:
    """Return the text in a file: «Emne: …», an empty line, and the body."""
    subject, body = file.read_text(encoding="utf-8").split("\n\n", 1)
    return TextSource(subject.removeprefix("Emne: "), body.strip())


def get_text_source(kind: str, text: NoticeText | None, rules: KindRules) -> TextSource:
    """Return the source of the saved version, or the default for None."""
    return TextSource(text.subject, text.body) if text else default_source(kind, rules)


def current_text(kind: str, incident: Incident) -> NoticeText | None:
    """Return the newest saved version, or None if the default text applies."""
    return NoticeText.objects.versions_of(kind, incident).select_related("written_by").first()


def current_template(kind: str, incident: Incident) -> MailTemplate:
    """Return the parsed text that applies now. One query; parsing is cached per process."""
    return get_text_source(kind, current_text(kind, incident), incident.rules).parse(kind)


def find_test_mail(kind: str, incident: Incident, text: NoticeText | None, by: User | None) -> Notice | None:
    """Return the newest test mail that `by` sent of the incident's text, by default the default text, or None."""
    source = get_text_source(kind, text, incident.rules)
    return Notice.objects.latest_test_mail(by, source.digest(kind, incident)) if by else None


@transaction.atomic
def save_new_version(
    kind: str, incident: Incident, source: TextSource, seen_version: int, by: User, *, is_reset: bool = False
) -> NoticeText | None:
    """Save the text as the next version, and return the version, or None if the text is unchanged.

    seen_version: the version number shown to the writer; 0 is the default text.

    Raises Conflict when a newer version has been saved meanwhile, or the incident is closed.
    """
    Incident.objects.lock_open(incident.pk)  # serialises concurrent writers
    current = current_text(kind, incident)
    if source == get_text_source(kind, current, incident.rules):
        return None
    version = current.version if current else DEFAULT_VERSION
    if version != seen_version:
        raise Conflict
    return NoticeText.objects.create(
        incident=incident, kind=kind, version=version + 1, written_by=by, is_reset=is_reset, **source._asdict()
    )


def diff_sources(before: TextSource, after: TextSource) -> list[tuple[bool, str]]:
    """Return (whether the line is new, line) of each line that only one of the texts has, in their order."""
    old, new = ([f"Emne: {one.subject}", *one.body.splitlines()] for one in (before, after))
    return [(line[0] == "+", line[2:]) for line in ndiff(old, new) if line[0] in "+-"]
