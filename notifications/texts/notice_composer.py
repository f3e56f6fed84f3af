"""Compose a notice: subject, plain text and HTML from a receiver's letters and the incident's text for the kind.

The current text comes from `notice_texts.py`, the markup from `notifications/markup/`, and the fields from
`notifications/kinds/`.
"""

import logging
import traceback
from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date

from letters.incidents import addresses_under
from letters.models import Incident, Letter
from notifications.kinds.mail_fields import MailDraft, letter_row, urgency
from notifications.kinds.notice_kinds import KINDS, Kind
from notifications.markup.mail_template import MailTemplate
from sepo_incident.accounts.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ComposedNotice:
    """A composed notice that is not saved yet."""

    receiver: User
    copies: list[User]
    letters: list[Letter]
    subject: str
    text: str
    html: str

    @property
    def leader(self) -> User | None:
        return self.copies[0] if self.copies else None


class CannotBeComposed(Exception):
    """Raised when a notice cannot be composed.

    `letters`: the letters that cannot be rendered in a mail; [] when the letters are not the cause.
    """

    def __init__(self, letters: list[Letter]):
        super().__init__(f"{len(letters)} letters cannot stand in a mail")
        self.letters = letters


class InvalidMailTemplate(Exception):
    """Raised when the text uses an unknown field."""


def compose_notice(
    kind: str,
    incident: Incident,
    receiver: User,
    letters: Iterable[Letter],
    wording: MailTemplate,
    spared: Container[int] = frozenset(),
    deadline: date | None = None,
) -> ComposedNotice:
    """Compose the notice to the receiver about the letters.

    letters: with sender, leader and follow-up already loaded. spared: ids of users who get no copy, even if the kind
    copies to the user. deadline: the earliest of the letters, None for that of the incident.

    Raises CannotBeComposed on any error, after logging the error.
    """
    named = sorted(letters, key=urgency)
    try:
        if not wording.is_sound:
            raise InvalidMailTemplate
        draft = build_draft(kind, incident, receiver, named, deadline or incident.deadline, spared)
        with addresses_under(incident):  # links must lead to the incident also when there are several
            return ComposedNotice(receiver, draft.copies, named, *wording.mail(draft, draft.is_one))
    except Exception as problem:
        at_fault = [letter for letter in named if not can_render_letter(letter)]
        log_compose_error(kind, incident, receiver, at_fault, problem)
        raise CannotBeComposed(at_fault) from problem


def log_compose_error(kind: str, incident: Incident, receiver: User, letters: list[Letter], problem: Exception) -> None:
    """Log the error with ids and the place in the code, but without any text of a letter."""
    place = traceback.extract_tb(problem.__traceback__)[-1]
    logger.error(
        "incident %s: the %s to user %s cannot be composed: %s at %s:%s, letters %s",
        *(incident.pk, kind, receiver.pk, type(problem).__name__, place.filename, place.lineno),
        [letter.pk for letter in letters],
    )


def can_render_letter(letter: Letter) -> bool:
    try:
        letter_row(letter)
    except Exception:
        return False
    return True


def build_draft(
    kind: str,
    incident: Incident,
    receiver: User,
    letters: list[Letter],
    deadline: date,
    spared: Container[int] = frozenset(),
) -> MailDraft:
    copies = [person for person in KINDS[Kind(kind)].copies_to(receiver, letters) if person.pk not in spared]
    return MailDraft(incident, receiver, copies, letters, deadline)
