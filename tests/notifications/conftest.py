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
from tests.factories import at
from tests.followups.decision_answers import RESENT
from tests.notices import request_first_notices, write_notices
from tests.notifications.evidence_packs import ARRIVED_WITH_LOG
from tests.recorded_rows import RecordedRows, record


@pytest.fixture
def dispatch(cast, recorded_dispatch):
    """A written and unsent dispatch: five mails are ready."""
    return recorded_dispatch.insert()


@pytest.fixture(scope="session")
def recorded_dispatch(recorded_cast, django_db_blocker) -> RecordedRows:
    def build():
        return write_notices(request_first_notices(recorded_cast.insert().incident))

    with django_db_blocker.unblock():
        return record("dispatch", build, without=recorded_cast.insertions)


@pytest.fixture
def no_workers(monkeypatch):
    """No worker is woken: the test runs the worker's part itself."""
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_now", lambda task, **options: None)


@pytest.fixture
def written_on_7_january(cast, monday, recorded_dispatch, no_workers):
    """The first notices were written on Tuesday 7 January at 9. `move_to` moves the clock on."""
    monday.move_to(at(2020, 1, 7, 9, 0))
    recorded_dispatch.insert()
    return monday


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
