"""December and January played through: beat, two mail workers and a mail server, at the times of the story.

Failures on the way do not change who gets which mail when: each step is begun by a worker that dies after its first
mail, the workers are restarted each night, the clock is set back and forth, and every other day two workers run
reminders, write and send at once.
"""

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from threading import Barrier

from django.db import connection

from notifications import tasks
from notifications.dispatching import outbox_writer
from notifications.models import Delivery, Dispatch, Notice
from notifications.outbox import delivery_queue
from sepo_incident.core import calendar, danish

#: workers on a day with an odd and an even date: two may disturb each other, and two take twice the time
WORKERS = {1: 2, 0: 1}
#: run beat minute after minute until a run is quiet, because one kind of mail follows another
MINUTES = 10
#: before working hours, at their start, just before the end and after the end; and on a day off
OPENING, LAST_MINUTE = time(8), time(15, 59)
HOURS, HOURS_OFF = [time(7, 59), OPENING, LAST_MINUTE, time(16)], [time(10)]
HEAD = """\
Hvem fik hvilken mail hvornår. * er noget, der skete.
Trin: 5, 2 og 1 arbejdsdag før fristen, på dagen og derefter hver anden arbejdsdag; lederoversigt mandag og torsdag.
Fristen er fredag den 20. december 2019.
"""


class Timeline:
    """`acts`: {moment: act of a person}, each done before the clock strikes that moment. `jumps`: {moment: [other
    moments]} to which the clock is set.
    """

    def __init__(self, traveller, acts, jumps):
        self.traveller, self.acts, self.jumps = traveller, sorted(acts.items(), key=lambda act: act[0]), jumps
        self.events: list[tuple[datetime, str]] = []

    def run_days(self, first: date, last: date) -> None:
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            self.number = WORKERS[day.day % 2]
            with ThreadPoolExecutor(self.number) as self.workers:
                for hour in HOURS if calendar.is_working_day(day) else HOURS_OFF:
                    self.advance_to(datetime.combine(day, hour, danish.COPENHAGEN))
                self.in_every_worker(lambda: connection.close())

    def advance_to(self, moment: datetime) -> None:
        has_news = self.perform_acts(moment)
        if danish.local_time(moment).time() == LAST_MINUTE and not has_news:
            return  # nothing has changed since 8, and a run of all kinds is dear
        for other in self.jumps.get(moment, []):
            self.events.append((moment, f"Uret springer til {danish.moment(other)}, og tilbage"))
            self.run_until_quiet(other)
        self.run_until_quiet(moment)

    def perform_acts(self, moment: datetime) -> bool:
        """Return whether somebody acted."""
        before = len(self.events)
        while self.acts and self.acts[0][0] <= moment:
            when, act = self.acts.pop(0)
            self.traveller.move_to(when)
            self.events.append((when, act()))
        return len(self.events) > before

    def run_until_quiet(self, moment: datetime) -> None:
        minutes = (moment + timedelta(minutes=number) for number in range(MINUTES))
        next(minute for minute in minutes if not self.run_due_tasks(minute))

    def run_due_tasks(self, moment: datetime) -> bool:
        """Run beat and the tasks that beat starts. Return False if nothing was due."""
        self.traveller.move_to(moment)
        self.in_every_worker(tasks.send_reminders)
        under_way = list(Dispatch.objects.unfinished())
        for dispatch in under_way:
            if dispatch.notices.exists():
                self.in_every_worker(lambda pk=dispatch.pk: tasks.write_dispatch(pk))
            else:
                outbox_writer.write_batch(dispatch.pk, size=1)  # the worker dies; beat enqueues again a minute later
        if is_due := delivery_queue.has_due_mail():
            self.in_every_worker(tasks.drain_outbox)
        return bool(under_way) or is_due

    def in_every_worker(self, work) -> None:
        """Run the function in every worker at the same time."""
        start = Barrier(self.number)
        list(self.workers.map(lambda _: (start.wait(), work()), range(self.number)))


def table(story: Timeline) -> str:
    """Return the mails day by day, with the acts of people and the people who had to wait."""
    rows = [(moment, f"{danish.clock(moment)}  *  {words}") for moment, words in story.events]
    notices = Notice.objects.exclude(dispatch=None).select_related("receiver").order_by("created_at", "pk")
    rows += [(notice.created_at, notice_line(notice)) for notice in notices]
    rows += [(one.written_at, waiting_line(one)) for one in Dispatch.objects.exclude(held_back=[]).order_by("pk")]
    by_day: dict[date, list[str]] = defaultdict(list)
    for moment, words in sorted(rows, key=lambda row: row[0].replace(second=0, microsecond=0)):
        by_day[danish.local_date(moment)].append(words)
    days = ["\n".join([danish.capitalized(danish.weekday_date(day)), *lines]) for day, lines in sorted(by_day.items())]
    return "\n".join([HEAD, "\n\n".join(days), ""])


def notice_line(notice: Notice) -> str:
    mails: Iterable[Delivery] = notice.deliveries.select_related("recipient").order_by("pk")
    to, *copies = [f"{mail.recipient.name}{'' if mail.accepted_at else ' [afvist]'}" for mail in mails]
    copied = f", kopi til {danish.join_with_and(copies)}" if copies else ""
    letters = danish.count(notice.letters, "brev", "breve")
    return f"{danish.clock(notice.created_at)}  {notice.get_kind_display():26} {to} ({letters}){copied}"


def waiting_line(dispatch: Dispatch) -> str:
    names = {mail.recipient.name for mail in Delivery.objects.filter(recipient__in=dispatch.held_back)}
    who = f"{danish.join_with_and(sorted(names))} har fået en anden mail i dag, så den venter til næste arbejdsdag"
    return f"{danish.clock(dispatch.written_at)}  {dispatch.get_kind_display():26} – {who}"
