"""The replay of December 2019 tells how soon the case is found, with few letters here and long steps."""

from datetime import timedelta

import pytest

from letters.management.commands import replay_2019

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_replay_tells_when_the_case_is_found(monkeypatch):
    monkeypatch.setattr(replay_2019, "HISTORY", timedelta(days=7))
    monkeypatch.setattr(replay_2019, "STEP", timedelta(hours=3))
    run = replay_2019.replay_case(seed=3, letters=300)
    assert run["first_loss"].startswith("2019-12-09T06:")
    assert 0 < run["listed_correctly"] <= run["lost"]
    assert run["minutes_to_alarm"] > 0
    summary = replay_2019.summary([run | {"quiet_days": 1, "false_alarms": 0, "largest_quiet_surprise": 2.5}])
    assert summary["worst"] == summary["minutes_to_alarm"] == run["minutes_to_alarm"]
    assert summary["lost"] == run["lost"]
