"""A dispatch of the cast's notices: karen (5 letters, jens in cc), anne (1, torben in cc) and ulla (1, no leader)."""

import socket

import pytest

from letters.models import Letter
from notifications import mail_worker
from notifications.dispatching import dispatch_writer
from notifications.kinds import mail_fields
from notifications.models import Delivery, Kind


def request(incident, by=None):
    """What the button does for as many as are owed a notice."""
    number = dispatch_writer.count_receivers(Kind.FIRST_NOTICE, incident)
    return dispatch_writer.request_dispatch(Kind.FIRST_NOTICE, incident, number, by=by)


def write(dispatch):
    while dispatch_writer.write_batch(dispatch.pk):
        pass
    dispatch.refresh_from_db()
    return dispatch


@pytest.fixture
def dispatch(cast):
    """Written, not sent: five mails ready."""
    return write(request(cast.incident))


@pytest.fixture
def faulty(cast, monkeypatch):
    """A letter of Karen's that cannot stand in a mail: no subject, and by a fault of ours no code for its recipient."""
    known = mail_fields.short_recipient_code

    def code(key):
        if key == "ikke en hash":
            raise ValueError(key)
        return known(key)

    monkeypatch.setattr(mail_fields, "short_recipient_code", code)
    Letter.objects.filter(pk=cast.plain.pk).update(subject="", recipient_key="ikke en hash")
    return cast.plain


def mend(letter):
    Letter.objects.filter(pk=letter.pk).update(recipient_key="")


@pytest.fixture
def drain(sink):
    return mail_worker.drain_outbox


def delivery_to(person) -> Delivery:
    return Delivery.objects.get(recipient=person)


@pytest.fixture
def unused_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
