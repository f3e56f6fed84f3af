"""A large body from a visitor who is not signed in is refused unread."""

import io

import pytest
from django.core.signals import request_finished
from django.test import Client
from django.urls import reverse

from sepo_incident.accounts.models import User
from sepo_incident.web.middleware import MAX_BYTES_BEFORE_SIGN_IN

pytestmark = pytest.mark.django_db
WORKBOOK = str(16 * 1024**2)


class Body(io.BytesIO):
    """A body that remembers whether anybody read it before the answer was sent."""

    is_answered = is_read = False

    def read(self, *args):
        self.is_read |= not self.is_answered
        return super().read(*args)

    def note_answer(self, **signal):
        self.is_answered = True


def post(client, path, length="", body=None, **headers):
    """Send a form that claims to have `length` bytes.

    Return the status, the page, and whether the body was read before the answer.
    """
    body = body or Body()
    request_finished.connect(body.note_answer)
    environ = {"wsgi.input": body, "CONTENT_LENGTH": length, "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    answer = client.generic("POST", path, headers=headers, **environ)
    return answer.status_code, answer.content.decode(), body.is_read


@pytest.fixture
def visitor():
    """A browser with a CSRF cookie, without which Django refuses a form before it is read."""
    browser = Client(enforce_csrf_checks=True)
    browser.get("/log-ind/")
    return browser


@pytest.fixture
def karen():
    return User.objects.create_user("karen@buf.example", "Karen Bülow Møller")


@pytest.mark.parametrize("path", ["/log-ind/", "/regneark/"])
@pytest.mark.parametrize("length", [str(MAX_BYTES_BEFORE_SIGN_IN + 1), "9" * 30, "mange"])
def test_a_large_body_is_refused_unread(visitor, path, length):
    status, page, is_read = post(visitor, path, length)
    assert (status, is_read) == (413, False)
    assert f"/log-ind/?next={path}" in page


def test_the_rest_is_received_after_the_answer(visitor):
    """Otherwise the proxy, which is still sending, may lose the answer."""
    body = Body(bytes(MAX_BYTES_BEFORE_SIGN_IN * 3))
    status, _, is_read = post(visitor, "/regneark/", str(len(body.getvalue())), body)
    assert (status, is_read, body.tell()) == (413, False, len(body.getvalue()))


def test_a_body_of_unknown_length_is_refused_unread(visitor):
    status, _, is_read = post(visitor, "/log-ind/", **{"Transfer-Encoding": "chunked"})
    assert (status, is_read) == (413, False)


def test_an_expired_session_is_told_to_sign_in_and_choose_the_file_again(visitor, karen, settings):
    visitor.force_login(karen)
    visitor.get("/vejledning/")
    settings.SESSION_ABSOLUTE_SECONDS = -1
    status, page, is_read = post(visitor, reverse("upload_workbook"), WORKBOOK)
    assert (status, is_read) == (413, False)
    assert "Du er ikke logget ind, så intet er gemt." in page
    assert "Vælg så filen igen" in page


def test_a_small_form_and_the_file_of_somebody_signed_in_are_read(visitor, karen):
    assert post(visitor, "/log-ind/", str(MAX_BYTES_BEFORE_SIGN_IN))[2]
    visitor.force_login(karen)
    assert post(visitor, reverse("upload_workbook"), WORKBOOK)[2]
