"""Letters and people that are not there, as extreme as they come: every text is tried on them before it is saved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from followups.models import FollowUp
from letters.models import Incident, Letter
from notifications.facts.drafting import Draft
from sepo_incident.accounts.models import User
from sepo_incident.danish import COPENHAGEN

MOST = 14


def ordinary(incident: Incident, addressee: str = "sender") -> Draft:
    """Three letters, one of them a personnel case and one without a subject, to their sender with the leader in cc, or
    to their leader."""
    sender, leader = person("Anne Eksempel"), person("Torben Eksempel")
    receiver, copies = (sender, [leader]) if addressee == "sender" else (leader, [])
    return Draft(incident, receiver, copies, letters(incident, sender, leader)[:3])


def extremes(incident: Incident) -> Iterator[Draft]:
    """One letter and many; a leader, several, none, and a sender who is the leader; the longest names."""
    receiver, leader, other = person("Anne Eksempel"), person("Torben Eksempel"), person("N" * 150)
    for number in (1, 2, 3, MOST):
        yield Draft(incident, receiver, [leader], letters(incident, receiver, leader)[:number])
        yield Draft(incident, other, [leader, other], letters(incident, other, leader)[:number])
        yield Draft(incident, receiver, [], letters(incident, receiver, None)[:number])
        yield Draft(incident, receiver, [], letters(incident, receiver, receiver)[:number])


def person(name: str) -> User:
    return User(pk=len(name), name=name, email="eksempel@kk.example")


def letters(incident: Incident, sender: User, leader: User | None) -> list[Letter]:
    return [letter(incident, sender, leader, number) for number in range(MOST)]


def letter(incident: Incident, sender: User, leader: User | None, number: int) -> Letter:
    """With its follow-up at hand, now in one status and now in another."""
    kinds, statuses = Letter.RecipientKind.values, FollowUp.Status.values
    first = datetime.combine(incident.first_day, datetime.min.time(), COPENHAGEN)
    made = Letter(
        pk=0,
        incident=incident,
        sender=sender,
        leader=leader,
        unit=None,
        subject=["Indkaldelse til møde", "", "Samtale", "Afgørelse <1> & 2"][number % 4],
        is_personnel_case=number % 4 == 2,
        recipient_kind=kinds[number % len(kinds)],
        recipient_key="a1" * 32,
        sent_at=first + timedelta(hours=9 + number),
    )
    FollowUp(letter=made, status=statuses[number % len(statuses)])
    return made
