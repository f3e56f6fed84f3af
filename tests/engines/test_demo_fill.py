"""A demo some days on: every event lies on its own day, and none in the future."""

import os
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management.base import OutputWrapper
from django.utils import timezone

from followups.models import Arrival, Decision, Escalation, EscalationEntry, FollowUp, NoteVersion
from followups.my_letters import worklist
from letters.models import AdministrationPlan, BreachAssessment, BreachReport, ImportBatch, Incident
from letters.samples.sample_letters import SMALLEST_LIST_WITH_CAST
from letters.story import breach
from notifications.alarms import monitors, reconciliation
from notifications.models import Attempt, Delivery, Dispatch, Kind
from sepo_incident.accounts.models import Absence, User
from sepo_incident.core.danish import local_date
from sepo_incident.demo import mailbox, personas, sample_incident, simulation, story
from sepo_incident.demo.mailbox import SmtpReceiver, SmtpSink
from sepo_incident.demo.management.commands.fill_demo import ProgressLine
from tests.factories import at
from tests.fixtures_sink import server_at

pytestmark = pytest.mark.django_db
THURSDAY, FRIDAY, MONDAY, TODAY = (date(2020, 1, day) for day in (9, 10, 13, 14))


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


def test_three_day_demo_has_events_on_each_day_and_work_at_each_desk(demo_mails):
    with time_machine.travel(at(2020, 1, 14, 12, 0)):
        sample_incident.fill_database(letters=SMALLEST_LIST_WITH_CAST, days=3)
        incident, karen = Incident.objects.get(), User.objects.get(name="Karen Bülow Møller")
        hers = worklist.build_worklist(karen, incident, TODAY)
        now = timezone.now()
    assert local_date(incident.created_at) == THURSDAY
    assert incident.shows_public_figures
    assert {local_date(one) for one in FollowUp.objects.values_list("opened_at", flat=True)} == {THURSDAY}
    decided = sorted(Decision.objects.values_list("at", flat=True))
    assert {local_date(moment) for moment in decided} == {THURSDAY, FRIDAY, MONDAY, TODAY}
    assert decided[0] >= at(2020, 1, 9, 9, 40)
    assert decided[-1] <= now, "nothing lies in the future"
    assert len({moment.hour for moment in decided if local_date(moment) == FRIDAY}) >= 3, "spread over the day"
    assert local_date(Dispatch.objects.get(kind=Kind.FIRST_NOTICE).requested_at) == THURSDAY
    assert set(Delivery.objects.values_list("state", flat=True)) == {"ACCEPTED"}
    by_clock = Dispatch.objects.exclude(kind=Kind.FIRST_NOTICE)
    assert {(one.kind, one.step_on) for one in by_clock} >= {("REMINDER", MONDAY), ("LEADER_DIGEST", MONDAY)}
    assert {local_date(one) for one in Attempt.objects.values_list("started_at", flat=True)} >= {THURSDAY, MONDAY}
    assert len(demo_mails()) == Delivery.objects.count()
    assert {local_date(mail.received_at) for mail in demo_mails()} >= {THURSDAY, MONDAY}
    assert [local_date(one.created_at) for one in ImportBatch.objects.order_by("pk")] == [THURSDAY, TODAY]
    published = NoteVersion.objects.published()
    assert {local_date(one.taken_at) for one in published} == {FRIDAY, MONDAY}
    assert {one.previous for one in NoteVersion.objects.exclude(pk__in=published)} < set(published), "a draft follows"
    minutes = [one.replace(second=0, microsecond=0) for one in NoteVersion.objects.values_list("taken_at", flat=True)]
    assert len(set(minutes)) == len(minutes) == 3, "each note has a time of its own"
    assert not any("alle breve" in one.statement for one in AdministrationPlan.objects.all()), "many are undecided"
    assert all(one.agrees for one in reconciliation.all_sums())
    received = AdministrationPlan.objects.values_list("received_at", flat=True)
    assert {local_date(one) for one in received} <= {FRIDAY, MONDAY, TODAY}
    assert [local_date(one.at) for one in BreachAssessment.objects.all()] == [THURSDAY]
    assert local_date(BreachReport.objects.latest("aware_at").aware_at) == TODAY, "a second report, not assessed yet"

    check_acts_of_each_day(THURSDAY, {FRIDAY, MONDAY, TODAY})
    with time_machine.travel(at(2020, 1, 14, 15, 0)):
        assert monitors.find_silence(timezone.now()) is None
        assert monitors.find_stuck_queue(timezone.now()) is None
    assert hers.overdue
    assert hers.due_soon
    assert Escalation.objects.unresolved().filter(desk="HR").exists()
    late = FollowUp.objects.exclude(status="OPEN").filter(due_on__isnull=False).select_related("letter")
    passed = [one for one in late if one.due_on < local_date(one.decided_at)]
    assert passed
    assert all(one.deadline_missed and one.missed_on == one.due_on for one in passed)

    said: list[str] = []
    sample_incident.fill_database(letters=SMALLEST_LIST_WITH_CAST, say=lambda stage, share: said.append(stage))
    assert [words.partition(",")[0] for words in said] == ["Der er allerede prøvedata"]


