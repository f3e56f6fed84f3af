"""Arrival status of a letter that was sent again: arrived, awaiting proof, unproven, or not arrived.

The status follows from the newest active arrival and from today's date. A letter that did not arrive is reopened by
`services.arrivals`, and keeps the status NOT_ARRIVED until the letter is sent once more.
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
#: Working days after sending until a missing proof is overdue
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
    """The arrival status of a letter.

    `on`: the day of arrival; without proof, the day of sending; None for a letter that did not arrive.
    """

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
        """Return whether the letter was sent again and proof of arrival is missing."""
        return self.state in (ArrivalState.AWAITING, ArrivalState.UNPROVEN)

    @property
    def is_unproven(self) -> bool:
        return self.state == ArrivalState.UNPROVEN

    @property
    def did_not_arrive(self) -> bool:
        return self.state == ArrivalState.NOT_ARRIVED


def arrival_status_of(followup: FollowUp, said: Arrival | None, today: date) -> ArrivalStatus | None:
    """Return the arrival status of the follow-up, or None if the letter was not sent again.

    `said`: the newest active arrival of the follow-up, or None.
    """
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
    """Return the day of sending as reported, or the day on which the letter was marked as sent."""
    if said is not None and said.has_arrived is None and said.sent_on is not None:
        return said.sent_on
    assert followup.done_at is not None  # noqa: S101 - the database sees to it
    return danish.local_date(followup.done_at)


def proof_overdue_before(today: date) -> date:
    """Return the day before which a letter must have been sent for proof to be overdue today."""
    for _ in range(PROOF_PATIENCE_DAYS):
        today = calendar.previous_working_day(today)
    return today


def attach_arrival_status(letters: Iterable[Letter], today: date) -> None:
    """Set `letter.arrival`, an ArrivalStatus or None, on each letter. One query; none if no letter is decided.

    Fetch the letters with the follow-up.
    """
    followups = {letter.pk: letter.followup for letter in letters if hasattr(letter, "followup")}
    decided = [followup.pk for followup in followups.values() if not followup.is_open]
    said = {one.followup_id: one for one in Arrival.objects.newest().filter(followup__in=decided)} if decided else {}
    for letter in letters:
        followup = followups.get(letter.pk)
        letter.arrival = arrival_status_of(followup, said.get(followup.pk), today) if followup else None  # type: ignore[attr-defined]


# --- The same as conditions on letters ----------------------------------------------------------------------------


def arrival_conditions(today: date) -> dict[str, Q]:
    """Return {status: condition on letters}, the same rule as `arrival_status_of`.

    ARRIVED and ARRIVING divide the letters that were sent again; UNPROVEN is a part of ARRIVING. NOT_ARRIVED is a
    part of the letters that are decided and not sent.
    """
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
    return Q(followup__in=Arrival.objects.newest_filterable().filter(**what).values("followup"))
