"""«Hvem har bolden»: whose turn it is on a letter today, also while people are away.

The sender until it is decided, done and lacks no answer, then the leader; a desk while it is its turn about an
undecided letter. Who is away has a substitute (``Absence``), and who has left or cannot be reached has nobody: then it
is the leader's. A personnel case goes to no substitute who may not read it.
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
    """``holder`` is a person, a desk, or nobody; ``instead_of``: the name of whom they stand in for, and ``until`` the
    last day they do."""

    holder: str
    user: int | None = None
    instead_of: str = ""
    until: date | None = None

    @property
    def is_delegated(self) -> bool:
        return bool(self.instead_of) or self.holder == NOBODY

    def label_for(self, reader: User) -> str:
        """«Mette Dahl for Jens Ågård til og med 3. januar 2020», «Dig for Jens Ågård indtil videre», «DIT»."""
        holder = "Dig" if self.user == reader.pk else self.holder
        if not self.instead_of:
            return holder
        until = f"til og med {danish.date(self.until)}" if self.until else "indtil videre"
        return f"{holder} for {self.instead_of} {until}"


def responsible_for(letter: Letter, asked: Escalation | None) -> Responsible | None:
    """Who has the ball today; None where nothing is to be done. ``asked``: the letter's newest question to a desk.

    Fetch the letter with its follow-up, sender and leader. One query.
    """
    if not needs_action(letter):
        return None
    if asked and asked.is_with_desk and letter.followup.is_open:
        return Responsible(asked.get_desk_display())
    people = [person for person in (letter.sender_id, letter.leader_id) if person]
    return SubstituteDirectory(Absence.objects.stand_ins(calendar.today(), people)).responsible_for(letter)


def needs_action(letter: Letter) -> bool:
    followup = getattr(letter, "followup", None)
    return letter.withdrawn_at is None and followup is not None and followup.status != Status.CONFIRMED


class SubstituteDirectory:
    """Who answers for whom on a day."""

    def __init__(self, stand_ins: dict[int, StandIn]) -> None:
        self.stand_ins = stand_ins

    def responsible_for(self, letter: Letter) -> Responsible:
        leaders = self.answering(letter.leader, letter) if rights.has_leader_besides_sender(letter) else None
        if letter.followup.status == Status.DONE and not (letter.followup.lacks_answer and letter.may_be_read):
            return self.confirming(leaders, letter)
        return self.answering(letter.sender, letter) or leaders or Responsible(NOBODY)

    def confirming(self, leaders: Responsible | None, letter: Letter) -> Responsible:
        """Never who answers for the sender, unless they are the leader themselves: four eyes see each letter."""
        senders = self.answering(letter.sender, letter)
        is_two_eyes = leaders and leaders.instead_of and senders and leaders.user == senders.user
        if leaders and not is_two_eyes:
            return leaders
        return Responsible(rights.CONFIRMER_WITHOUT_LEADER[letter.is_personnel_case])

    def answering(self, person: User | None, letter: Letter) -> Responsible | None:
        """The person, or who stands in for them and may read the letter; None where there is nobody."""
        if person is None:
            return None
        stand_in = self.stand_ins.get(person.pk)
        if stand_in is None:
            return None if person.left_on or person.unreachable_since else Responsible(person.name, person.pk)
        if stand_in.user is None or not substitute_may_read(stand_in, letter):
            return None
        return Responsible(stand_in.name, stand_in.user, person.name, stand_in.until)


def substitute_may_read(stand_in: StandIn, letter: Letter) -> bool:
    """``stand_in`` answers for the letter's sender or leader."""
    if not letter.is_personnel_case:
        return True
    return stand_in.user is not None and visibility.is_personnel_reader(stand_in.user, stand_in.opener, letter)
