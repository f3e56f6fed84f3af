"""Letters and people that are not there, as extreme as they come: every text is tried on them before it is saved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from letters.models import Incident, Letter
from notifications.drafting import Draft
from sepo_incident.accounts.models import User
from sepo_incident.danish import COPENHAGEN

MOST = 14


def ordinary(incident: Incident) -> Draft:
    """Three letters, one of them a personnel case and one without a subject, with a leader."""
    receiver, leader = person("Anne Eksempel"), person("Torben Eksempel")
    return Draft(incident, receiver, [leader], letters(incident, receiver, leader)[:3])


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
    first = datetime.combine(incident.first_day, datetime.min.time(), COPENHAGEN)
    kinds = Letter.RecipientKind.values
    return [
        Letter(
            pk=0,
            incident=incident,
            sender=sender,
            leader=leader,
            subject=["Indkaldelse til møde", "", "Samtale", "Afgørelse <1> & 2"][number % 4],
            is_personnel_case=number % 4 == 2,
            recipient_kind=kinds[number % len(kinds)],
            recipient_key="a1" * 32,
            sent_at=first + timedelta(hours=9 + number),
        )
        for number in range(MOST)
    ]
