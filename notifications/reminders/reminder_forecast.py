"""Forecasts from the reminder schedule: the next reminder about some letters, and the mails of a coming day.

Also the sentences «Næste påmindelse: …» for the pages of a person, a letter and a unit.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django.db.models import Count, Max, Q

from followups.rules import letter_state
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from notifications.kinds import reminders
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.kinds.reminders import leaders_with_combined_mail, people_to_remind
from notifications.models import Kind, NoticeItem, ReminderSchedule
from notifications.models.notice import REMINDER_KINDS, known_to_readers_of
from sepo_incident.accounts.models import User
from sepo_incident.core import danish

ONE_DAY = timedelta(days=1)
#: How many calendar days are searched for a day with mails.
FORECAST_DAYS = 3


class NextReminder(NamedTuple):
    """The day of the next reminder, with the number of receivers and letters. `receiver_id`: id of a receiver."""

    day: date
    people: int
    letters: int
    receiver_id: int


def find_next_reminder(incident: Incident, about: Q, now: datetime) -> NextReminder | None:
    """Return the next reminder about the follow-ups that match `about`, as matters stand now.

    None if no reminder is due or the schedule is switched off. Looks at the next sending day, for receivers who were
    held back, and at the next reminder day after that.
    """
    if not ReminderSchedule.objects.for_incident(incident).is_on:
        return None
    first = next_reminder_day(incident, now)
    later = next((line.day for line in iter_calendar_days(incident, first + ONE_DAY) if line.what), None)
    for day in filter(None, (first, later)):
        for kind in REMINDER_KINDS:
            due = owed_followups(kind, incident, day).filter(about)
            counts = due.aggregate(
                people=Count("receiver", distinct=True), letters=Count("pk"), receiver_id=Max("receiver")
            )
            if counts["letters"]:
                return NextReminder(day, **counts)
    return None


def next_reminder_day(incident: Incident, now: datetime) -> date:
    """Return the first day on which reminders can still be sent.

    Today counts until the sending hours end or today's reminders have been requested.
    """
    day = reminders.first_sending_day(now)
    is_taken = incident.dispatches.filter(kind__in=REMINDER_KINDS, step_on=day).exists()
    return reminders.first_sending_day(reminders.closing_time(day)) if is_taken else day


class DayForecast(NamedTuple):
    """The mails of a reminder day, as matters stand now.

    `reminded`: receivers of a reminder, about `letters` letters. `copied`: leaders in cc. `leaders` and
    `coordinators`: receivers of a digest.
    """

    day: date
    reminded: int
    letters: int
    copied: int
    leaders: int
    coordinators: int

    @property
    def mails(self) -> int:
        return self.reminded + self.copied + self.leaders + self.coordinators

    @property
    def others(self) -> str:
        """«2 ledere får en kopi og 38 ledere får en oversigt.»; "" if only reminders are sent."""
        parts = [
            (self.copied, "leder får en kopi", "ledere får en kopi"),
            (self.leaders, "leder får en oversigt", "ledere får en oversigt"),
            (self.coordinators, "koordinator får besked", "koordinatorer får besked"),
        ]
        said = danish.join_with_and([danish.count(*part) for part in parts if part[0]])
        return f"{said}." if said else ""


def forecast_next_mails(incident: Incident, now: datetime) -> DayForecast | None:
    """Return the first of the next `FORECAST_DAYS` calendar days with mails, otherwise the first of the days.

    None if the calendar has no more days.
    """
    first = None
    for line in islice(iter_calendar_days(incident, next_reminder_day(incident, now)), FORECAST_DAYS):
        one = forecast_day(incident, line.day)
        if one.mails:
            return one
        first = first or one
    return first


def forecast_day(incident: Incident, day: date) -> DayForecast:
    reminded: Counter[str] = Counter()
    for kind in REMINDER_KINDS:
        owed = owed_followups(kind, incident, day)
        reminded.update(owed.aggregate(people=Count("receiver", distinct=True), letters=Count("pk")))
    if reminders.is_digest_day(day):
        copied, leaders = 0, count_receivers(owed_followups(Kind.LEADER_DIGEST, incident, day))
    else:
        receivers, led = people_to_remind(incident, day) if reminded["people"] else (set(), {})
        without = leaders_with_combined_mail(receivers, led)
        copied, leaders = len(led.keys() - without), len(without - receivers)
    coordinators = count_receivers(owed_followups(Kind.COORDINATOR_DIGEST, incident, day))
    return DayForecast(day, reminded["people"], reminded["letters"], copied, leaders, coordinators)


class CalendarDay(NamedTuple):
    """A day of the calendar. `what` is "" on a day with only a digest."""

    day: date
    what: str
    is_digest_day: bool


def iter_calendar_days(incident: Incident, first: date) -> Iterator[CalendarDay]:
    for number in range(reminders.MAX_LOOKAHEAD.days):
        day = first + timedelta(days=number)
        what, has_digest = "", reminders.is_digest_day(day)
        if reminders.is_reminder_day(day, incident.deadline):
            what = describe_day(day, incident.deadline)
        elif any(reminders.is_reminder_day(day, one) for one in incident.deadlines):
            what = "For dem med en anden frist"
        if what or has_digest:
            yield CalendarDay(day, what, has_digest)


def describe_day(day: date, deadline: date) -> str:
    """«2 arbejdsdage før fristen» · «På fristens dag» · «4 arbejdsdage efter fristen»"""
    number = reminders.working_days_from_deadline(day, deadline)
    side = "efter" if day > deadline else "før"
    return f"{danish.count(number, 'arbejdsdag', 'arbejdsdage')} {side} fristen" if number else "På fristens dag"


def next_reminder_for_person(user: User, incident: Incident, now: datetime) -> str:
    """«Næste påmindelse: tirsdag den 14. januar om to breve.», or ""."""
    about = Q(receiver=user.pk) & letter_state.task_known_to_readers_of(Letter.objects.visible_to(user))
    mine = find_next_reminder(incident, about, now)
    if mine is None:
        return ""
    return f"Næste påmindelse: {danish.weekday_date_short(mine.day)} om {letter_count_phrase(mine.letters)}."


def next_reminder_for_letter(letter: Letter, reader: User, now: datetime) -> str:
    """«Næste påmindelse: tirsdag den 14. januar til Karen Bülow Møller.», or ""."""
    about = letter_state.task_known_to_readers_of(Letter.objects.visible_to(reader).filter(pk=letter.pk))
    its = find_next_reminder(letter.incident, about, now)
    if its is None:
        return ""
    who = "dig" if its.receiver_id == reader.pk else User.objects.get(pk=its.receiver_id).name
    return f"Næste påmindelse: {danish.weekday_date_short(its.day)} til {who}."


def next_reminder_for_unit(letters: LetterQuerySet, incident: Incident, now: datetime) -> str:
    """«Næste påmindelse: tirsdag den 14. januar til tre personer om 12 breve.», or "".

    letters: the letters that the reader may see.
    """
    about = letter_state.task_known_to_readers_of(letters)
    its = find_next_reminder(incident, about, now)
    if its is None:
        return ""
    people = f"{danish.number_word(its.people)} {'person' if its.people == 1 else 'personer'}"
    return f"Næste påmindelse: {danish.weekday_date_short(its.day)} til {people} om {letter_count_phrase(its.letters)}."


def reminded_today_sentence(letters: LetterQuerySet, now: datetime) -> str:
    """«Der er skrevet en påmindelse til tre personer i dag.»; "" if nobody was reminded.

    letters: the letters that the reader may see.
    """
    items = NoticeItem.objects.active().filter(kind__in=REMINDER_KINDS, owed_on=danish.local_date(now))
    people = items.filter(known_to_readers_of(letters)).aggregate(people=Count("receiver", distinct=True))["people"]
    who = f"{danish.number_word(people)} {'person' if people == 1 else 'personer'}"
    return f"Der er skrevet en påmindelse til {who} i dag." if people else ""


def letter_count_phrase(number: int) -> str:
    return f"{'ét' if number == 1 else danish.number_word(number)} {'brev' if number == 1 else 'breve'}"
