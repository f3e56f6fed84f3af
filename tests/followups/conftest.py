import io

import pytest
from django.urls import reverse

from sepo_incident.accounts.models import Membership
from tests.factories import MembershipFactory, UserFactory
from tests.followups.escalation_helpers import ask_for_help
from tests.followups.workbook_helpers import open_workbook, workbook_bytes


@pytest.fixture
def open_question(cast):
    return ask_for_help(cast.untitled, cast.karen)


@pytest.fixture
def nikolaj(cast):
    person = UserFactory(name="Nikolaj Fjord", email="nikolaj@kk.example", unit=cast.root)
    MembershipFactory(user=person, unit=cast.root, role=Membership.Role.DIT_SUPPORT)
    return person


@pytest.fixture
def fetch_workbook(as_user):
    """`fetch_workbook(person)` downloads the person's own letters, `fetch_workbook(person, unit)` those of a
    board.
    """

    def go(person, unit=None, query=""):
        address = reverse("board_workbook", args=[unit.pk]) if unit else reverse("my_workbook")
        answer = as_user(person).get(address + query)
        assert answer.status_code == 200
        return open_workbook(answer.content)

    return go


@pytest.fixture
def upload_workbook(client):
    """`upload_workbook(book)` uploads the workbook as the signed-in user and returns the preview."""

    def go(book, name="svar.xlsx"):
        file = io.BytesIO(book if isinstance(book, bytes) else workbook_bytes(book))
        file.name = name
        return client.post(reverse("upload_workbook"), {"fil": file})

    return go


@pytest.fixture
def apply_workbook(client):
    """`apply_workbook(page)` presses the button of the preview."""

    def go(page):
        return client.post(reverse("apply_workbook"), {"vist": page.context["proposal"]}, follow=True)

    return go
