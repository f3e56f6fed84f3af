"""«Hvem har bolden»: whose turn it is on a letter today, also while people are away.

The sender until it is decided, done and lacks no answer, then the leader; a desk while it is its turn about an
undecided letter. Who is away has a substitute (``Absence``), and who has left or cannot be reached has nobody: then it
is the leader's. A personnel case goes to no substitute who may not read it.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from followups import deadlines, duties
from followups.models import Escalation, FollowUp
from letters.models import Letter, reading
from sepo_incident import danish
from sepo_incident.accounts.models import Absence, User
from sepo_incident.accounts.models.absence import StandIn

Status = FollowUp.Status
NOBODY = "Ingen"


class Ball(NamedTuple):
    """``holder`` is a person, a desk, or nobody; ``instead_of``: the name of whom they stand in for, and ``until`` the
    last day they do."""

    holder: str
    user: int | None = None
    instead_of: str = ""
    until: date | None = None

    @property
    def is_passed_on(self) -> bool:
        return bool(self.instead_of) or self.holder == NOBODY

    def said_to(self, reader: User) -> str:
        """«Mette Dahl for Jens Ågård til og med 3. januar 2020», «Dig for Jens Ågård indtil videre», «DIT»."""
        holder = "Dig" if self.user == reader.pk else self.holder
        if not self.instead_of:
            return holder
        until = f"til og med {danish.date(self.until)}" if self.until else "indtil videre"
        return f"{holder} for {self.instead_of} {until}"


def of(letter: Letter, asked: Escalation | None) -> Ball | None:
    """Who has the ball today; None where nothing is to be done. ``asked``: the letter's newest question to a desk.

    Fetch the letter with its follow-up, sender and leader. One query.
    """
    if not is_waiting(letter):
        return None
    if asked and asked.is_with_desk and letter.followup.is_open:
        return Ball(asked.get_desk_display())
    people = [person for person in (letter.sender_id, letter.leader_id) if person]
    return People(Absence.objects.stand_ins(deadlines.today(), people)).whose_turn(letter)


def is_waiting(letter: Letter) -> bool:
    followup = getattr(letter, "followup", None)
    return letter.withdrawn_at is None and followup is not None and followup.status != Status.CONFIRMED


class People:
    """Who answers for whom on a day."""

    def __init__(self, stand_ins: dict[int, StandIn]) -> None:
        self.stand_ins = stand_ins

    def whose_turn(self, letter: Letter) -> Ball:
        leaders = self.answering(letter.leader, letter) if duties.has_another_leader(letter) else None
        if letter.followup.status == Status.DONE and not (letter.followup.lacks_answer and letter.may_be_read):
            return self.confirming(leaders, letter)
        return self.answering(letter.sender, letter) or leaders or Ball(NOBODY)

    def confirming(self, leaders: Ball | None, letter: Letter) -> Ball:
        """Never who answers for the sender, unless they are the leader themselves: four eyes see each letter."""
        senders = self.answering(letter.sender, letter)
        is_two_eyes = leaders and leaders.instead_of and senders and leaders.user == senders.user
        if leaders and not is_two_eyes:
            return leaders
        return Ball(duties.OTHERS_CONFIRM[letter.is_personnel_case])

    def answering(self, person: User | None, letter: Letter) -> Ball | None:
        """The person, or who stands in for them and may read the letter; None where there is nobody."""
        if person is None:
            return None
        stand_in = self.stand_ins.get(person.pk)
        if stand_in is None:
            return None if person.left_on or person.unreachable_since else Ball(person.name, person.pk)
        if stand_in.user is None or not may_read(stand_in, letter):
            return None
        return Ball(stand_in.name, stand_in.user, person.name, stand_in.until)


def may_read(stand_in: StandIn, letter: Letter) -> bool:
    """``stand_in`` answers for the letter's sender or leader."""
    if not letter.is_personnel_case:
        return True
    return stand_in.user is not None and reading.is_opened(stand_in.user, stand_in.opener, letter)
