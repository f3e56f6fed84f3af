"""A channel with a week of letters, and an alarm about some of them."""

from datetime import datetime, timedelta

import pytest
import time_machine

from letters.models import Channel, Leg, LetterDispatch, SilenceAlarm, SilenceSign
from letters.tracking.silence.detection import count_flow
from letters.tracking.take_in import take_in_dispatches, take_in_receipts
from sepo_incident.core.danish import COPENHAGEN

#: A Monday.
NOW = datetime(2019, 12, 9, 12, 30, tzinfo=COPENHAGEN)


@pytest.fixture
def monday_noon():
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def make_flow(monday_noon):
    """`make_flow(channel, moments)` takes in a letter handed over at each moment, and counts the flow."""

    def make(name, moments):
        told = [
            {"id": f"{name} {number}", "channel": name, "sent_at": at.isoformat(), "known_at": at.isoformat(),
             "sender": "Karen Bülow Møller", "unit": "Svalevejens Skole", "subject": f"Indkaldelse {number}"}
            for number, at in enumerate(moments)
        ]  # fmt: skip
        take_in_dispatches(told, NOW)
        count_flow(Leg.Kind.RECEIPT, NOW)
        return Channel.objects.get(name=name)

    return make


@pytest.fixture
def sepo(make_flow):
    """Two letters an hour from 8 to 16 on the working days of the last ten days; from 8 to 9 in weekends and today."""
    hours = [timedelta(hours=hour, minutes=minutes) for hour in range(8, 16) for minutes in (10, 40)]
    midnight = NOW.replace(hour=0, minute=0)
    days = [midnight - timedelta(days=number) for number in range(10, 0, -1)]
    sent = [day + hour for day in days for hour in (hours if day.weekday() < 5 else hours[:2])]
    return make_flow("SEPO", [*sent, *(midnight + hour for hour in hours[:2])])


@pytest.fixture
def silence(sepo):
    """An open alarm that lists the last sixty letters: the oldest was delivered since, one was refused."""
    alarm = SilenceAlarm.objects.create(channel=sepo, raised_at=NOW - timedelta(minutes=10))
    leg = Leg.objects.get(channel=sepo, kind=Leg.Kind.RECEIPT)
    SilenceSign.objects.create(
        alarm=alarm, leg=leg, kind="partial", slice_kind="unit", slice_value="Svalevejens Skole",
        since=NOW - timedelta(hours=5), missing=64, expected=17.3, surprise=26, raised_at=NOW, seen_at=NOW,
    )  # fmt: skip
    letters = list(LetterDispatch.objects.order_by("-sent_at")[:60])[::-1]
    LetterDispatch.objects.filter(pk__in=[one.pk for one in letters]).update(alarm=alarm)
    for letter, status in zip(letters, ("Afleveret Digital Post", "Fejlet", "Modtaget Digital Post"), strict=False):
        LetterDispatch.objects.filter(pk=letter.pk).update(message_uuid=f"{letter.pk:036}")
        take_in_receipts([{"message_uuid": f"{letter.pk:036}", "status": status, "at": NOW.isoformat()}], NOW)
    return alarm
