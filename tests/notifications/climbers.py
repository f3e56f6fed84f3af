"""The clock at work: what beat and the mail worker do, at the time that a test has set."""

from notifications import tasks
from notifications.models import Delivery, Dispatch, ReminderSchedule


def switch_on(incident, by, **steps):
    ladder = ReminderSchedule.objects.of(incident)
    for name, value in steps.items():
        setattr(ladder, name, value)
    ladder.switched_on_at, ladder.switched_on_by = incident.created_at, by
    ladder.save()
    return ladder


def climb_all():
    """Beat after beat until a beat finds nothing to do; returns the dispatches that came of it."""
    before = set(Dispatch.objects.values_list("pk", flat=True))
    for _ in range(20):
        count = Dispatch.objects.count()
        tasks.send_reminders()
        for pk in Dispatch.objects.unfinished().values_list("pk", flat=True):
            tasks.write_dispatch(pk)
        if Dispatch.objects.count() == count:
            break
    return list(Dispatch.objects.exclude(pk__in=before).order_by("pk"))


def mails_since(dispatches):
    """{(kind, role, name)} of what these dispatches wrote."""
    mails = Delivery.objects.filter(notice__dispatch__in=dispatches).select_related("recipient", "notice")
    return {(mail.notice.kind, mail.role, mail.recipient.name) for mail in mails}
