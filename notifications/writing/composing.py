"""From letters to a mail: subject, text and HTML, in the words that the incident has for that kind of notice.

Which words those are stands in ``wordings.py``, their form in ``notifications/texts/``, and the fields in them in
``notifications/facts/``.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Container, Iterable
from dataclasses import dataclass

from letters.models import Incident, Letter
from notifications.facts.drafting import Draft, row_of
from notifications.kinds import KINDS, Kind
from notifications.texts.wording import Wording
from sepo_incident.accounts.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Composed:
    """A notice that is not a row yet."""

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
    """The notice cannot be written. ``letters``: those that cannot stand in a mail; [] when the fault is elsewhere."""

    def __init__(self, letters: list[Letter]):
        super().__init__(f"{len(letters)} letters cannot stand in a mail")
        self.letters = letters


class UnsoundWording(Exception):
    """The text has a field that there is no longer."""


def compose(
    kind: str,
    incident: Incident,
    receiver: User,
    letters: Iterable[Letter],
    wording: Wording,
    spared: Container[int] = frozenset(),
) -> Composed:
    """The notice to one person about these letters, with their sender, leader and follow-up at hand.

    ``spared``: users who get no copy, whatever the kind says. Raises ``CannotBeComposed`` from whatever went wrong,
    which is in the log.
    """
    named = sorted(letters, key=lambda letter: (letter.sent_at, letter.pk))
    try:
        return written(draft_of(kind, incident, receiver, named, spared), wording)
    except Exception as problem:
        at_fault = [letter for letter in named if not can_be_named(letter)]
        log_fault(kind, incident, receiver, at_fault, problem)
        raise CannotBeComposed(at_fault) from problem


def log_fault(kind: str, incident: Incident, receiver: User, letters: list[Letter], problem: Exception) -> None:
    """With numbers and places, and no words of a letter."""
    place = traceback.extract_tb(problem.__traceback__)[-1]
    logger.error(
        "incident %s: the %s to user %s cannot be composed: %s at %s:%s, letters %s",
        *(incident.pk, kind, receiver.pk, type(problem).__name__, place.filename, place.lineno),
        [letter.pk for letter in letters],
    )


def can_be_named(letter: Letter) -> bool:
    try:
        return all(row_of(letter))
    except Exception:
        return False


def written(draft: Draft, wording: Wording) -> Composed:
    if not wording.is_sound:
        raise UnsoundWording
    return Composed(draft.receiver, draft.copies, draft.letters, *wording.mail(draft, draft.is_one))


def draft_of(
    kind: str, incident: Incident, receiver: User, letters: list[Letter], spared: Container[int] = frozenset()
) -> Draft:
    copies = [person for person in KINDS[Kind(kind)].copies_to(receiver, letters) if person.pk not in spared]
    return Draft(incident, receiver, copies, letters)
