"""Queries for reminders: the follow-ups due a reminder, the receivers, and the leaders in cc."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import (
    Case,
    DateField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from followups.models import Escalation, FollowUp
from followups.rules import completeness
from letters.models import Incident
from notifications.kinds import reminder_calendar
from notifications.kinds.receivers import Absences, OwedFinder, OwedFollowUps, no_followups
from notifications.kinds.reminder_calendar import REMINDER_KINDS, ReminderSteps
from notifications.models import Dispatch, Kind, NoticeItem, ReminderPause, ReminderSchedule

EVERYBODY, NOBODY = Q(receiver__isnull=False), Q(pk__in=[])


def steps_for_incident(incident: Incident) -> ReminderSteps:
    """Return the incident's reminder steps from the saved or default schedule. One query."""
    row = ReminderSchedule.objects.for_incident(incident)
    return ReminderSteps(tuple(row.before), row.every, tuple(row.digest_days))


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
    return EVERYBODY if steps_for_incident(incident).is_reminder_day(on, incident.deadline) else NOBODY


def followups_to_remind_of(incident: Incident, on: date) -> OwedFollowUps:
    """Return the follow-ups that somebody still has to decide, send or answer, with the person as ``receiver``.

    Only follow-ups with a first notice before that day count. Left out are follow-ups with a desk that owes an answer
    and follow-ups in units on pause. Reminders of an absent sender go to the substitute, otherwise to the leader.
    """
    followups = exclude_paused_units(
        FollowUp.objects.of_incident(incident).filter(completeness.owed_by_sender()), incident, on
    )
    return (
        followups.filter(had_first_notice_before(on), ~is_with_support_desk())
        .annotate(receiver=person_in_charge(on), owed_on=Value(on, output_field=DateField()))
        .filter(receiver__isnull=False)
    )


def had_first_notice_before(on: date) -> Exists:
    """Return whether the sender got the first notice about the follow-up before that day."""
    told = NoticeItem.objects.filter(
        followup=OuterRef("pk"), kind=Kind.FIRST_NOTICE, receiver=OuterRef("letter__sender")
    )
    return Exists(told.before(on))


def is_with_support_desk() -> Exists:
    """Return whether a support desk owes an answer about the follow-up."""
    return Exists(Escalation.objects.with_desk().filter(followup=OuterRef("pk")))


def person_in_charge(on: date) -> Coalesce:
    """Return the id of the sender or an absent sender's substitute, otherwise of the leader or the leader's substitute.

    NULL if nobody is left.
    """
    absences = Absences.on(on)
    has_leader = Q(letter__leader__isnull=False) & ~Q(letter__leader=F("letter__sender"))
    return Coalesce(
        absences.responsible_id("letter__sender"),
        Case(When(has_leader, then=absences.responsible_id("letter__leader"))),
    )


def exclude_paused_units(followups: QuerySet[FollowUp], incident: Incident, on: date) -> QuerySet[FollowUp]:
    """Exclude the follow-ups of letters in units where reminders are paused on that day."""
    paused = ReminderPause.objects.in_force(on).filter(incident=incident).values_list("unit", flat=True)
    return followups.exclude(letter__unit__lineage__overlap=list(paused))


def receivers_held_back(incident: Incident, kinds: tuple[Kind, ...], on: date) -> list[int]:
    """Return the users held back from the latest earlier dispatch of ``kinds`` because of an earlier mail that day."""
    steps = Dispatch.objects.for_incident(incident).filter(kind__in=kinds, step_on__lt=on)
    return steps.order_by("-step_on", "-pk").values_list("held_back", flat=True).first() or []


def reminders_owed_to(incident: Incident, on: date, receivers: Iterable[int]) -> OwedFollowUps:
    """Return the follow-ups that the receivers are owed a reminder of, under every leader.

    A receiver gets only one mail a day, so the mail covers all leaders' letters.
    """
    return followups_to_remind_of(incident, on).filter(receiver__in=list(receivers))
