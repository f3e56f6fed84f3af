"""The daily check for open letters that nobody present and reachable can answer for.

An open letter is answered for by the sender, the sender's substitute, the leader or the leader's substitute. A
decision awaiting confirmation: by the leader, the leader's substitute or a coordinator. A question at a support desk:
by the desk. For any other letter the nearest coordinator above, or Koncern IT, must find a responsible person.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Exists, OuterRef, Q, QuerySet

from followups.models import Escalation, FollowUp
from letters.models import Incident
from notifications.kinds.digests import followups_led_by_another, nearest_coordinator
from notifications.kinds.reminders import person_in_charge
from notifications.models import UnanswerableCheck
from sepo_incident.core import calendar

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class UnanswerableAnnotations(TypedDict):
    """Annotations of an unanswerable follow-up.

    ``owner``: id of the coordinator in charge of finding a responsible person, or None for Koncern IT. ``holder``: id
    of the person in charge of a letter that is not done.
    """

    owner: int | None
    holder: int | None


def open_followups(incident: Incident) -> QuerySet[FollowUp]:
    return FollowUp.objects.of_incident(incident).exclude(status=FollowUp.Status.CONFIRMED)


def unanswerable_followups(
    incident: Incident, on: date
) -> QuerySet[WithAnnotations[FollowUp, UnanswerableAnnotations]]:
    """Return the open follow-ups that nobody present and reachable can answer for on that day."""
    asked = Escalation.objects.with_desk().filter(followup=OuterRef("pk"))
    is_led = Exists(followups_led_by_another(open_followups(incident), on).filter(pk=OuterRef("pk")))
    unclaimed = (
        open_followups(incident)
        .exclude(Exists(asked))
        .annotate(owner=nearest_coordinator(), holder=person_in_charge(on))
    )
    is_done = Q(status=FollowUp.Status.DONE)
    return unclaimed.filter(is_done & Q(owner=None) & ~is_led | ~is_done & Q(holder=None))


def check_once_a_day() -> UnanswerableCheck | None:
    """Return today's check, and run the check if there is none yet. None without a current incident."""
    incident, today = Incident.objects.current(), calendar.today()
    if incident is None:
        return None
    known = UnanswerableCheck.objects.for_incident(incident).filter(on=today).first()
    return known or save_check(incident, today)


def save_check(incident: Incident, today: date) -> UnanswerableCheck:
    found = list(unanswerable_followups(incident, today).values_list("pk", flat=True))
    number = open_followups(incident).count()
    proof, _ = UnanswerableCheck.objects.get_or_create(
        incident=incident, on=today, defaults={"letters": number, "nobodys": found}
    )
    return proof
