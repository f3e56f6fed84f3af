"""Users, and the URLs of the gallery."""

import pytest

from sepo_incident.accounts.models import Membership, Unit, User


@pytest.fixture
def gallery_urls(settings):
    settings.ROOT_URLCONF = "tests.frame.gallery"


@pytest.fixture
def unit(db):
    return Unit.objects.create(name="Svalevejens Skole", kind=Unit.Kind.UNIT)


@pytest.fixture
def karen(unit):
    return User.objects.create_user("karen@buf.example", "Karen Bülow Møller", unit=unit)


@pytest.fixture
def with_role(unit):
    def make(role):
        user = User.objects.create_user(f"{role.lower()}@kit.example", "Mette Dahl", unit=unit)
        Membership.objects.create(user=user, unit=unit, role=role)
        return user

    return make


@pytest.fixture
def browse(gallery_urls, visit):
    """`visit` with the URLs of the gallery."""
    return visit
