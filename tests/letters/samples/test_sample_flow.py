"""The made-up flow: the same for the same seed, awkward as real ones are, and a fault touches its own letters only."""

import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command

from letters.models import LetterDispatch, Receipt
from letters.samples.flow_traffic import (
    BAD_DOMAIN,
    CHANNELS,
    FAILED,
    FINAL,
    HOURLY,
    NIGHT,
    PRINT,
    QUICK,
    UNKNOWN_STATUSES,
)
from letters.samples.sample_flow import FAULTS, NEW_ERROR, make_flow
from sepo_incident.core import calendar
from sepo_incident.core.danish import COPENHAGEN, local_date

SMALL = {"seed": 5, "first": date(2019, 12, 5), "days": 7, "letters_a_day": 300}
START = datetime(2019, 12, 9, 7, tzinfo=COPENHAGEN)


def moment(text):
    return datetime.fromisoformat(text)


def status_of(receipt):
    return receipt.get("code") or receipt["status"]


def finals_of(flow):
    """Return {message_uuid: its final receipts}, the first first."""
    found = defaultdict(list)
    for one in flow.receipts:
        if status_of(one) in FINAL:
            found[one["message_uuid"]].append(one)
    return found


def share_waiting(flow, channel, hours, finals, domain=""):
    """Return the share of the channel's letters whose final receipt is not made so long after sending.

    By the mail system's clock, because the figures are of days on which no receipt is held.
    """
    letters = [one for one in handed_over(flow, channel) if one["recipient"].endswith(domain)]
    limit = timedelta(hours=hours)
    waiting = [
        one
        for one in letters
        if not (got := finals.get(one["message_uuid"])) or moment(got[0]["at"]) - moment(one["sent_at"]) > limit
    ]
    return len(waiting) / len(letters)


def handed_over(flow, channel):
    return [one for one in flow.dispatches if one["channel"] == channel and one["stage"] == "handed_over"]


def rows_of(flow):
    """Return {message_uuid: all its rows}."""
    found = defaultdict(list)
    for one in flow.dispatches + flow.receipts:
        found[one["message_uuid"]].append(one)
    return found


@pytest.fixture(scope="module")
def quiet():
    return make_flow(**SMALL)


@pytest.fixture(scope="module")
def month():
    return make_flow(2, date(2019, 10, 28), 28, 1200)


def test_same_seed_same_flow(quiet):
    assert make_flow(**SMALL) == quiet
    assert not set(rows_of(make_flow(**SMALL | {"seed": 6}))) & set(rows_of(quiet))


def test_rows_come_in_the_order_in_which_they_are_known(quiet):
    known = [moment(one["known_at"]) for one in quiet.dispatches]
    received = [moment(one["received_at"]) for one in quiet.receipts]
    assert known == sorted(known)
    assert received == sorted(received)


def test_letters_of_the_quick_channel_wait_as_long_as_real_ones(month):
    finals = finals_of(month)
    shares = [share_waiting(month, QUICK, hours, finals) for hours in (1, 4, 24, 2000)]
    assert shares[0] == pytest.approx(0.03, abs=0.01)
    assert shares[1] == pytest.approx(0.014, abs=0.005)
    assert shares[2] == pytest.approx(0.004, abs=0.002)
    assert 0.001 < shares[3] < 0.005
    assert share_waiting(month, QUICK, 4, finals, BAD_DOMAIN) > 4 * shares[1]


def test_a_month_is_awkward(month):
    letters = {one["message_uuid"]: one for one in month.dispatches if one["stage"] == "handed_over"}
    known = {uuid: moment(one["known_at"]) for uuid, one in letters.items()}
    statuses = Counter(map(status_of, month.receipts))
    finals = finals_of(month)
    assert {one["channel"] for one in month.dispatches} == set(CHANNELS)
    assert any(moment(one["received_at"]) < known[one["message_uuid"]] for one in month.receipts)
    assert any(moment(one["sent_at"]) > known[uuid] + timedelta(minutes=3) for uuid, one in letters.items())
    assert all(moment(one["at"]) < moment(one["received_at"]) - timedelta(minutes=1) for one in month.receipts)
    assert all(statuses[one] for one in UNKNOWN_STATUSES)
    assert any([status_of(one) for one in got[:2]][:1] == [FAILED] and len(got) > 1 for got in finals.values())
    assert any(len(got) > 1 and len({one["at"] for one in got}) == 1 for got in finals.values())
    assert 0.002 < statuses[FAILED] / len(letters) < 0.006
    assert all(calendar.is_working_day(local_date(moment(one["received_at"]).astimezone(COPENHAGEN)))
               for one in month.receipts if one["channel"] == PRINT)  # fmt: skip
    assert any(not one["subject"] for one in letters.values())
    assert any(one["subject"].startswith("SV: ") for one in letters.values())


