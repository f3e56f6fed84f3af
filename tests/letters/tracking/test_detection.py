"""The search for missing letters, on a made-up municipality's flow with one fault at a time."""

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from io import StringIO
from itertools import batched
from operator import itemgetter

import pytest
from django.core.management import call_command
from django.db import transaction

from letters.models import (
    Channel,
    DispatchOutcome,
    FlowCount,
    LateLetter,
    Leg,
    LegSlice,
    LetterDispatch,
    SilenceAlarm,
    SilenceSign,
    WaitingShare,
)
from letters.samples.sample_flow import FAULTS, make_flow
from letters.tracking import recount
from letters.tracking.silence import legs
from letters.tracking.silence.alarms import close_alarm
from letters.tracking.silence.detection import detect, dropped, slow
from letters.tracking.silence.learning import fewest_surprising, surprise
from letters.tracking.silence.open_alarms import as_json, listed_letters
from letters.tracking.take_in import take_in_dispatches, take_in_receipts
from sepo_incident.core import database
from sepo_incident.core.danish import COPENHAGEN
from sepo_incident.core.sql_files import read_sql
from tests.factories import UserFactory

FIRST, DAYS, SEED, LETTERS = date(2019, 11, 4), 28, 5, 1000
#: Monday at 07:00 in Copenhagen, after four weeks.
MONDAY = datetime(2019, 12, 2, 6, tzinfo=UTC)

#: One worker makes the four weeks.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("silence")]


