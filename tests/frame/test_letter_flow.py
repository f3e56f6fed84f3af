"""The demo's flow of letters is taken in once, goes on with the clock, and loses letters."""

from datetime import UTC, date, datetime, timedelta

import pytest

from letters.models import Incident, LetterDispatch, Receipt
from sepo_incident.demo import letter_flow
from sepo_incident.demo.letter_flow import LetterFlow

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOW = datetime(2019, 12, 4, 12, tzinfo=UTC)


def test_flow_goes_on_where_it_ended(monkeypatch):
    monkeypatch.setattr(letter_flow, "HISTORY", timedelta(days=3))
    monkeypatch.setattr(letter_flow, "AHEAD", timedelta(hours=6))
    incident = Incident(first_day=date(2019, 12, 2))
    LetterFlow(incident, 60, NOW).fill(NOW)
    counts = LetterDispatch.objects.count(), Receipt.objects.count()
    assert min(counts) > 50
    again = LetterFlow(incident, 60, NOW)
    again.take_in_until(NOW)
    assert (LetterDispatch.objects.count(), Receipt.objects.count()) == counts
    again.take_in_until(NOW + timedelta(days=2))
    newest = LetterDispatch.objects.latest("sent_known_at").sent_known_at
    assert NOW + timedelta(days=1, hours=12) < newest <= NOW + timedelta(days=2)
    waiting = LetterDispatch.objects.filter(outcome__final_at=None, channel__name="SEPO", sent_known_at__lt=NOW)
    assert waiting.exists()
