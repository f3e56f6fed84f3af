"""Whoever leads letters has somebody reminded of them now: rows for the worker, as the ladder's are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from letters.models import Incident
from letters.models.letter import LetterQuerySet
from notifications.dispatches import dispatching
from notifications.dispatches.dispatching import AlreadyUnderWay
from notifications.models import Dispatch, Sending, SendingChange
from notifications.owing import at_once, ladder
from sepo_incident import danish
from sepo_incident.accounts.models import User
from sepo_incident.overtaken import Overtaken

ONE_DAY = timedelta(days=1)


@transaction.atomic
def remind(led: LetterQuerySet, incident: Incident, receivers: Collection[int], by: User) -> Dispatch:
    """Ask for one mail to each of the receivers, who are to be those that the page showed; ``led``: the letters that
    ``by`` leads. A second person must approve it where they are many.

    Raises ``AlreadyUnderWay`` where the same person has asked for the same already, and ``Overtaken`` where one of them
    cannot be reminded now, or all mails are on pause; then nothing is changed.
    """
    held = Incident.objects.select_for_update().get(pk=incident.pk)  # two clicks come one after the other
    now, wanted = timezone.now(), sorted(set(receivers))
    sending = Sending.objects.of(held)
    if sending.paused_at or not at_once.sort_out(led, held, by, now).receivers.issuperset(wanted):
        same = asked_today(held, by, now).filter(receivers=wanted).first()
        raise AlreadyUnderWay(same) if same else Overtaken
    today = danish.day(now)
    must_be_approved = sending.limit_passed(len(wanted), by) is not None
    dispatch = dispatching.begin(
        ladder.kind_on(today, held.deadline),
        held,
        at_once.due(held, today, wanted),
        len(wanted),
        requested_by=by,
        receivers=wanted,
        closes_at=danish.midnight(today + ONE_DAY),
        status=Dispatch.Status.ASKED if must_be_approved else Dispatch.Status.RUNNING,
    )
    asked = {"kind": SendingChange.Kind.REMINDED, "number": len(wanted), "by": by}
    SendingChange.objects.create(incident=held, dispatch=dispatch, **asked)
    return dispatch


def asked_today(incident: Incident, by: User, now: datetime) -> QuerySet[Dispatch]:
    """What this person has asked for today and nobody has cut short, the newest first."""
    asked = Dispatch.objects.of(incident).to_chosen().filter(requested_by=by)
    return asked.filter(requested_at__gte=danish.midnight(danish.day(now))).exclude(status__in=Dispatch.CUT_SHORT)
