"""The cast: an incident, a small Københavns Kommune, and the people in it, as ``cast.karen`` and so on.

The clock of a test is the real one unless it asks for ``monday``: 13 January 2020 at 10, two days before the deadline.
"""

from types import SimpleNamespace

import pytest
import time_machine

from followups.models import FollowUp
from letters.models import ImportBatch, ImportRow, Letter
from sepo_incident.accounts.models import Membership, Unit, User
from tests.factories import FIRST_ROW, BatchFactory, IncidentFactory, LetterFactory, at, row_of
from tests.rows import MONDAY, Recording

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


#: attribute, the unit above, the rest
UNITS = [
    ("buf", "root", {"name": "Børne- og Ungdomsforvaltningen", "code": "BUF", "kind": Kind.ADMINISTRATION}),
    ("area", "buf", {"name": "Område Nørrebro", "kind": Kind.AREA}),
    ("sof", "root", {"name": "Socialforvaltningen", "code": "SOF", "kind": Kind.ADMINISTRATION}),
    ("svalevej", "area", {"name": "Svalevejens Skole", "kind": Kind.UNIT}),
    ("laerkepark", "area", {"name": "Lærkeparkens Skole", "kind": Kind.UNIT}),
    ("borgercenter", "sof", {"name": "Borgercenter Øst", "kind": Kind.UNIT}),
]
#: attribute, sender, leader, the rest
LETTERS = [
    (
        "passed",
        "karen",
        "jens",
        {"subject": "Partshøring om udeblivelse, svar inden 6. januar", "sent_at": at(2019, 12, 18, 14, 5)},
    ),
    (
        "soon",
        "karen",
        "jens",
        {"subject": "Indkaldelse til møde den 15. januar", "sent_at": at(2019, 12, 16, 8, 52)},
    ),
    ("plain", "karen", "jens", {"subject": "Pjece: Velkommen i 0. klasse", "sent_at": at(2019, 12, 18, 10, 11)}),
    (
        "untitled",
        "karen",
        "jens",
        {"subject": "", "sent_at": at(2019, 12, 12, 13, 42), "recipient": "anden@borger.example"},
    ),
    (
        "personnel",
        "karen",
        "jens",
        {
            "subject": "Indkaldelse til sygefraværssamtale",
            "sent_at": at(2019, 12, 13, 10, 30),
            "recipient_kind": Letter.RecipientKind.EMPLOYEE,
            "is_personnel_case": True,
        },
    ),
    ("annes", "anne", "torben", {"subject": "Referat af netværksmøde"}),
    ("ullas", "ulla", None, {"subject": "Afgørelse om hjælp i hjemmet"}),
]


@pytest.fixture
def cast(db, recorded_cast) -> SimpleNamespace:
    """``incident``; units ``root, buf, area, svalevej, laerkepark, sof, borgercenter``; the people; the letters
    ``passed, soon, plain, untitled, personnel`` (karen's), ``annes`` and ``ullas``; each letter has a follow-up."""
    return recorded_cast.play()


@pytest.fixture(scope="session")
def recorded_cast(django_db_setup, django_db_blocker) -> Recording:
    with django_db_blocker.unblock():
        return Recording(build)


def build() -> SimpleNamespace:
    stage = SimpleNamespace(incident=IncidentFactory(), **_units())
    vars(stage).update(_people(stage))
    Membership.objects.bulk_create(
        Membership(user=getattr(stage, person), unit=getattr(stage, unit), role=role)
        for person, unit, role in MEMBERSHIPS
    )
    vars(stage).update(_letters(stage))
    return stage


@pytest.fixture
def monday():
    """Monday 13 January 2020 at 10: two days before the deadline. Move on with ``monday.move_to(at(…))``."""
    with time_machine.travel(MONDAY, tick=True) as traveller:
        yield traveller


@pytest.fixture
def as_user(client):
    """``as_user(cast.karen)`` is the test client, signed in as her."""

    def sign_in(user):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def _units() -> dict[str, Unit]:
    units = {"root": Unit.root()}
    for attribute, parent, fields in UNITS:
        units[attribute] = Unit.objects.create(parent=units[parent], **fields)
    fresh = Unit.objects.in_bulk([unit.pk for unit in units.values()])  # their lineage is the database's work
    return {attribute: fresh[unit.pk] for attribute, unit in units.items()}


def _people(stage: SimpleNamespace) -> dict[str, User]:
    people = [
        User(name=name, email=f"{attribute}@kk.example", unit=getattr(stage, unit) if unit else None)
        for attribute, name, unit in PEOPLE
    ]
    User.objects.bulk_create(people)
    return dict(zip((attribute for attribute, _, _ in PEOPLE), people, strict=True))


def _letters(stage: SimpleNamespace) -> dict[str, Letter]:
    batch = BatchFactory(incident=stage.incident)
    letters = {
        attribute: LetterFactory.build(
            incident=stage.incident,
            batch=batch,
            batch_row=FIRST_ROW + number,
            sender=getattr(stage, sender),
            leader=getattr(stage, leader) if leader else None,
            **fields,
        )
        for number, (attribute, sender, leader, fields) in enumerate(LETTERS)
    }
    letters["passed"].batch_row = 212
    letters["ullas"].unit = stage.borgercenter
    Letter.objects.bulk_create(letters.values())
    ImportRow.objects.bulk_create(row_of(letter) for letter in letters.values())
    ImportBatch.objects.filter(pk=batch.pk).update(total_rows=len(letters))
    FollowUp.objects.bulk_create(FollowUp(letter=letter, due_on=letter.named_on) for letter in letters.values())
    return letters
