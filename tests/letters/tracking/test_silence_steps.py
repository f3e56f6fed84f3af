"""The command that takes in what was known until a time, looks for missing letters, and goes on to the next time."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from letters.models import LetterDispatch, Receipt

pytestmark = pytest.mark.django_db
START = datetime(2019, 12, 9, 6, tzinfo=UTC)


def test_each_step_takes_in_what_was_known_then(tmp_path, monkeypatch):
    times = [(START + timedelta(minutes=number)).isoformat() for number in range(30)]
    dispatches = [{"id": at, "message_uuid": at, "channel": "SEPO", "sent_at": at, "known_at": at} for at in times]
    receipts = [{"message_uuid": at, "status": "COMPLETED", "received_at": at} for at in times[:20]]
    for name, rows in (("d", dispatches[::-1]), ("r", receipts[::-1])):
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
    known = []
    asked = io.StringIO(f"{times[9]}\n\n{times[29]}\n")
    monkeypatch.setattr("sys.stdin", asked)

    class Out(io.StringIO):
        def write(self, text: str) -> int:
            known.append((LetterDispatch.objects.count(), Receipt.objects.count()))
            return super().write(text)

    out = Out()
    call_command("silence_steps", dispatches=tmp_path / "d", receipts=tmp_path / "r", json=True, stdout=out)
    assert known[0] == (10, 10)
    assert known[-1] == (30, 20)
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [{"alarms": [], "listed": []}] * 2
