"""Kill -9 of a real mail worker in the middle of the mails: nothing is lost, and a double has the same Message-ID.

The long form, with KIT's whole list, 50 kills and much else, is benchmarks/soak_mail.py (``make soak``).
"""

from collections import Counter

import pytest
from django.core.management import call_command
from django.utils import timezone

from notifications import bells
from notifications.models import Delivery
from sepo_incident.embedded import processes
from tests.factories import FollowUpFactory, LetterFactory, UserFactory
from tests.notifications.conftest import request, write

pytestmark = pytest.mark.engines


def names(sink):
    return Counter((mail.message["Message-ID"], mail.rcpt_tos[0]) for mail in sink.mails)


def all_accepted():
    return not Delivery.objects.exclude(state=Delivery.State.ACCEPTED).exists()


def test_killed_in_the_middle_of_the_mails(cast, start_worker, sink):
    for _ in range(60):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
    write(request(cast.incident))
    worker = start_worker(queues="mail", concurrency=1)
    sink.dawdle("RCPT", seconds=0.01)
    bells.ring_for_mail()
    assert processes.wait_until(lambda: len(sink.mails) >= 20, seconds=20)
    worker.kill()
    sent_before = len(sink.mails)
    assert sent_before < Delivery.objects.count()
    Delivery.objects.filter(state="SENDING").update(next_attempt_at=timezone.now())  # two minutes later
    start_worker(queues="mail", concurrency=1)
    bells.ring_for_mail()
    assert processes.wait_until(all_accepted, seconds=30)
    owed = set(Delivery.objects.values_list("notice__message_id", "address"))
    assert names(sink).keys() == owed
    assert sum(names(sink).values()) - len(owed) <= 1, "at most one mail twice, under the same Message-ID"
    call_command("balance")


def test_accepted_and_killed_before_it_was_written_down(cast, dispatch, drain, sink, monkeypatch):
    """The worst moment: the 250 was heard and never stored. The mail comes once more, under the same Message-ID."""
    from notifications.sending import outbox

    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "settle", die)
        with pytest.raises(Killed):
            drain()
    assert len(sink.mails) == 1
    assert Delivery.objects.filter(state="SENDING").count() == 3, "its part of the queue"
    Delivery.objects.update(next_attempt_at=timezone.now())
    drain()
    assert all_accepted()
    assert sorted(names(sink).values()) == [1, 1, 1, 1, 2]
    call_command("balance")


def test_from_button_to_sink_through_real_workers(cast, start_worker, sink):
    """The bell wakes the worker that writes, and it rings for the one that sends."""
    start_worker(queues="celery,mail", concurrency=1)
    dispatch = request(cast.incident)
    assert processes.wait_until(lambda: len(sink.mails) == 5 and all_accepted(), seconds=20)
    dispatch.refresh_from_db()
    assert dispatch.written == 3