def test_units_are_of_very_different_size(month):
    sizes = Counter(one["unit"] for one in month.dispatches if one["channel"] == QUICK).most_common()
    assert 340 < len(sizes) <= 382
    assert sizes[0][1] > 30 * sizes[len(sizes) // 2][1]


def test_night_jobs_and_days_off(month):
    by_day = defaultdict(Counter)
    for channel in (QUICK, NIGHT):
        for one in handed_over(month, channel):
            by_day[channel][moment(one["sent_at"]).date(), moment(one["sent_at"]).hour < 3] += 1
    tuesday, saturday = date(2019, 11, 5), date(2019, 11, 9)
    assert by_day[NIGHT][tuesday, True] > 400
    assert by_day[QUICK][saturday, False] < by_day[QUICK][tuesday, False] / 15


def test_christmas_is_a_lull():
    flow = make_flow(5, date(2019, 12, 16), 14, 300)
    by_day = Counter(moment(one["sent_at"]).date() for one in handed_over(flow, QUICK))
    assert by_day[date(2019, 12, 23)] < by_day[date(2019, 12, 16)] / 5


def test_some_letters_are_approved_first(quiet):
    stages = defaultdict(set)
    for one in quiet.dispatches:
        stages[one["channel"]].add(one["stage"])
    assert {channel for channel, found in stages.items() if "approved" in found} == {HOURLY}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_changes_only_its_letters(quiet, name):
    flow = make_flow(**SMALL, faults=[FAULTS[name].starting(START)])
    [fault], before, after = flow.faults, rows_of(quiet), rows_of(flow)
    changed = {uuid for uuid in before | after if before.get(uuid) != after.get(uuid)}
    assert changed
    for uuid in changed:
        first_row, last_row = before[uuid][0], [row for row in before[uuid] if "stage" in row][-1]
        assert first_row["channel"] == fault.channel
        assert moment((first_row if fault.effect == "unsent" else last_row)["sent_at"]) >= START
        assert is_in_slice(fault, first_row)
    # A letter that would never have got a final receipt is lost too, and nobody can tell.
    finals_before, finals = finals_of(quiet), finals_of(flow)
    assert {uuid for uuid in flow.lost if finals_before.get(uuid)} <= changed <= set(flow.lost or changed)
    assert bool(flow.lost) == (fault.effect in ("lose", "unsent"))
    assert not any(finals.get(uuid) for uuid in flow.lost)
    rows = [row for uuid in flow.lost or changed for row in before[uuid] if "stage" in row]
    stage = "approved" if fault.effect == "unsent" else "handed_over"
    assert flow.first_hit[name] == min(row["known_at"] for row in rows if row["stage"] == stage)


def is_in_slice(fault, letter):
    match fault.slice_kind:
        case "unit":
            return letter["unit"] == fault.slice
        case "family":
            return fault.slice in letter["subject"]
        case "domain":
            return letter["recipient"].endswith(fault.slice)
        case "size":
            return letter["size"] > 10_000_000
    return True


@pytest.mark.parametrize(
    ("name", "share"), [("case", 0.094), ("stop", 1), ("leak", 0.01), ("ramp", 0.027), ("hourly_partial", 0.1)]
)
def test_a_fault_loses_its_share(name, share):
    flow = make_flow(**SMALL | {"letters_a_day": 1000}, faults=[FAULTS[name].starting(START)])
    hit = [one for one in handed_over(flow, FAULTS[name].channel) if moment(one["known_at"]) > START]
    assert len(flow.lost) / len(hit) == pytest.approx(share, rel=0.3)


def test_lost_letters_of_the_case_are_received_by_the_mail_system():
    flow = make_flow(**SMALL, faults=[FAULTS["case"].starting(START)])
    received = {one["message_uuid"] for one in flow.receipts}
    assert len(received & set(flow.lost)) > 0.95 * len(flow.lost)


def test_slow_refused_and_gone(quiet):
    slow, refused, dead, drop = (
        make_flow(**SMALL, faults=[FAULTS[name].starting(START)])
        for name in ("slow", "refused", "dead_feed", "drop_unit")
    )
    assert len(slow.receipts) == len(quiet.receipts)
    assert max(one["received_at"] for one in slow.receipts) > max(one["received_at"] for one in quiet.receipts)
    new = sum(one.get("error") == NEW_ERROR for one in refused.receipts)
    assert new / len([one for one in handed_over(quiet, QUICK) if moment(one["known_at"]) > START]) == pytest.approx(
        0.1, abs=0.03
    )
    assert not [one for one in handed_over(dead, QUICK) if moment(one["known_at"]) > START + timedelta(hours=2)]
    assert drop.faults[0].slice in {one["unit"] for one in drop.dispatches}


@pytest.mark.django_db
def test_a_day_is_taken_in(tmp_path):
    call_command(
        *("make_flow", "--seed", "3", "--first", "2019-12-09", "--days", "1", "--letters", "150"),
        *("--fault", "case", "--from", "2019-12-09T07:00", str(tmp_path)),
        verbosity=0,
    )
    call_command("take_in", dispatches=tmp_path / "dispatches.jsonl", receipts=tmp_path / "receipts.jsonl")
    truth = json.loads((tmp_path / "truth.json").read_text())
    never = {
        str(one) for one in LetterDispatch.objects.filter(outcome__final_at=None).values_list("source_id", flat=True)
    }
    assert truth["lost"].keys() <= never
    assert len(truth["lost"]) >= 10
    assert truth["expected"][0]["kind"] == "partial"
    assert LetterDispatch.objects.count() > 200
    assert Receipt.objects.filter(dispatch=None).count() == 0
