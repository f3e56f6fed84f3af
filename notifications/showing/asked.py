"""What somebody has had people reminded of, and what became of it."""

from __future__ import annotations

from typing import NamedTuple

from letters.models import Incident
from notifications.models import Dispatch, SendingChange
from notifications.showing.following import Progress, progress_of
from sepo_incident.accounts.models import User

SHOWN = 5


class Asked(NamedTuple):
    """``why``: what was said of it, where it was not let through to everybody."""

    progress: Progress
    why: str


def latest(by: User, incident: Incident) -> list[Asked]:
    """The newest first; five queries at most."""
    dispatches = list(Dispatch.objects.of(incident).to_chosen().filter(requested_by=by)[:SHOWN])
    if not dispatches:
        return []
    cut = [SendingChange.Kind.REFUSED, SendingChange.Kind.PAUSED, SendingChange.Kind.STOPPED]
    said = SendingChange.objects.filter(dispatch__in=dispatches, kind__in=cut).order_by("pk")
    reasons = dict(said.values_list("dispatch", "reason"))
    is_held = {Dispatch.Status.PAUSED, *Dispatch.CUT_SHORT}
    return [
        Asked(one, reasons.get(one.dispatch.pk, "") if one.status in is_held else "") for one in progress_of(dispatches)
    ]
