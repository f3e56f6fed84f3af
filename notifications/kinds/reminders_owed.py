"""Queries for reminders: the follow-ups due a reminder, the receivers, and the leaders in cc."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Case, Exists, OuterRef, Q, When
from django.db.models.functions import Coalesce

from followups.models import FollowUp
from followups.rules import completeness
from letters.models import Incident
from notifications.kinds import reminder_calendar
from notifications.kinds.receivers import (
    HAS_LEADER_BESIDES_SENDER,
    Absences,
    OwedFinder,
    OwedFollowUps,
    date_value,
    in_paused_unit,
    is_with_support_desk,
    items_about_followup,
    no_followups,
)
from notifications.kinds.reminder_calendar import REMINDER_KINDS
from notifications.models import Dispatch, Kind, NoticeItem, ReminderSchedule

EVERYBODY, NOBODY = Q(receiver__isnull=False), Q(pk__in=[])


def make_reminder_finder(kind: Kind) -> OwedFinder:
    """Return a finder for this kind of reminder; the finder returns nothing on days of another kind."""

    def owed(incident: Incident, on: date) -> OwedFollowUps:
        if reminder_calendar.reminder_kind_on(on, incident.deadline) != kind:
            return no_followups()
        return owed_on_send_day(
            followups_to_remind_of, incident, on, REMINDER_KINDS, receivers_on_step_day(incident, on)
        )

    return owed


def owed_on_send_day(
    find_owed: OwedFinder, incident: Incident, on: date, kinds: tuple[Kind, ...], whose_day: Q
) -> OwedFollowUps:
    """Return the follow-ups of ``everybody`` that are owed a notice of ``kinds`` on the day.

    The receivers match ``whose_day`` or were held back on the previous step day. A receiver with a notice of
    ``kinds`` from that day is left out.
    """
    held_back = receivers_held_back(incident, kinds, on)
    if whose_day == NOBODY and not held_back:
        return no_followups()
    already_notified = NoticeItem.objects.active().filter(
        followup__letter__incident=incident, kind__in=kinds, owed_on=on
    )
    due = find_owed(incident, on).filter(whose_day | Q(receiver__in=held_back))
    return due.exclude(receiver__in=already_notified.values("receiver"))


def receivers_on_step_day(incident: Incident, on: date) -> Q:
    """Return ``EVERYBODY`` on a reminder day, otherwise ``NOBODY``."""
    schedule = ReminderSchedule.objects.for_incident(incident)
    return EVERYBODY if reminder_calendar.is_reminder_day(schedule, on, incident.deadline) else NOBODY


def followups_to_remind_of(incident: Incident, on: date) -> OwedFollowUps:
    """Return the follow-ups that somebody still has to decide, send or answer, with the person as ``receiver``.

    Only follow-ups with a first notice before that day count. Left out are follow-ups with a desk that owes an answer
    and follow-ups in units on pause. Reminders of an absent sender go to the substitute, otherwise to the leader.
    """
    return (
        FollowUp.objects.of_incident(incident)
        .filter(completeness.owed_by_sender(), had_first_notice_before(on), ~is_with_support_desk())
        .exclude(in_paused_unit(incident, on))
        .annotate(receiver=person_in_charge(on), owed_on=date_value(on))
        .filter(receiver__isnull=False)
    )


def had_first_notice_before(on: date) -> Exists:
    """Return whether the sender got the first notice about the follow-up before that day."""
    return Exists(items_about_followup(Kind.FIRST_NOTICE, receiver=OuterRef("letter__sender")).before(on))


def person_in_charge(on: date) -> Coalesce:
    """Return the id of the sender or an absent sender's substitute, otherwise of the leader or the leader's substitute.

    NULL if nobody is left.
    """
    absences = Absences.on(on)
    return Coalesce(
        absences.responsible_id("letter__sender"),
        Case(When(HAS_LEADER_BESIDES_SENDER, then=absences.responsible_id("letter__leader"))),
    )


def receivers_held_back(incident: Incident, kinds: tuple[Kind, ...], on: date) -> list[int]:
    """Return the users held back from the latest earlier dispatch of ``kinds`` because of an earlier mail that day."""
    steps = Dispatch.objects.for_incident(incident).filter(kind__in=kinds, step_on__lt=on)
    return steps.order_by("-step_on", "-pk").values_list("held_back", flat=True).first() or []


def reminders_owed_to(incident: Incident, on: date, receivers: Iterable[int]) -> OwedFollowUps:
    """Return the follow-ups that the receivers are owed a reminder of, under every leader.

    A receiver gets only one mail a day, so the mail covers all leaders' letters.
    """
    return followups_to_remind_of(incident, on).filter(receiver__in=list(receivers))
