"""The nights when summer time ends and begins: a time without a zone is read once, in the same way each time."""

from datetime import UTC, datetime, timedelta

import pytest

from letters.models import FlowCount, LetterDispatch, Receipt
from letters.tracking import recount
from letters.tracking.silence.detection import detect
from letters.tracking.silence.legs import bucket_of
from letters.tracking.take_in import take_in_dispatches, take_in_receipts

pytestmark = pytest.mark.django_db
#: Midnight of a night, and the zone in which Copenhagen's clock shows two o'clock the first time, or would have.
AUTUMN, SPRING = (datetime(2019, 10, 27), "+02:00"), (datetime(2020, 3, 29), "+01:00")
EVERY_FIVE_MINUTES = [timedelta(minutes=number) for number in range(0, 300, 5)]


def dispatch(name, at):
    return {"id": name, "message_uuid": name, "channel": "SEPO", "sent_at": at, "known_at": at}


def receipt(name, at):
    return {"message_uuid": name, "status": "Afleveret Digital Post", "at": at, "received_at": at}


@pytest.mark.parametrize(("midnight", "zone", "buckets"), [(*AUTUMN, 60), (*SPRING, 48)])
def test_times_without_a_zone_count_once(midnight, zone, buckets):
    """In spring the clock of the source shows an hour that does not exist: it is the hour after."""
    times = [(midnight + later).isoformat() for later in EVERY_FIVE_MINUTES]
    night_is_over = datetime(midnight.year, midnight.month, midnight.day, 6, tzinfo=UTC)
    for is_new in (True, False):
        for take_in, row in ((take_in_dispatches, dispatch), (take_in_receipts, receipt)):
            taken = take_in([row(at, at) for at in times], night_is_over)
            assert (taken.new, taken.known) == ((60, 0) if is_new else (0, 60))
        detect(night_is_over)
    at_two = [at for at in times if "T02:" in at]
    assert take_in_receipts([receipt(at, at + zone) for at in at_two], night_is_over).new == 0
    sent = dict(LetterDispatch.objects.values_list("source_id", "sent_at"))
    assert all(sent[at] == datetime.fromisoformat(at + zone) for at in at_two)
    assert len(set(map(bucket_of, sent.values()))) == buckets
    counted = FlowCount.objects.filter(slice__kind="channel").values_list("letters", flat=True)
    assert (len(counted), sum(counted)) == (buckets, 60)
    assert (recount.count_wrong_outcomes(), recount.count_wrong_flow_counts()) == (0, 0)


def test_the_doubled_hour_is_two_hours_where_the_zone_is_told():
    midnight, _ = AUTUMN
    times = [midnight + later for later in EVERY_FIVE_MINUTES[24:36]]
    rows = [at.isoformat() + zone for zone in ("+02:00", "+01:00") for at in times]
    take_in_dispatches([dispatch("one letter", at) for at in rows[:1]], datetime.now(UTC))
    first = receipt("one letter", rows[0]), receipt("one letter", rows[12])
    take_in_receipts(first * 2, datetime.now(UTC))
    assert Receipt.objects.count() == 2
    take_in_dispatches([dispatch(at, at) for at in rows], datetime.now(UTC))
    buckets = LetterDispatch.objects.exclude(source_id="one letter").values_list("sent_bucket", flat=True)
    assert sorted(buckets) == list(range(min(buckets), min(buckets) + 24))
