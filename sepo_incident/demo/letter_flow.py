"""The demo's flow of letters: from a month before the incident until now, and on as the clock goes.

From the incident's first day one letter in ten on the channel SEPO is lost, as in the case. The search for missing
letters finds that on the same day.
"""

import time
from datetime import datetime, timedelta
from datetime import time as hour

from django.db.models import Max
from django.utils import timezone

from letters.management.commands.silence_steps import sources_of
from letters.models import Incident, LetterDispatch, SilenceAlarm
from letters.samples.sample_flow import FAULTS, make_flow
from letters.tracking.silence.detection import LOCK_NAMESPACE, detect
from sepo_incident.core import danish, database
from sepo_incident.core.danish import COPENHAGEN

SEED = 2019
HISTORY, AHEAD = timedelta(days=28), timedelta(days=2)
FAULT_BEGINS = hour(7)
SEARCHED_EVERY, SEARCHED_FOR = timedelta(minutes=20), timedelta(hours=12)
LISTED_EVERY = timedelta(days=4)
PAUSE_SECONDS = 60


class LetterFlow:
    """The rows that are not taken in yet, made for some days ahead. `letters_a_day`: on a working day, about."""

    def __init__(self, incident: Incident, letters_a_day: int, until: datetime):
        self.first, self.letters_a_day = incident.first_day - HISTORY, letters_a_day
        self.fault_at = datetime.combine(incident.first_day, FAULT_BEGINS, COPENHAGEN)
        self._make_rows(until)

    def _make_rows(self, until: datetime) -> None:
        self.made_until = until + AHEAD
        days = (danish.local_date(self.made_until) - self.first).days + 1
        fault = FAULTS["case"].starting(self.fault_at, length=timedelta(days=365))
        flow = make_flow(SEED, self.first, days, self.letters_a_day // 2, [fault])
        newest = LetterDispatch.objects.aggregate(at=Max("sent_known_at"))["at"]
        # What is known at the same second as the newest row is taken in again, and counts once.
        self.sources = sources_of(flow.dispatches, flow.receipts, newest)

    def take_in_until(self, at: datetime) -> None:
        """Take in what is known at `at`. Beyond the made days, make more of them first."""
        if at > self.made_until:
            self._make_rows(at)
        for source in self.sources:
            source.take_in_until(at)

    def fill(self, now: datetime) -> None:
        """Take in everything until `now`, and look for missing letters when the fault begins, and now."""
        self.take_in_until(self.fault_at)
        detect(self.fault_at)
        at = self.fault_at
        while at < self.fault_at + SEARCHED_FOR and not SilenceAlarm.objects.exists():
            at += SEARCHED_EVERY
            self.take_in_until(at)
            detect(at)
        while at < now:  # a search lists the letters of the last week
            at = min(at + LISTED_EVERY, now)
            self.take_in_until(at)
            detect(at)


def run(incident: Incident, letters_a_day: int) -> None:
    """Fill the tables, while the search waits, and take in what is new every minute, until the process ends."""
    flow = LetterFlow(incident, letters_a_day, timezone.now())
    if not LetterDispatch.objects.exists():
        with database.advisory_lock(LOCK_NAMESPACE, 0):
            flow.fill(timezone.now())
    while True:
        flow.take_in_until(timezone.now())
        time.sleep(PAUSE_SECONDS)
