"""Reports that a letter arrived or did not arrive."""

from datetime import date

from followups.services.arrivals import ArrivalReport

BY_POST = {"sent_on": date(2020, 1, 9), "way": "POST"}
ARRIVED = ArrivalReport(**BY_POST, has_arrived=True, arrived_on=date(2020, 1, 10), text="Jeg har talt med modtageren")
NOT_ARRIVED = ArrivalReport(**BY_POST, has_arrived=False, text="Det kom retur")
ARRIVAL_POST = {
    "seen": 0,
    "sent_on_day": 9,
    "sent_on_month": 1,
    "sent_on_year": 2020,
    "way": "POST",
    "has_arrived": "ja",
    "arrived_on_day": 10,
    "arrived_on_month": 1,
    "arrived_on_year": 2020,
    "text": "Jeg har talt med modtageren, som har læst brevet",
}
