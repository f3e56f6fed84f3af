"""A colleague's letter: sender, unit and people to ask, for a reader who may not see the letter (decision 16)."""

from __future__ import annotations

from typing import NamedTuple

from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.core import logs


class PersonToAsk(NamedTuple):
    name: str
    email: str
    is_leader: bool


class ColleaguesLetter(NamedTuple):
    """`sender` is "" unless the reader belongs to the letter's unit. Nothing of the letter itself is here."""

    unit: str
    sender: str
    people_to_ask: list[PersonToAsk]


def colleagues_letter(pk: int, reader: User) -> ColleaguesLetter | None:
    """Return the owners of the letter, or None if the reader may not learn the owners or may see the letter.

    The security log gets a line, so that a walk over the numbers of letters is noticed.
    """
    letters = Letter.objects.with_owner_known_to(reader).select_related("unit", "sender", "leader")
    letter = letters.filter(pk=pk).first()
    if letter is None or letter.unit is None:
        return None
    logs.log_security_event("colleagues_letter_refused", reader.pk, letter=pk)
    sender = letter.sender if letter.unit_id == reader.unit_id else None
    people = [(person, person is not sender) for person in (sender, letter.leader) if person]
    return ColleaguesLetter(
        letter.unit.name,
        sender.name if sender else "",
        [
            PersonToAsk(person.name, person.email, is_leader)
            for person, is_leader in people
            if not (person.left_on or person.unreachable_since)
        ],
    )
