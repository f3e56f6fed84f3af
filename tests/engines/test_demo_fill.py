"""The demo, four working days after the mails: every event lies on its own day, and none in the future."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from followups.models import Arrival, Decision, Escalation, FollowUp, NoteVersion
from followups.my_letters import worklist
from letters.models import AdministrationPlan, BreachAssessment, ImportBatch, Incident
from letters.samples.sample_letters import SMALLEST_LIST_WITH_CAST
from letters.story import breach
from letters.story.story_rows import read_story_rows
from notifications.alarms import monitors, reconciliation
from notifications.models import Delivery, Dispatch, Kind
from sepo_incident.accounts.models import Absence, User
from sepo_incident.core.danish import local_date
from sepo_incident.demo import DATA, mailbox, sample_incident, simulation
from sepo_incident.demo.mailbox import SmtpReceiver, SmtpSink
from tests.factories import at
from tests.fixtures_sink import server_at

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
WEDNESDAY, THURSDAY, FRIDAY, MONDAY, TODAY = days = [date(2020, 1, day) for day in (8, 9, 10, 13, 14)]


@pytest.fixture
def demo_mails(settings, tmp_path, monkeypatch):
    """An empty mailbox that the fill sends to, with the settings of a demo."""
    settings.DEMO, settings.ALLOWED_HOSTS = True, settings.LOOPBACK
    monkeypatch.setattr(mailbox, "folder", lambda: tmp_path)
    sink = SmtpSink(SmtpReceiver(mailbox.store_mail))
    sink.start()
    settings.MAIL = {**settings.MAIL, "servers": [server_at(sink.port)], "starttls": False}
    yield mailbox.list_mails
    sink.stop()


def test_demo_has_events_on_each_day_and_work_at_each_desk(demo_mails):
    with time_machine.travel(at(2020, 1, 14, 12, 0)):
        sample_incident.fill_database(SMALLEST_LIST_WITH_CAST, days=4)
        incident, karen = Incident.objects.get(), User.objects.get(name="Karen Bülow Møller")
        assert incident.status == Incident.Status.OPEN
        hers = worklist.build_worklist(karen, incident, TODAY)
        open_clock, settled = breach.clocks_of(read_story_rows(incident), timezone.now())
        now = timezone.now()
    decided = sorted(Decision.objects.values_list("at", flat=True))
    assert {local_date(moment) for moment in decided} == set(days)
    assert at(2020, 1, 8, 9, 40) <= decided[0] < decided[-1] <= now, "nothing lies in the future"
    assert local_date(Dispatch.objects.get(kind=Kind.FIRST_NOTICE).requested_at) == WEDNESDAY
    assert set(Delivery.objects.values_list("state", flat=True)) == {"ACCEPTED"}
    assert Dispatch.objects.filter(kind=Kind.LEADER_DIGEST).exists()
    assert len(demo_mails()) == Delivery.objects.count()
    assert {local_date(mail.received_at) for mail in demo_mails()} == {WEDNESDAY, TODAY}
    assert [local_date(one.created_at) for one in ImportBatch.objects.order_by("pk")] == [WEDNESDAY, TODAY]
    assert {local_date(one.taken_at) for one in NoteVersion.objects.published()} == {THURSDAY, FRIDAY}
    assert NoteVersion.objects.count() == 4
    assert all(one.agrees for one in reconciliation.all_sums())
    received = AdministrationPlan.objects.values_list("received_at", flat=True)
    assert {local_date(one) for one in received} <= {THURSDAY, FRIDAY, MONDAY}
    assert (open_clock.is_assessed, open_clock.is_overdue, settled.is_assessed) == (False, False, True)
    with time_machine.travel(at(2020, 1, 14, 15, 0)):
        assert monitors.find_silence(timezone.now()) is None
        assert monitors.find_stuck_queue(timezone.now()) is None
    assert (hers.total, bool(hers.overdue), bool(hers.due_soon)) == (14, True, True)
    assert {local_date(moment) for moment in Arrival.objects.values_list("at", flat=True)} <= set(days[1:])
    assert Arrival.objects.exists()
    assert Escalation.objects.unresolved().filter(desk="HR").exists()
    sidsel, mads = (User.objects.get(name=name) for name in DATA["away"])
    assert Absence.objects.stand_ins(WEDNESDAY, [sidsel.pk])[sidsel.pk].user == mads.pk
    assert {one.status for one in FollowUp.objects.filter(letter__sender=sidsel)} == {FollowUp.Status.OPEN}
    assert FollowUp.objects.filter(letter__leader__name="Jens Ågård", status=FollowUp.Status.DONE).exists()

    said: list[str] = []
    sample_incident.fill_database(SMALLEST_LIST_WITH_CAST, say=said.append)
    assert [words.partition(",")[0] for words in said] == ["Der er allerede prøvedata"]


def test_first_day_leaves_the_mails_to_the_workers(demo_mails):
    with time_machine.travel(at(2020, 1, 14, 13, 0)):
        sample_incident.fill_database(SMALLEST_LIST_WITH_CAST)
        now = timezone.now()
    assert not Delivery.objects.exclude(state="READY", next_attempt_at__gte=now - timedelta(minutes=5)).exists()
    decided = sorted(Decision.objects.values_list("at", flat=True))
    assert at(2020, 1, 14, 9, 40) <= decided[0] < decided[-1] <= now


def test_demo_before_working_hours_tells_nothing_of_later_and_misses_no_breach_clock(demo_mails):
    """On a Friday: the mails were sent on a Monday, and the breach was known the Friday before."""
    with time_machine.travel(at(2020, 1, 17, 6, 0)):
        sample_incident.fill_database(20, days=4)
        assert all(moment <= timezone.now() for moment in Decision.objects.values_list("at", flat=True))
    settled = BreachAssessment.objects.select_related("report").get()
    assert settled.at < settled.report.due_at


@pytest.mark.parametrize(("now", "closes"), [((12, 30), (12, 30)), ((18, 0), (15, 50))])
def test_working_hours_of_today_end_now(now, closes):
    with time_machine.travel(at(2020, 1, 13, *now)):
        assert simulation.working_hours(MONDAY) == (at(2020, 1, 13, 9, 40), at(2020, 1, 13, *closes))


def test_the_clock_is_put_back_after_a_fault():
    def fail():
        with simulation.SimulatedClock() as moved:
            moved.move_to(at(2020, 1, 7, 9, 0))
            assert local_date(timezone.now()) == date(2020, 1, 7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert abs(timezone.now() - datetime.now(UTC)) < timedelta(seconds=1)
