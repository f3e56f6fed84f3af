import io

import pytest
from django.urls import reverse

from sepo_incident.accounts.models import Membership
from tests.factories import MembershipFactory, UserFactory
from tests.followups.asking import ask
from tests.followups.exchanging import opened, saved


@pytest.fixture
def asked(cast):
    return ask(cast.untitled, cast.karen)


@pytest.fixture
def nikolaj(cast):
    person = UserFactory(name="Nikolaj Fjord", email="nikolaj@kk.example", unit=cast.root)
    MembershipFactory(user=person, unit=cast.root, role=Membership.Role.DIT_SUPPORT)
    return person


@pytest.fixture
def fetch(as_user):
    """``fetch(person)`` is the workbook of their own letters, ``fetch(person, unit)`` that of a board."""

    def go(person, unit=None, query=""):
        address = reverse("board_workbook", args=[unit.pk]) if unit else reverse("my_workbook")
        answer = as_user(person).get(address + query)
        assert answer.status_code == 200
        return opened(answer.content)

    return go


@pytest.fixture
def choose(client):
    """``choose(book)``: the page after a workbook was chosen by whoever is signed in."""

    def go(book, name="svar.xlsx"):
        file = io.BytesIO(book if isinstance(book, bytes) else saved(book))
        file.name = name
        return client.post(reverse("upload_workbook"), {"fil": file})

    return go


@pytest.fixture
def save(client):
    """``save(page)``: press the button on it."""

    def go(page):
        return client.post(reverse("apply_workbook"), {"vist": page.context["proposal"]}, follow=True)

    return go
