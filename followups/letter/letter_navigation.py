"""Ways from a letter: the next in the sender's queue, the next to confirm, back to the list, and to people to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse

from followups.models import FollowUp
from followups.rules import rights
from followups.rules.letter_rows import URGENT_FIRST
from letters.models import Letter
from letters.models.visibility import letter_condition, readable_by, visible_by
from sepo_incident.accounts.models import User
from sepo_incident.core import danish, logs
from sepo_incident.core.sql_files import read_sql

Status = FollowUp.Status
SENDER_QUEUE_SQL = read_sql(__file__, "sender_queue.sql", urgent_first=URGENT_FIRST)


class BackLink(NamedTuple):
    label: str
    url: str


def back_link(letter: Letter, reader: User, came_from: str = "") -> BackLink:
    """Return the link back to the page that the reader came from.

    If `came_from` is empty: *Mine breve* for the sender, the board of the letter's unit for a member of the unit or
    of a unit above, else the front page.
    """
    if came_from:
        return BackLink("Tilbage til listen", f"{came_from}#breve")
    if letter.sender_id == reader.pk:
        return BackLink("Mine breve", reverse("my_letters"))
    if letter.unit and not set(letter.unit.lineage).isdisjoint(reader.membership_unit_ids):
        return BackLink(letter.unit.name, reverse("board", args=[letter.unit.pk]))
    return BackLink("Forsiden", reverse("home"))


def other_letters_to_confirm(letter: Letter, reader: User) -> list[int]:
    """Return the ids of the other letters of the incident that await the reader, the longest waiting first."""
    waiting = rights.letters_awaiting_confirmation_by(reader, letter.incident)
    return list(waiting.exclude(pk=letter.pk).values_list("pk", flat=True))


@dataclass(frozen=True)
class QueuePosition:
    """Position of a letter among all letters of its sender: handled letters first, then the others in order.

    A letter is handled when it is decided and not sent back, or waits for an answer. Thus the position stays the same
    for a person who works from the top, and the count never changes.
    """

    position: int | None  # counts from 1; None if this letter is handled
    count: int
    next_id: int | None
    next_position: int

    @property
    def next_place(self) -> str:
        """Return «3 af 14» for the next letter."""
        return f"{danish.number(self.next_position)} af {danish.number(self.count)}"


def queue_position(letter: Letter, reader: User) -> QueuePosition:
    """Return the letter's position among the sender's letters that the reader may read, and the next letter.

    The first letter follows the last.
    """
    query = letter_condition(
        SENDER_QUEUE_SQL,
        visible=visible_by(reader),
        may_read=readable_by(reader),
        incident_id=letter.incident_id,
        sender=letter.sender_id,
        sender_name=letter.sender_name,
        unit=letter.unit_id,
    )
    rows = query.fetch_planned()
    unhandled = {pk for pk, status, is_with_desk in rows if not _is_handled(status, is_with_desk=is_with_desk)}
    queue = [pk for pk, *_ in rows if pk == letter.pk or pk in unhandled]
    is_unhandled = letter.pk in unhandled
    handled = len(rows) - len(queue) + (not is_unhandled)
    place = queue.index(letter.pk)
    after = (place + 1) % len(queue)
    return QueuePosition(
        position=handled + place + 1 if is_unhandled else None,
        count=len(rows),
        next_id=queue[after] if len(queue) > 1 else None,
        next_position=handled + is_unhandled + after - (after > place) + 1,  # after this letter has left the queue
    )


def _is_handled(status: str, *, is_with_desk: bool) -> bool:
    return status != Status.SENT_BACK and (status != Status.OPEN or is_with_desk)


# --- A colleague's letter (decision 16) ---------------------------------------------------------------------------


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
