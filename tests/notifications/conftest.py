"""A dispatch of the cast's first notices: karen (5 letters, jens in cc), anne (1, torben in cc) and ulla (1, no
leader).
"""

import socket

import pytest

from followups import services
from followups.services import arrivals
from letters.models import Letter
from notifications import mail_worker
from notifications.kinds import mail_fields
from tests.followups.decision_answers import RESENT
from tests.notices import request_first_notices, write_notices
from tests.notifications.evidence_packs import ARRIVED_WITH_LOG


@pytest.fixture
def dispatch(cast):
    """A written and unsent dispatch: five mails are ready."""
    return write_notices(request_first_notices(cast.incident))


@pytest.fixture
def proven_letter(cast, dispatch):
    """Karen's letter was resent, a log proves the arrival, and all first notices are written."""
    for letter in (cast.plain, cast.personnel):
        services.decide(letter, RESENT, cast.karen, 0)
        arrivals.record_arrival(letter, ARRIVED_WITH_LOG, cast.karen, 0)
    return cast.plain


@pytest.fixture
def faulty(cast, monkeypatch):
    """A letter of Karen's that no mail can be composed about: no subject, and an invalid recipient key."""
    known = mail_fields.short_recipient_code

    def code(key):
        if key == "ikke en hash":
            raise ValueError(key)
        return known(key)

    monkeypatch.setattr(mail_fields, "short_recipient_code", code)
    Letter.objects.filter(pk=cast.plain.pk).update(subject="", recipient_key="ikke en hash")
    return cast.plain


@pytest.fixture
def drain(sink):
    return mail_worker.drain_outbox


@pytest.fixture
def unused_port() -> int:
    """A loopback port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
