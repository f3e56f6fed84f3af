"""The cast of the tests: an incident, a small Københavns Kommune and its people, as `cast.karen` and so on.

Tests run on the real clock, or with the fixture `monday` on 13 January 2020 at 10, two days before the deadline.
"""

from types import SimpleNamespace

import pytest
import time_machine

from followups.models import FollowUp
from letters.models import ImportBatch, ImportRow, Letter
from notifications.models import Heartbeat
from sepo_incident.accounts.models import Membership, Unit, User
from tests.factories import FIRST_ROW, BatchFactory, IncidentFactory, LetterFactory, at, import_row_for
from tests.recorded_rows import MONDAY, RecordedRows, record

Kind, Role = Unit.Kind, Membership.Role

#: attribute, name, unit
PEOPLE = [
    ("karen", "Karen Bülow Møller", "svalevej"),  # sends letters, one of them in a personnel case
    ("jens", "Jens Ågård", "svalevej"),  # Karen's leader
    ("anne", "Anne Østergaard", "laerkepark"),
    ("torben", "Torben Kjær", "laerkepark"),
    ("birgitte", "Birgitte Holm", "buf"),
    ("mette", "Mette Dahl", "root"),
    ("pia", "Pia Søndergård", "root"),
    ("hanne", "Hanne Riis", "root"),
    ("sofie", "Sofie Lange", "buf"),
    ("ulla", "Ulla Aaen", "borgercenter"),
    ("dina", "Dina Bjerre", "root"),
    ("olga", "Olga Nygaard", None),  # an account without a unit and a role
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
    ("dina", "root", Role.ADVISER),
]


#: attribute, parent, other fields
UNITS = [
    ("buf", "root", {"name": "Børne- og Ungdomsforvaltningen", "code": "BUF", "kind": Kind.ADMINISTRATION}),
    ("area", "buf", {"name": "Område Nørrebro", "kind": Kind.AREA}),
    ("sof", "root", {"name": "Socialforvaltningen", "code": "SOF", "kind": Kind.ADMINISTRATION}),
    ("svalevej", "area", {"name": "Svalevejens Skole", "kind": Kind.UNIT}),
    ("laerkepark", "area", {"name": "Lærkeparkens Skole", "kind": Kind.UNIT}),
    ("borgercenter", "sof", {"name": "Borgercenter Øst", "kind": Kind.UNIT}),
]
#: attribute, sender, leader, other fields
LETTERS = [
    (
        "passed",
        "karen",
        "jens",
        {"subject": "Partshøring om udeblivelse, svar inden 6. januar", "sent_at": at(2019, 12, 18, 14, 5)},
    ),
    ("soon", "karen", "jens", {"subject": "Indkaldelse til møde den 15. januar", "sent_at": at(2019, 12, 16, 8, 52)}),
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
    """The incident, units, people and letters of the cast. Each letter has a follow-up.

    `incident`; units `root, buf, area, svalevej, laerkepark, sof, borgercenter`; the people; the letters
    `passed, soon, plain, untitled, personnel` (sent by karen), `annes` and `ullas`. The heartbeats never grow old.
    """
    return recorded_cast.insert()


@pytest.fixture(scope="session")
def recorded_cast(django_db_setup, django_db_blocker) -> RecordedRows:
    with django_db_blocker.unblock():
        return record("cast", build_cast)


def build_cast() -> SimpleNamespace:
    cast = SimpleNamespace(incident=IncidentFactory(), **_units())
    vars(cast).update(_people(cast))
    Membership.objects.bulk_create(
        Membership(user=getattr(cast, person), unit=getattr(cast, unit), role=role)
        for person, unit, role in MEMBERSHIPS
    )
    vars(cast).update(_letters(cast))
    Heartbeat.objects.bulk_create(Heartbeat(queue=queue, at=at(2999, 1, 1)) for queue in Heartbeat.Queue)
    return cast


@pytest.fixture
def monday():
    """Stop at Monday 13 January 2020 at 10, two days before the deadline. `monday.move_to(at(…))` moves the clock."""
    with time_machine.travel(MONDAY, tick=True) as traveller:
        yield traveller


@pytest.fixture
def as_user(client):
    """`as_user(cast.karen)` is the test client, signed in as Karen."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def _units() -> dict[str, Unit]:
    units = {"root": Unit.root()}
    for attribute, parent, fields in UNITS:
        units[attribute] = Unit.objects.create(parent=units[parent], **fields)
    reloaded = Unit.objects.in_bulk([unit.pk for unit in units.values()])  # a trigger sets the lineage
    return {attribute: reloaded[unit.pk] for attribute, unit in units.items()}


def _people(cast: SimpleNamespace) -> dict[str, User]:
    known = {"password": "!", "address_since": at(2019, 12, 1)}  # by a staff file
    people = [
        User(name=name, email=f"{attribute}@kk.example", unit=getattr(cast, unit) if unit else None, **known)
        for attribute, name, unit in PEOPLE
    ]
    User.objects.bulk_create(people)
    return dict(zip((attribute for attribute, _, _ in PEOPLE), people, strict=True))


def _letters(cast: SimpleNamespace) -> dict[str, Letter]:
    batch = BatchFactory(incident=cast.incident)
    letters = {
        attribute: LetterFactory.build(
            incident=cast.incident,
            batch=batch,
            batch_row=FIRST_ROW + number,
            sender=getattr(cast, sender),
            leader=getattr(cast, leader) if leader else None,
            **fields,
        )
        for number, (attribute, sender, leader, fields) in enumerate(LETTERS)
    }
    letters["passed"].batch_row = 212
    letters["ullas"].unit = cast.borgercenter
    Letter.objects.bulk_create(letters.values())
    ImportRow.objects.bulk_create(import_row_for(letter) for letter in letters.values())
    ImportBatch.objects.filter(pk=batch.pk).update(total_rows=len(letters))
    FollowUp.objects.bulk_create(FollowUp(letter=letter, due_on=letter.named_on) for letter in letters.values())
    return letters
