"""Others' rules on a flow of some letters, whose alarms can be counted by hand."""

from datetime import UTC, datetime, timedelta

from benchmarks.silence_peers import burn_rate, first_after, share_after_24_hours, unacknowledged, waited_72_hours
from letters.samples.flow_traffic import DELIVERED, RECEIVED
from letters.samples.sample_flow import Flow

START = datetime(2019, 12, 9, 7, tzinfo=UTC)


def make_letters(count, lost, minutes=1):
    """Return a flow with a letter every minute, delivered `minutes` later unless its number is lost."""
    flow = Flow()
    for number in range(count):
        sent = START + timedelta(minutes=number)
        uuid = f"letter {number}"
        flow.dispatches.append(
            {"message_uuid": uuid, "channel": "SEPO", "stage": "handed_over", "known_at": sent.isoformat()}
        )
        code, at = RECEIVED if number in lost else DELIVERED, sent + timedelta(minutes=minutes)
        flow.receipts.append({"message_uuid": uuid, "channel": "SEPO", "code": code, "received_at": at.isoformat()})
    return flow


def test_a_letter_that_waits_alarms_once_at_its_deadline():
    flow = make_letters(100, lost={42})
    assert unacknowledged(flow, "SEPO") == [START + timedelta(minutes=75)]
    assert waited_72_hours(flow, "SEPO") == [START + timedelta(hours=72, minutes=45)]
    assert unacknowledged(flow, "another channel") == []


def test_a_late_receipt_is_bad_until_its_deadline_only():
    assert unacknowledged(make_letters(3, lost=(), minutes=29), "SEPO") == []
    assert len(unacknowledged(make_letters(2, lost=(), minutes=31), "SEPO")) == 2


def test_share_of_a_day():
    day = timedelta(hours=24)
    lost = {500, *range(1000, 1020)}
    alarms = share_after_24_hours(make_letters(2000, lost), "SEPO")
    # Eleven of the first 1.010 letters are lost: the tick after the eleventh.
    assert alarms[0] == START + day + timedelta(minutes=1010)
    assert share_after_24_hours(make_letters(2000, {500}), "SEPO") == []


def test_burn_rate_needs_both_windows():
    quiet_until = START + timedelta(minutes=1000)
    ordinary = set(range(0, 1000, 100))  # the budget is one percent
    deadline = timedelta(minutes=30)

    def alarms(*, lost):
        return burn_rate(make_letters(2000, ordinary | set(lost)), "SEPO", quiet_until, deadline)

    assert alarms(lost=[]) == []
    assert alarms(lost=range(1200, 1205)) == []
    [first, *_] = alarms(lost=range(1200, 1260))
    assert START + timedelta(minutes=1230) < first < START + timedelta(minutes=1245)
    one_in_ten = alarms(lost=range(1200, 2000, 10))
    assert one_in_ten[0] > START + timedelta(minutes=1400)


def test_first_alarm_after_a_moment():
    alarms = [START, START + timedelta(hours=1)]
    assert first_after(alarms, START) == START
    assert first_after(alarms, START + timedelta(seconds=1)) == alarms[1]
    assert first_after(alarms, START + timedelta(hours=2)) is None
