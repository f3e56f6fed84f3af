import pytest

from sepo_incident.accounts.models import Membership
from tests.factories import MembershipFactory, UserFactory
from tests.followups.asking import ask


@pytest.fixture
def asked(cast):
    return ask(cast.untitled, cast.karen)


@pytest.fixture
def nikolaj(cast):
    person = UserFactory(name="Nikolaj Fjord", email="nikolaj@kk.example", unit=cast.root)
    MembershipFactory(user=person, unit=cast.root, role=Membership.Role.DIT_SUPPORT)
    return person
