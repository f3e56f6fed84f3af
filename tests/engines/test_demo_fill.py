"""A demo some days on: everything that happened lies on its own day, and nothing in the time to come."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from followups.mine import worklist
from followups.models import Decision, Escalation, FollowUp
from letters.models import ImportBatch, Incident
from notifications import balance
from notifications.models import Attempt, Delivery, Dispatch, Kind
from sepo_incident.accounts.models import User
from sepo_incident.danish import day
from sepo_incident.demo import clock, fill, mailbox
from sepo_incident.demo.sink import Receiver, Sink
from tests.factories import at
from tests.fixtures_sink import server_at

pytestmark = pytest.mark.django_db
MONDAY, FRIDAY = date(2020, 1, 13), date(2020, 1, 10)


@pytest.fixture
def mails(settings, tmp_path, monkeypatch):
    """An empty mailbox that the filling process sends to, on a demo's machine."""
    settings.DEMO, settings.ALLOWED_HOSTS = True, settings.LOOPBACK
    monkeypatch.setattr(mailbox, "folder", lambda: tmp_path)
    sink = Sink(Receiver(mailbox.keep))
    sink.start()
    settings.MAIL = {**settings.MAIL, "servers": [server_at(sink.port)], "starttls": False}
    yield mailbox.entries
    sink.stop()


def test_two_working_days_on(mails):
    with time_machine.travel(at(2020, 1, 14, 12, 0)):
        fill.fill(letters=300, days=2)
    assert day(Incident.objects.get().created_at) == FRIDAY
    assert {day(one) for one in FollowUp.objects.values_list("opened_at", flat=True)} == {FRIDAY}
    decided = sorted(Decision.objects.values_list("at", flat=True))
    assert {day(moment) for moment in decided} == {FRIDAY, MONDAY, date(2020, 1, 14)}
    assert decided[0] >= at(2020, 1, 10, 9, 40)
    assert decided[-1] <= at(2020, 1, 14, 12, 0)
    assert len({moment.hour for moment in decided if day(moment) == FRIDAY}) >= 3, "spread over the day"
    assert day(Dispatch.objects.get(kind=Kind.FIRST_NOTICE).requested_at) == FRIDAY
    assert set(Delivery.objects.values_list("state", flat=True)) == {"ACCEPTED"}
    by_clock = Dispatch.objects.exclude(kind=Kind.FIRST_NOTICE)
    assert {(one.kind, one.step_on) for one in by_clock} >= {("REMINDER", MONDAY), ("LEADER_DIGEST", MONDAY)}
    assert {day(one) for one in Attempt.objects.values_list("started_at", flat=True)} >= {FRIDAY, MONDAY}
    assert len(mails()) == Delivery.objects.count()
    assert {day(mail.received_at) for mail in mails()} >= {FRIDAY, MONDAY}
    assert [day(one.created_at) for one in ImportBatch.objects.order_by("pk")] == [FRIDAY, date(2020, 1, 14)]
    assert all(one.agrees for one in balance.all_sums())


def test_working_days_leave_the_weekend_out():
    assert clock.working_days_ago(MONDAY, 1) == FRIDAY
    assert clock.working_days_ago(MONDAY, 0) == MONDAY
    assert clock.working_days(FRIDAY, MONDAY) == [FRIDAY, MONDAY]
    assert clock.working_days(date(2020, 1, 11), MONDAY) == [date(2020, 1, 11), MONDAY], "the first whatever day it is"


@pytest.mark.parametrize(("now", "closes"), [((8, 0), (9, 40)), ((12, 30), (12, 30)), ((18, 0), (15, 50))])
def test_todays_work_is_not_done_before_it_is_done(now, closes):
    with time_machine.travel(at(2020, 1, 13, *now)):
        assert clock.hours(MONDAY) == (at(2020, 1, 13, 9, 40), at(2020, 1, 13, *closes))


def test_the_clock_is_put_back_after_a_fault():
    def fail():
        with clock.movable() as moved:
            moved.move_to(at(2020, 1, 7, 9, 0))
            assert day(timezone.now()) == date(2020, 1, 7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert abs(timezone.now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_three_working_days_on_each_desk_has_something_to_show(mails):
    with time_machine.travel(at(2020, 1, 14, 12, 0)):
        fill.fill(letters=300, days=3)
        incident, karen = Incident.objects.get(), User.objects.get(name="Karen Bülow Møller")
        hers = worklist.of_sender(karen, incident, date(2020, 1, 14))
    assert hers.passed
    assert hers.near
    assert Escalation.objects.unresolved().filter(desk="HR").exists()
    decided = FollowUp.objects.exclude(status="OPEN").filter(due_on__isnull=False).select_related("letter")
    passed = [one for one in decided if one.due_on < day(one.decided_at)]
    assert passed
    assert all(one.deadline_missed and one.missed_on == one.due_on for one in passed)
