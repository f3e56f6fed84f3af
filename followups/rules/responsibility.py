"""Responsibility («Næste skridt»): the person or desk who must act on a letter today, absences included.

The sender acts until the letter is decided, sent and complete; then the leader. A desk acts while a question about an
undecided letter is open. A substitute acts for an absent person (`Absence`). If the sender has left or cannot be
reached, the leader acts. A substitute who may not read a personnel case does not act on it.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from followups.models import Escalation, FollowUp
from followups.rules import rights
from letters.models import Letter, visibility
from sepo_incident.accounts.models import Absence, User
from sepo_incident.accounts.models.absence import StandIn
from sepo_incident.core import calendar, danish

Status = FollowUp.Status
NOBODY = "Ingen"


class Responsible(NamedTuple):
    """The person or desk who must act.

    `holder`: name of the person or desk, or «Ingen». `instead_of`: name of the absent person, "" for nobody. `until`:
    last day of the absence, if known.
    """

    holder: str
    user: int | None = None
    instead_of: str = ""
    until: date | None = None

    @property
    def is_delegated(self) -> bool:
        return bool(self.instead_of) or self.holder == NOBODY

    def label_for(self, reader: User) -> str:
        """Return «Mette Dahl for Jens Ågård til og med 3. januar 2020», «Dig for Jens Ågård indtil videre» or «DIT»."""
        holder = "Dig" if self.user == reader.pk else self.holder
        if not self.instead_of:
            return holder
        until = f"til og med {danish.date(self.until)}" if self.until else "indtil videre"
        return f"{holder} for {self.instead_of} {until}"


def responsible_for(letter: Letter, escalation: Escalation | None) -> Responsible | None:
    """Return who must act on the letter today, or None if nothing is left to do. One query.

    `escalation`: the letter's newest escalation. Fetch the letter with follow-up, sender and leader.
    """
    if not needs_action(letter):
        return None
    if escalation and escalation.is_with_desk and letter.followup.is_open:
        return Responsible(escalation.get_desk_display())
    people = [person for person in (letter.sender_id, letter.leader_id) if person]
    return SubstituteDirectory(Absence.objects.stand_ins(calendar.today(), people)).responsible_for(letter)


def needs_action(letter: Letter) -> bool:
    followup = getattr(letter, "followup", None)
    return letter.withdrawn_at is None and followup is not None and followup.status != Status.CONFIRMED


class SubstituteDirectory:
    """The substitutes of one day, {absent user id: StandIn}."""

    def __init__(self, stand_ins: dict[int, StandIn]) -> None:
        self.stand_ins = stand_ins

    def responsible_for(self, letter: Letter) -> Responsible:
        has_leader = rights.has_leader_besides_sender(letter)
        leader_side = self.person_or_substitute(letter.leader, letter) if has_leader else None
        if letter.followup.status == Status.DONE and not (letter.followup.misses_answer and letter.reader_may_read):
            return self.confirmer_of(leader_side, letter)
        return self.person_or_substitute(letter.sender, letter) or leader_side or Responsible(NOBODY)

    def confirmer_of(self, leader_side: Responsible | None, letter: Letter) -> Responsible:
        """Return who confirms the letter.

        The person who acts for the sender does not confirm, except a leader in person: two persons see every letter.
        """
        sender_side = self.person_or_substitute(letter.sender, letter)
        is_same_person = leader_side and leader_side.instead_of and sender_side and leader_side.user == sender_side.user
        if leader_side and not is_same_person:
            return leader_side
        return Responsible(rights.CONFIRMER_WITHOUT_LEADER[letter.is_personnel_case])

    def person_or_substitute(self, person: User | None, letter: Letter) -> Responsible | None:
        """Return the person, or a substitute who may read the letter; None if nobody is left."""
        if person is None:
            return None
        stand_in = self.stand_ins.get(person.pk)
        if stand_in is None:
            return None if person.left_on or person.unreachable_since else Responsible(person.name, person.pk)
        if stand_in.user is None or not substitute_may_read(stand_in, letter):
            return None
        return Responsible(stand_in.name, stand_in.user, person.name, stand_in.until)


def substitute_may_read(stand_in: StandIn, letter: Letter) -> bool:
    """Return whether a substitute for the letter's sender or leader may read the letter."""
    if not letter.is_personnel_case:
        return True
    return stand_in.user is not None and visibility.is_personnel_reader(stand_in.user, stand_in.registered_by, letter)