@pytest.fixture(scope="module")
def four_weeks(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Four weeks of letters and receipts, counted and learnt from, until Monday morning."""
    with django_db_blocker.unblock(), transaction.atomic():
        take_in(flow_with(), datetime.min, MONDAY)
        detect(MONDAY)
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="class")
def after_copies(four_weeks) -> Iterator[datetime]:
    """The end of six hours in which letters to one domain get no receipts."""
    with transaction.atomic():
        yield play(flow_with("copies"), 6, minutes=60)
        transaction.set_rollback(True)


@pytest.fixture(scope="class")
def after_stop(four_weeks) -> Iterator[datetime]:
    """The end of ten hours in which a whole channel gets no receipts."""
    with transaction.atomic():
        yield play(flow_with("stop"), 10, minutes=60)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def savepoint(four_weeks, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def take_in(flow, since: datetime, until: datetime) -> None:
    """Take in what became known after `since` and until `until`."""
    kinds = ((flow.dispatches, "known_at", take_in_dispatches), (flow.receipts, "received_at", take_in_receipts))
    for rows, clock, take in kinds:
        first, end = (bisect_right(rows, at.isoformat(), key=itemgetter(clock)) for at in (since, until))
        for batch in batched(rows[first:end], 5000):
            take(batch, until)


def play(flow, hours: float, minutes: int = 15, since: datetime = MONDAY) -> datetime:
    """Take in and look for missing letters every quarter of an hour. Return the last time."""
    at = since
    while at < since + timedelta(hours=hours):
        take_in(flow, at, at + timedelta(minutes=minutes))
        at += timedelta(minutes=minutes)
        detect(at)
    return at


@cache
def flow_with(*faults: str):
    return make_flow(SEED, FIRST, DAYS + 2, LETTERS, [FAULTS[name].starting(MONDAY) for name in faults])


def the_sign() -> SilenceSign:
    return SilenceSign.objects.select_related("alarm__channel", "leg").get()


def the_sign_of_open_alarm() -> SilenceSign:
    return SilenceSign.objects.get(alarm__closed_at=None)


def test_quiet_day_raises_no_alarm():
    play(flow_with(), 16, minutes=60)
    assert not SilenceAlarm.objects.exists()
    assert not listed_letters().exists()


def test_flow_counts_each_letter_once_in_each_slice():
    for channel in Channel.objects.all():
        counted = FlowCount.objects.filter(
            slice__leg__channel=channel, slice__leg__kind="receipt", slice__kind="channel"
        )
        sent = LetterDispatch.objects.filter(channel=channel, sent_at__isnull=False).count()
        assert sum(counted.values_list("letters", flat=True)) == sent > 0


def test_recount_finds_a_wrong_count_and_a_dispatch_that_its_receipts_contradict():
    assert (recount.count_wrong_outcomes(), recount.count_wrong_flow_counts()) == (0, 0)
    flow = FlowCount.objects.filter(slice__kind="channel").order_by("pk")
    FlowCount.objects.filter(pk=flow[0].pk).update(letters=1000)
    flow[1].delete()
    DispatchOutcome.objects.filter(pk=DispatchOutcome.objects.filter(is_delivered=True)[0].pk).update(
        is_delivered=False
    )
    assert (recount.count_wrong_outcomes(), recount.count_wrong_flow_counts()) == (1, 2)


def test_case_is_found_before_noon_and_its_letters_are_listed_the_next_day():
    flow = flow_with("case")
    play(flow, 5, minutes=30)
    sign = the_sign()
    assert (sign.kind, sign.alarm.channel.name, sign.slice_kind) == ("partial", "SEPO", "channel")
    assert abs(sign.since - MONDAY) < timedelta(hours=2)
    assert sign.expected < sign.alarm_from <= sign.missing
    end = play(flow, 19, minutes=120, since=MONDAY + timedelta(hours=5))
    listed = set(listed_letters().values_list("message_uuid", flat=True))
    known = {
        one["message_uuid"] for one in flow.dispatches if one["known_at"] <= (end - timedelta(hours=8)).isoformat()
    }
    old = set(flow.lost) & known
    assert len(listed & old) > 0.9 * len(old)
    assert len(listed & set(flow.lost)) > 0.85 * len(listed)


@pytest.mark.parametrize(
    ("fault", "hours", "kind", "leg", "slice_kind"),
    [
        ("refused", 1, "refused", "receipt", "code"),
        ("stop", 1.5, "stop", "receipt", "channel"),
        ("dead_feed", 4, "dead_feed", "receipt", "channel"),
    ],
)
def test_fault_is_found_with_what_its_letters_have_in_common(fault, hours, kind, leg, slice_kind):
    play(flow_with(fault), hours, minutes=30)
    sign = the_sign()
    assert (sign.kind, sign.leg.kind, sign.slice_kind) == (kind, leg, slice_kind)


def close_as_a_person() -> SilenceAlarm:
    alarm = SilenceAlarm.objects.get(closed_at=None)
    close_alarm(alarm, UserFactory(), "Leverandøren finder brevene i morgen", is_false=False)
    return alarm


def test_alarm_that_is_closed_before_its_letters_are_listed_stays_closed():
    end = play(flow_with("case"), 2.25, minutes=45)
    assert not listed_letters().exists()
    closed = close_as_a_person()
    play(flow_with("case"), 0.25, since=end)
    assert the_sign().alarm == closed


def test_refused_letters_of_a_closed_alarm_raise_no_new_one():
    end = play(flow_with("refused"), 1, minutes=30)
    closed = close_as_a_person()
    detect(end + timedelta(minutes=5))
    assert the_sign().alarm == closed
    play(flow_with("refused"), 1, minutes=30, since=end)
    assert SilenceAlarm.objects.exclude(pk=closed.pk).get().closed_at is None


def test_dead_feed_that_a_person_has_closed_raises_no_new_alarm():
    end = play(flow_with("dead_feed"), 4, minutes=120)
    closed = close_as_a_person()
    detect(end + timedelta(minutes=5))
    assert (the_sign().kind, the_sign().alarm) == ("dead_feed", closed)


def test_job_that_is_left_out_for_a_night_is_no_dead_feed():
    night = [(MONDAY + timedelta(hours=hours)).isoformat() for hours in (17, 20)]
    dispatches = [
        row
        for row in flow_with().dispatches
        if row["channel"] != "Masseforsendelse" or not night[0] < row["known_at"] < night[1]
    ]
    assert len(flow_with().dispatches) - len(dispatches) > 200
    play(replace(flow_with(), dispatches=dispatches), 26, minutes=60)
    assert not SilenceSign.objects.filter(kind="dead_feed").exists()


class TestCopies:
    def test_letters_of_a_closed_alarm_raise_no_new_one(self, after_copies):
        closed = close_as_a_person()
        detect(after_copies + timedelta(minutes=5))
        assert the_sign().alarm == closed
        play(flow_with("copies"), 4, minutes=60, since=after_copies)
        new = the_sign_of_open_alarm()
        assert (new.kind, new.slice_kind) == ("partial", "domain")
        assert new.since > MONDAY + timedelta(hours=2), "the start of the letters that are new"

    def test_sign_names_what_the_letters_have_in_common(self, after_copies):
        sign = the_sign()
        assert (sign.kind, sign.leg.kind, sign.slice_kind) == ("partial", "receipt", "domain")

    def test_open_alarm_stays_when_nothing_new_shows(self, after_copies):
        alarm = SilenceAlarm.objects.get()
        detect(after_copies + timedelta(days=2))
        assert SilenceAlarm.objects.get(closed_at=None, channel=alarm.channel) == alarm

    def test_search_twice_at_the_same_time_says_the_same(self, after_copies):
        before = as_json()
        detect(after_copies)
        assert as_json() == before

    def test_command_writes_alarms_and_letters_as_json(self, after_copies):
        out = StringIO()
        call_command("detect", at=after_copies, json=True, stdout=out)
        said = json.loads(out.getvalue().splitlines()[-1])
        [alarm] = said["alarms"]
        assert alarm["kind"] == "partial"
        assert alarm["slice"] == {"kind": "domain", "value": "kopi.example"}
        assert (alarm["channel"], alarm["leg"]) == ("SEPO", "handed_over → receipt")
        assert set(said["listed"]) == set(listed_letters().values_list("message_uuid", flat=True))

    def test_learning_leaves_out_the_letters_of_an_alarm(self, after_copies):
        leg = Leg.objects.get(channel__name="SEPO", kind="receipt")
        listed = list(listed_letters().values_list("pk", flat=True))
        detect(MONDAY + timedelta(days=8))
        assert Leg.objects.get(pk=leg.pk).learned_until > leg.learned_until
        assert len(listed) > 5
        assert not LateLetter.objects.filter(dispatch__in=listed).exists()


class TestStop:
    def test_letters_of_a_closed_alarm_raise_no_new_one(self, after_stop):
        closed = close_as_a_person()
        detect(after_stop + timedelta(minutes=5))
        assert the_sign().alarm == closed
        play(flow_with("stop"), 6, minutes=60, since=after_stop)
        assert the_sign_of_open_alarm().kind == "stop"

    def test_stop_lists_the_letters_that_wait(self, after_stop):
        sign = the_sign()
        assert (sign.kind, sign.alarm.channel.name) == ("stop", "SEPO")
        listed = set(listed_letters().values_list("message_uuid", flat=True))
        assert len(listed) > 100
        assert listed <= set(flow_with("stop").lost)

    def test_late_receipts_take_letters_off_and_close_the_alarm(self, after_stop):
        letters = LetterDispatch.objects.filter(outcome__final_at=None, channel__name="SEPO").values_list(
            "message_uuid", flat=True
        )
        late = after_stop + timedelta(minutes=10)
        said = [{"message_uuid": one, "status": "COMPLETED", "received_at": late.isoformat()} for one in letters]
        take_in_receipts(said, late)
        detect(late + timedelta(minutes=5))
        assert not listed_letters().exists()
        assert SilenceAlarm.objects.get().closed_at == late + timedelta(minutes=5)


def test_share_of_a_unit_is_its_part_of_the_letters_of_the_leg():
    shares = LegSlice.objects.filter(leg__channel__name="SEPO", leg__kind="receipt", kind="unit", share__gt=0)
    letters = LetterDispatch.objects.filter(channel__name="SEPO", sent_at__isnull=False)
    largest = shares.order_by("-share").first()
    of_unit = letters.filter(unit=largest.value).count() / letters.count()
    assert largest.share == pytest.approx(of_unit, rel=0.1), "the last letters are not learnt from yet"
    assert 0.5 < sum(shares.values_list("share", flat=True)) <= 1


def test_unit_whose_letters_are_not_made_any_more_is_missed():
    units = LegSlice.objects.filter(leg__channel__name="SEPO", leg__kind="receipt", kind="unit", share__gt=0)
    unit = units.order_by("-share").first()
    assert list(dropped(MONDAY)) == []
    buckets = FlowCount.objects.filter(slice__leg=unit.leg, slice__kind="channel").order_by("bucket")
    LegSlice.objects.filter(pk=unit.pk).update(last_bucket=buckets.values_list("bucket", flat=True).first())
    [sign] = dropped(MONDAY)
    assert (sign.leg, sign.kind, sign.slice) == (unit.leg_id, "drop", ("unit", unit.value))
    assert sign.missing > 16


@pytest.mark.parametrize(
    ("slow_at", "quick_steps", "found"),
    [((1, 6), 10, 0), ((36, 41), 0, 0), ((1, 61, 91), 2, 0), (range(1, 50, 6), 1, 1)],
    ids=["held letters among quick ones", "held letters alone", "letters of three holds", "slow letters"],
)
def test_letters_that_come_after_a_hold_are_not_slow(slow_at, quick_steps, found):
    leg, noon = Leg.objects.get(channel__name="SEPO", kind="receipt"), datetime(2019, 12, 4, 11, tzinfo=UTC)
    late = [(minutes, 40, 120) for minutes in slow_at]
    for minutes, letters, delay in late + [(5 * step, 2, 4) for step in range(3, 3 + quick_steps)]:
        at = noon - timedelta(minutes=minutes)
        sent = (at - timedelta(minutes=delay)).isoformat()
        ids = [{"id": one, "message_uuid": one} for one in (f"{minutes}-{number}" for number in range(letters))]
        take_in_dispatches([one | {"channel": "SEPO", "sent_at": sent, "known_at": sent} for one in ids], at)
        take_in_receipts([one | {"status": "COMPLETED", "received_at": at.isoformat()} for one in ids], at)
    paces = [(leg.pk, 1.0, [40, 40], [20.0, 20.0], None)]
    assert len(list(slow(Leg.Kind.RECEIPT, paces, noon))) == found


@pytest.mark.parametrize(
    ("grace", "first", "hours"),
    [(40, datetime(2019, 12, 20, 14), 18), (40, datetime(2019, 12, 21, 18), 8), (0.3, datetime(2019, 12, 20, 14), 66)],
    ids=["from Friday", "from Saturday", "a quick leg"],
)
def test_printed_letters_wait_on_working_days_only(grace, first, hours):
    """Until Monday at 08:00, Danish time; the Friday's last ten hours of a print channel count, the weekend not."""
    wait = read_sql(legs.__file__, "working_wait.sql", end="step.at")
    times = "(SELECT %(first)s::timestamptz AS first_at) AS behind, (SELECT %(until)s::timestamptz AS at) AS step"
    values = {"first": first.replace(tzinfo=COPENHAGEN), "until": datetime(2019, 12, 23, 8, tzinfo=COPENHAGEN)}
    values |= {"grace": timedelta(hours=grace), "slow_leg": legs.SLOW_LEG, "days_off": [date(2019, 12, 24)]}
    leg = "(SELECT %(grace)s::interval AS grace) AS leg"
    [(told,)] = database.fetch_all(f"SELECT {wait} FROM {leg}, {times}", values)  # noqa: S608 - no text of others
    assert told == timedelta(hours=hours)


def test_letter_from_the_future_does_not_move_the_frontier():
    ahead = MONDAY + timedelta(hours=5)
    rows = [
        {
            "id": f"f{n}",
            "message_uuid": f"f{n}",
            "channel": "SEPO",
            "sent_at": ahead.isoformat(),
            "known_at": MONDAY.isoformat(),
        }
        for n in range(30)
    ]
    take_in_dispatches(rows, MONDAY)
    buckets = LetterDispatch.objects.filter(source_id__startswith="f", size=None).values_list("sent_bucket", flat=True)
    assert set(buckets) == {int(MONDAY.timestamp() // 300)}


def test_surprise_is_nought_until_more_are_missing_than_expected():
    assert surprise(3, 4) == 0
    assert surprise(8, 0.5) > surprise(8, 2) > surprise(8, 4) > 0


def test_flow_that_nothing_is_learnt_from_is_deleted_and_the_letters_stay():
    letters = LetterDispatch.objects.count()
    detect(MONDAY + timedelta(days=40))
    assert FlowCount.objects.exists()
    assert FlowCount.objects.earliest("bucket").bucket >= (MONDAY + timedelta(days=40 - 7 - 36)).timestamp() // 300
    assert LetterDispatch.objects.count() == letters


def test_channel_with_few_letters_does_not_ask_for_learning_at_each_search():
    row = {
        "id": "a",
        "message_uuid": "a",
        "channel": "Ny",
        "sent_at": MONDAY.isoformat(),
        "known_at": MONDAY.isoformat(),
    }
    take_in_dispatches([row], MONDAY)
    detect(MONDAY + timedelta(minutes=5))
    before = set(WaitingShare.objects.values_list("pk", flat=True))
    detect(MONDAY + timedelta(minutes=10))
    assert Leg.objects.get(channel__name="Ny").learned_until is None
    assert set(WaitingShare.objects.values_list("pk", flat=True)) == before


def test_fewest_surprising_is_the_first_number_over_the_threshold():
    fewest = fewest_surprising(4, 10)
    assert surprise(fewest - 1, 4) <= 10 < surprise(fewest, 4)
