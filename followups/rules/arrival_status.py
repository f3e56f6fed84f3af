"""*Kommet frem*, *Afventer bevis*, *Ikke kommet frem*: derived from what was said of a letter and from the clock.

A letter that was sent again has arrived when the newest that stands says so. One that did not arrive is opened again
(``recording``), and says so until it is sent once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from django.db.models import Q

from followups.models import Arrival, FollowUp
from letters.models import Letter
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import Badge

Status, Remedy = FollowUp.Status, FollowUp.Remedy
#: so many working days may go by before somebody asks where the proof is
PROOF_PATIENCE_DAYS = 3


class ArrivalState(StrEnum):
    ARRIVED = "ARRIVED"
    AWAITING = "AWAITING"
    UNPROVEN = "UNPROVEN"
    NOT_ARRIVED = "NOT_ARRIVED"


ARRIVAL_LOOKS = {
    ArrivalState.ARRIVED: Badge("Kommet frem", "is-ok", "check"),
    ArrivalState.AWAITING: Badge("Afventer bevis", "is-info", "hourglass"),
    ArrivalState.UNPROVEN: Badge("Afventer bevis", "is-soon", "warning"),
    ArrivalState.NOT_ARRIVED: Badge("Ikke kommet frem", "is-late", "error"),
}


class ArrivalStatus(NamedTuple):
    """``on``: the day it arrived, or of one without proof the day it was sent; None where it did not arrive."""

    state: ArrivalState
    on: date | None = None

    @property
    def look(self) -> Badge:
        look = ARRIVAL_LOOKS[self.state]
        if self.state == ArrivalState.ARRIVED and self.on:
            return look._replace(label=f"{look.label} {danish.day_month(self.on)}")
        return look

    @property
    def has_arrived(self) -> bool:
        return self.state == ArrivalState.ARRIVED

    @property
    def is_awaited(self) -> bool:
        """Was it sent again, and is there no proof yet?"""
        return self.state in (ArrivalState.AWAITING, ArrivalState.UNPROVEN)

    @property
    def is_unproven(self) -> bool:
        return self.state == ArrivalState.UNPROVEN

    @property
    def did_not_arrive(self) -> bool:
        return self.state == ArrivalState.NOT_ARRIVED


def arrival_status_of(followup: FollowUp, said: Arrival | None, today: date) -> ArrivalStatus | None:
    """``said`` is the newest that stands of the follow-up; None where nothing was sent again."""
    if not followup.is_sent_again:
        is_back = said is not None and said.has_arrived is False and followup.status == Status.DECIDED
        return ArrivalStatus(ArrivalState.NOT_ARRIVED) if is_back else None
    if said is not None and said.has_arrived:
        return ArrivalStatus(ArrivalState.ARRIVED, said.arrived_on)
    sent_on = sending_date(followup, said)
    return ArrivalStatus(
        ArrivalState.UNPROVEN if sent_on < proof_overdue_before(today) else ArrivalState.AWAITING, sent_on
    )


def sending_date(followup: FollowUp, said: Arrival | None) -> date:
    """As somebody wrote it, or else the day on which the letter was marked as sent."""
    if said is not None and said.has_arrived is None and said.sent_on is not None:
        return said.sent_on
    assert followup.done_at is not None  # noqa: S101 - the database sees to it
    return danish.local_date(followup.done_at)


def proof_overdue_before(today: date) -> date:
    """What was sent before this day has had its working days: the last of them is over."""
    for _ in range(PROOF_PATIENCE_DAYS):
        today = calendar.previous_working_day(today)
    return today


def attach_arrival_status(letters: Iterable[Letter], today: date) -> None:
    """Each letter knows how it stands with its arrival (``arrival``: a ``Standing`` or None). One query, and none where
    nothing was decided. Fetch them with their follow-up."""
    followups = {letter.pk: letter.followup for letter in letters if hasattr(letter, "followup")}
    decided = [followup.pk for followup in followups.values() if not followup.is_open]
    said = {one.followup_id: one for one in Arrival.objects.newest().filter(followup__in=decided)} if decided else {}
    for letter in letters:
        followup = followups.get(letter.pk)
        letter.arrival = arrival_status_of(followup, said.get(followup.pk), today) if followup else None  # type: ignore[attr-defined]


# --- The same as conditions on letters ----------------------------------------------------------------------------


def arrival_conditions(today: date) -> dict[str, Q]:
    """ARRIVED and ARRIVING share what was sent again between them; UNPROVEN is a part of ARRIVING. NOT_ARRIVED is a
    part of what is decided and not sent."""
    sent_again = Q(
        followup__status__in=[Status.DONE, Status.SENT_BACK, Status.CONFIRMED],
        followup__remedy__in=[Remedy.RESEND, Remedy.NEW_LETTER],
    )
    arrived, since = _newest_arrival(has_arrived=True), proof_overdue_before(today)
    sent_long_ago = _newest_arrival(has_arrived=None, sent_on__lt=since) | (
        ~_newest_arrival(has_arrived=None) & Q(followup__done_at__lt=danish.midnight(since))
    )
    return {
        ArrivalState.ARRIVED.value: sent_again & arrived,
        "ARRIVING": sent_again & ~arrived,
        ArrivalState.UNPROVEN.value: sent_again & ~arrived & sent_long_ago,
        ArrivalState.NOT_ARRIVED.value: Q(followup__status=Status.DECIDED) & _newest_arrival(has_arrived=False),
    }


def _newest_arrival(**what: object) -> Q:
    return Q(followup__in=Arrival.objects.in_force().filter(**what).values("followup"))
