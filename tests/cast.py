"""The cast: an incident, a small Københavns Kommune, and the people in it, as ``cast.karen`` and so on.

The clock of a test is the real one unless it asks for ``monday``: 13 January 2020 at 10, two days before the deadline.
"""

from types import SimpleNamespace

import pytest
import time_machine

from letters.models import Letter
from sepo_incident.accounts.models import Membership, Unit
from tests.factories import (
    FollowUpFactory,
    IncidentFactory,
    LetterFactory,
    MembershipFactory,
    UnitFactory,
    UserFactory,
    at,
)

Kind, Role = Unit.Kind, Membership.Role

#: attribute, name, the unit they work in
PEOPLE = [
    ("karen", "Karen Bülow Møller", "svalevej"),  # sends letters, one of them in a personnel case
    ("jens", "Jens Ågård", "svalevej"),  # her leader
    ("anne", "Anne Østergaard", "laerkepark"),
    ("torben", "Torben Kjær", "laerkepark"),
    ("birgitte", "Birgitte Holm", "buf"),
    ("mette", "Mette Dahl", "root"),
    ("pia", "Pia Søndergård", "root"),
    ("hanne", "Hanne Riis", "root"),
    ("sofie", "Sofie Lange", "buf"),
    ("ulla", "Ulla Aaen", "borgercenter"),
    ("olga", "Olga Nygaard", None),  # an account and nothing else
]
MEMBERSHIPS = [
    ("jens", "svalevej", Role.LEADER),
    ("torben", "laerkepark", Role.LEADER),
    ("birgitte", "buf", Role.COORDINATOR),
    ("mette", "root", Role.KIT_ADMIN),
    ("pia", "root", Role.DIT_SUPPORT),
    ("hanne", "root", Role.HR),
    ("sofie", "buf", Role.READER),
    ("ulla", "sof", Role.LEADER),
]


@pytest.fixture
def cast(db) -> SimpleNamespace:
    """``incident``; units ``root, buf, area, svalevej, laerkepark, sof, borgercenter``; the people; the letters
    ``passed, soon, plain, untitled, personnel`` (karen's), ``annes`` and ``ullas``; each letter has a follow-up."""
    stage = SimpleNamespace(incident=IncidentFactory(), **_units())
    for attribute, name, unit in PEOPLE:
        setattr(stage, attribute, UserFactory(name=name, email=f"{attribute}@kk.example", unit=_at(stage, unit)))
    for person, unit, role in MEMBERSHIPS:
        MembershipFactory(user=getattr(stage, person), unit=getattr(stage, unit), role=role)
    _letters(stage)
    return stage


@pytest.fixture
def monday():
    """Monday 13 January 2020 at 10: two days before the deadline. Move on with ``monday.move_to(at(…))``."""
    with time_machine.travel(at(2020, 1, 13, 10, 0), tick=True) as traveller:
        yield traveller


@pytest.fixture
def as_user(client):
    """``as_user(cast.karen)`` is the test client, signed in as her."""

    def sign_in(user):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def _units() -> dict[str, Unit]:
    root = Unit.root()
    buf = UnitFactory(name="Børne- og Ungdomsforvaltningen", code="BUF", kind=Kind.ADMINISTRATION, parent=root)
    area = UnitFactory(name="Område Nørrebro", kind=Kind.AREA, parent=buf)
    sof = UnitFactory(name="Socialforvaltningen", code="SOF", kind=Kind.ADMINISTRATION, parent=root)
    root.refresh_from_db()
    return {
        "root": root,
        "buf": buf,
        "area": area,
        "svalevej": UnitFactory(name="Svalevejens Skole", parent=area),
        "laerkepark": UnitFactory(name="Lærkeparkens Skole", parent=area),
        "sof": sof,
        "borgercenter": UnitFactory(name="Borgercenter Øst", parent=sof),
    }


def _at(stage: SimpleNamespace, unit: str | None) -> Unit | None:
    return getattr(stage, unit) if unit else None


def _letters(stage: SimpleNamespace) -> None:
    def letter(sender, leader, **fields) -> Letter:
        sent = LetterFactory(incident=stage.incident, sender=sender, leader=leader, **fields)
        FollowUpFactory(letter=sent)
        return sent

    karen = {"sender": stage.karen, "leader": stage.jens}
    stage.passed = letter(
        **karen,
        subject="Partshøring om udeblivelse, svar inden 6. januar",
        sent_at=at(2019, 12, 18, 14, 5),
        row=212,
    )
    stage.soon = letter(
        **karen,
        subject="Indkaldelse til møde den 15. januar",
        sent_at=at(2019, 12, 16, 8, 52),
    )
    stage.plain = letter(**karen, subject="Pjece: Velkommen i 0. klasse", sent_at=at(2019, 12, 18, 10, 11))
    stage.untitled = letter(**karen, subject="", sent_at=at(2019, 12, 12, 13, 42), recipient="anden@borger.example")
    stage.personnel = letter(
        **karen,
        subject="Indkaldelse til sygefraværssamtale",
        sent_at=at(2019, 12, 13, 10, 30),
        recipient_kind=Letter.RecipientKind.EMPLOYEE,
        is_personnel_case=True,
    )
    stage.annes = letter(stage.anne, stage.torben, subject="Referat af netværksmøde")
    stage.ullas = letter(stage.ulla, None, subject="Afgørelse om hjælp i hjemmet", unit=stage.borgercenter)
