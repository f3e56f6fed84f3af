"""Two files at a time for the site and one for a person, where a view reads an upload or builds a workbook."""

import threading
from contextlib import ExitStack, contextmanager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from followups.workbook import views
from sepo_incident.accounts.file_limits import BYTES_WITHOUT_PLACE, take_place

pytestmark = pytest.mark.django_db


@contextmanager
def another_request(user_id):
    """Hold a place over a connection of its own. Yield whether there was one."""
    found, is_taken, is_over = [], threading.Event(), threading.Event()

    def run():
        with take_place(user_id) as has_place:
            found.append(has_place)
            is_taken.set()
            is_over.wait()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    is_taken.wait()
    try:
        yield found[0]
    finally:
        is_over.set()
        thread.join()


@contextmanager
def busy_site():
    with ExitStack() as requests:
        assert all(requests.enter_context(another_request(-person)) for person in (1, 2))
        yield


def test_the_third_at_once_is_refused():
    with busy_site(), take_place(3) as has_place:
        assert not has_place
    with take_place(3) as has_place:
        assert has_place


def test_the_second_of_a_person_is_refused():
    with another_request(1):
        with take_place(1) as has_place:
            assert not has_place
        with take_place(2) as has_place:  # the refused request has left no lock behind
            assert has_place


def test_the_place_is_free_after_an_error():
    with pytest.raises(ZeroDivisionError), take_place(1) as has_place:
        1 / (0 if has_place else 1)
    with another_request(1) as has_place, another_request(2) as has_second:
        assert (has_place, has_second) == (True, True)


@pytest.mark.parametrize(
    ("person", "name", "has_pk"),
    [
        ("karen", "upload_workbook", False),
        ("karen", "arrival", True),
        ("mette", "staff_files", False),
        ("mette", "verify_note", False),
    ],
)
def test_a_file_is_not_read_while_the_site_is_busy(cast, as_user, person, name, has_pk):
    client, address = as_user(getattr(cast, person)), reverse(name, args=[cast.plain.pk] if has_pk else [])
    large = b"PK" + bytes(BYTES_WITHOUT_PLACE)
    with busy_site():
        refused = client.post(address, {"fil": SimpleUploadedFile("a.xlsx", large)})
        small = client.post(address, {"fil": SimpleUploadedFile("a.xlsx", b"PK")})
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    page = refused.content.decode()
    assert "Vi arbejder med en anden fil lige nu. Der er ikke gemt noget." in page
    assert "data-not-saved" in page  # the page of the form keeps what was typed
    assert small.status_code != 503
    assert client.post(address, {"fil": SimpleUploadedFile("a.xlsx", large)}).status_code != 503


@pytest.mark.parametrize(
    ("person", "name", "pk_of"),
    [
        ("karen", "my_workbook", ""),
        ("jens", "board_workbook", "svalevej"),
    ],
)
def test_a_workbook_is_not_built_while_the_site_is_busy(cast, as_user, monkeypatch, person, name, pk_of):
    client, address = as_user(getattr(cast, person)), reverse(name, args=[getattr(cast, pk_of).pk] if pk_of else [])
    monkeypatch.setattr(views, "LETTERS_WITHOUT_PLACE", 0)
    with busy_site():
        refused = client.get(address)
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert "Vi arbejder med en anden fil lige nu." in refused.content.decode()
    assert client.get(address).status_code != 503


def test_a_small_workbook_needs_no_place(cast, as_user):
    with busy_site():
        assert as_user(cast.karen).get(reverse("my_workbook")).status_code == 200