def check_acts_of_each_day(first: date, later: set[date]) -> None:
    """Arrivals come after the first day, desks answer at all hours, and no meeting to come is told as held."""
    arrived = set(Arrival.objects.values_list("at", flat=True))
    assert {local_date(moment) for moment in arrived} <= later
    assert len({moment.hour for moment in arrived}) >= 3
    entries = EscalationEntry.objects.select_related("escalation__followup")
    assert len({entry.at.minute for entry in entries}) > 5
    for entry in entries.filter(text__startswith="Mødet er holdt"):
        if entry.kind == EscalationEntry.Kind.QUESTION:
            assert entry.escalation.followup.due_on < local_date(entry.at)
    receipts = FollowUp.objects.filter(no_dispatch_reason__startswith="Kvitteringen").select_related("letter")
    assert all("Kvittering" in one.letter.subject for one in receipts)
    sidsel, mads = (User.objects.get(name=name) for name in personas.DATA["away"])
    assert Absence.objects.stand_ins(first, [sidsel.pk])[sidsel.pk].user == mads.pk
    assert {one.status for one in FollowUp.objects.filter(letter__sender=sidsel)} == {FollowUp.Status.OPEN}
    assert FollowUp.objects.filter(letter__leader__name="Jens Ågård", status=FollowUp.Status.DONE).exists()


@pytest.mark.parametrize("day", range(13, 18))
def test_no_breach_clock_is_missed_whatever_the_weekday(cast, day):
    """A demo of four days that begins to run on each weekday, at noon."""
    today = date(2020, 1, day)
    days = simulation.list_working_days(simulation.working_days_ago(today, 4), today)
    with simulation.simulated_clock() as clock, time_machine.travel(at(2020, 1, day, 12, 0)):
        clock.move_to(at(days[0].year, days[0].month, days[0].day, 9, 5))
        story.tell_beginning(cast.incident, days[0], cast.mette)
        for number, one in enumerate(days):
            clock.move_to(simulation.working_hours(one)[1])
            story.tell_day(cast.incident, days, number, cast.mette, clock.move_to)
        open_clock, settled = breach.list_clocks(cast.incident, timezone.now())
    assert not open_clock.is_assessed
    assert not open_clock.is_overdue
    assert settled.assessments[0].at < settled.report.due_at


@pytest.mark.parametrize("is_terminal", [True, False])
def test_fill_tells_stage_and_share(is_terminal):
    """On a terminal one line changes; in a log each stage has a line."""
    ours, theirs = os.openpty() if is_terminal else os.pipe()
    with os.fdopen(theirs, "w") as output:
        tell = ProgressLine(OutputWrapper(output))
        for stage, share in (("Lægger ind", 0), ("Sender", 0.25), ("Sender", 0.5), ("Klar", 1)):
            tell(stage, share)
        shown = ""
        while "Klar" not in shown:
            shown += os.read(ours, 10_000).decode()
    os.close(ours)
    if is_terminal:
        assert [part.strip() for part in re.findall(r"\d+ % [^\r]+", shown)] == [
            "0 % Lægger ind", "25 % Sender", "50 % Sender", "100 % Klar",
        ]  # fmt: skip
        assert shown.count("\n") <= 1
    else:
        assert shown.splitlines() == ["  0 % Lægger ind …", " 25 % Sender …", "100 % Klar."]


def test_first_day_spreads_the_acts_until_now(demo_mails):
    with time_machine.travel(at(2020, 1, 14, 13, 0)):
        sample_incident.fill_database(letters=SMALLEST_LIST_WITH_CAST)
        now = timezone.now()
        assert not Delivery.objects.exclude(next_attempt_at__gte=now - timedelta(minutes=5)).exists()
    decided = sorted(Decision.objects.values_list("at", flat=True))
    assert at(2020, 1, 14, 9, 40) <= decided[0] < decided[-1] <= now
    assert len({moment.hour for moment in decided}) >= 3


def test_demo_before_working_hours_tells_nothing_of_later(demo_mails):
    with time_machine.travel(at(2020, 1, 14, 6, 0)):
        sample_incident.fill_database(letters=SMALLEST_LIST_WITH_CAST)
        assert all(moment <= timezone.now() for moment in Decision.objects.values_list("at", flat=True))


def test_working_days_leave_the_weekend_out():
    assert simulation.working_days_ago(MONDAY, 1) == FRIDAY
    assert simulation.working_days_ago(MONDAY, 0) == MONDAY
    assert simulation.list_working_days(FRIDAY, MONDAY) == [FRIDAY, MONDAY]
    assert simulation.list_working_days(date(2020, 1, 11), MONDAY) == [date(2020, 1, 11), MONDAY], (
        "the first whatever day it is"
    )


@pytest.mark.parametrize(("now", "closes"), [((8, 0), (9, 40)), ((12, 30), (12, 30)), ((18, 0), (15, 50))])
def test_working_hours_of_today_end_now(now, closes):
    with time_machine.travel(at(2020, 1, 13, *now)):
        assert simulation.working_hours(MONDAY) == (at(2020, 1, 13, 9, 40), at(2020, 1, 13, *closes))


def test_the_clock_is_put_back_after_a_fault():
    def fail():
        with simulation.simulated_clock() as moved:
            moved.move_to(at(2020, 1, 7, 9, 0))
            assert local_date(timezone.now()) == date(2020, 1, 7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert abs(timezone.now() - datetime.now(UTC)) < timedelta(seconds=1)
