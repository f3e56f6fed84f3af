"""Reminder runs: the work of beat and of the mail worker at the time set by the test."""

from notifications import tasks
from notifications.models import Delivery, Dispatch, ReminderSchedule


def switch_reminders_on(incident, by):
    schedule = ReminderSchedule.objects.for_incident(incident)
    schedule.switched_on_at, schedule.switched_on_by = incident.created_at, by
    schedule.save()
    return schedule


def run_due_reminders():
    """Run beat until nothing is due, and return the new dispatches."""
    before = set(Dispatch.objects.values_list("pk", flat=True))
    for _ in range(20):
        count = Dispatch.objects.count()
        tasks.send_reminders()
        for pk in Dispatch.objects.unfinished().values_list("pk", flat=True):
            tasks.write_dispatch(pk)
        if Dispatch.objects.count() == count:
            break
    return list(Dispatch.objects.exclude(pk__in=before).order_by("pk"))


def mails_of(dispatches):
    """Return {(kind, role, name)} of the mails of the dispatches."""
    mails = Delivery.objects.filter(notice__dispatch__in=dispatches).select_related("recipient", "notice")
    return {(mail.notice.kind, mail.role, mail.recipient.name) for mail in mails}
