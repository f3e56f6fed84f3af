"""Can somebody who is here and can be reached answer for every open letter? Looked into each day, and written down.

The sender answers, or their substitute, or the leader, or theirs; for a decision that waits, the leader or their
substitute, or the coordinator; a desk while it owes an answer. Else it is nobody's, and the coordinator nearest above
must find somebody, or Koncern IT where there is none.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Exists, OuterRef, Q, QuerySet

from followups import deadlines
from followups.models import Escalation, FollowUp
from letters.models import Incident
from notifications.models import Proof
from notifications.owing.digesting import led_of, nearest_coordinator
from notifications.owing.reminding import in_charge

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Found(TypedDict):
    """``owner``: the id of the coordinator who must find somebody, or None for Koncern IT. ``holder``: of whoever
    answers for a letter that is not done."""

    owner: int | None
    holder: int | None


def open_letters(incident: Incident) -> QuerySet[FollowUp]:
    return FollowUp.objects.of(incident).exclude(status=FollowUp.Status.CONFIRMED)


def nobodys(incident: Incident, on: date) -> QuerySet[WithAnnotations[FollowUp, Found]]:
    asked = Escalation.objects.with_desk().filter(followup=OuterRef("pk"))
    is_led = Exists(led_of(open_letters(incident), on).filter(pk=OuterRef("pk")))
    held = open_letters(incident).exclude(Exists(asked)).annotate(owner=nearest_coordinator(), holder=in_charge(on))
    is_done = Q(status=FollowUp.Status.DONE)
    return held.filter(is_done & Q(owner=None) & ~is_led | ~is_done & Q(holder=None))


def prove() -> Proof | None:
    """Once a day; whoever asks again gets what was found then. None while there is no incident."""
    incident, today = Incident.objects.current(), deadlines.today()
    if incident is None:
        return None
    known = Proof.objects.of(incident).filter(on=today).first()
    return known or write_down(incident, today)


def write_down(incident: Incident, today: date) -> Proof:
    found = list(nobodys(incident, today).values_list("pk", flat=True))
    number = open_letters(incident).count()
    proof, _ = Proof.objects.get_or_create(incident=incident, on=today, defaults={"letters": number, "nobodys": found})
    return proof
