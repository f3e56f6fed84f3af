"""When a reminder is due, about which follow-ups and to whom, and who gets a copy of a notice.

Days are counted in Danish working days. A deadline on a day off counts as the last working day before the deadline.
Mails are written on working days from 8 to 16. `notice_kinds.KINDS` says which kind of notice uses which rule for cc.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q

from followups.models import FollowUp
from followups.models.followup import FOLLOWUP_TABLES
from followups.rules import letter_state
from followups.rules.absences import person_in_charge
from letters.models import DEADLINE, Incident, Letter
from notifications.kinds.receivers import (
    MailAbsences,
    OwedFinder,
    OwedFollowUps,
    date_value,
    items_about_followup,
    no_followups,
)
from notifications.models import Delivery, Kind, NoticeItem, ReminderSchedule
from notifications.models.notice import REMINDER_KINDS
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core import calendar, danish

SENDING_STARTS, SENDING_ENDS = time(8), time(16)
#: How far ahead a reminder day is searched for.
MAX_LOOKAHEAD = timedelta(days=400)
#: Working days before the deadline with a reminder. After the deadline every second working day has one.
DAYS_BEFORE_DEADLINE, DAYS_BETWEEN = (5, 2, 1), 2
#: Monday and Thursday: the days of the leaders' digest.
DIGEST_WEEKDAYS = (0, 3)


def is_reminder_day(day: date, deadline: date) -> bool:
    if not calendar.is_working_day(day):
        return False
    away = working_days_from_deadline(day, deadline)
    return away in (0, *DAYS_BEFORE_DEADLINE) if day <= deadline else away % DAYS_BETWEEN == 0


def is_digest_day(day: date) -> bool:
    """Return whether the leaders get their digest on this day."""
    return day.weekday() in DIGEST_WEEKDAYS and calendar.is_working_day(day)


def reminder_kind_on(day: date, deadline: date) -> Kind:
    """Return the kind of a reminder sent on that working day."""
    if day > deadline:
        return Kind.OVERDUE
    return Kind.REMINDER if working_days_from_deadline(day, deadline) else Kind.DEADLINE_TODAY


def working_days_from_deadline(day: date, deadline: date) -> int:
    """Return the number of working days between the two days; 0 on the deadline's last working day."""
    first, last = sorted((day, deadline))
    return calendar.working_days_between(first + timedelta(days=1), last)


def is_sending_hour(now: datetime) -> bool:
    """Return whether mails may be written now: on working days from 8 to 16."""
    return (
        calendar.is_working_day(danish.local_date(now))
        and SENDING_STARTS <= danish.local_time(now).time() < SENDING_ENDS
    )


def closing_time(day: date) -> datetime:
    return datetime.combine(day, SENDING_ENDS, danish.COPENHAGEN)


def first_sending_day(now: datetime) -> date:
    """Return the first day on which mails may be written: today until 16, otherwise the next working day."""
    today = danish.local_date(now)
    days = (today + timedelta(days=number) for number in range(now >= closing_time(today), MAX_LOOKAHEAD.days))
    return next(filter(calendar.is_working_day, days))


EVERYBODY, NOBODY = Q(receiver__isnull=False), Q(pk__in=[])


def make_reminder_finder(kind: Kind) -> OwedFinder:
    """Return a finder for this kind of reminder: of the letters whose deadline asks for the kind on the day."""

    def owed(incident: Incident, on: date) -> OwedFollowUps:
        days = deadlines_of_kind(incident, on, kind)
        if not days:
            return no_followups()

        def due(incident: Incident, on: date) -> OwedFollowUps:
            return followups_to_remind_of(incident, on).filter(Q(deadline__in=days))

        return owed_on_send_day(due, incident, on, REMINDER_KINDS, receivers_on_step_day(on, days))

    return owed


def deadlines_of_kind(incident: Incident, on: date, kind: Kind) -> list[date]:
    """Return the deadlines of the incident's letters for which a reminder on the day is of the kind."""
    return [day for day in incident.deadlines if reminder_kind_on(on, day) == kind]


def owed_on_send_day(
    find_owed: OwedFinder, incident: Incident, on: date, kinds: tuple[Kind, ...], whose_day: Q
) -> OwedFollowUps:
    """Return the follow-ups of `find_owed` that are owed a notice of `kinds` on the day.

    The receivers match `whose_day` or were held back on the previous step day. A receiver with a notice of
    `kinds` from that day is left out.
    """
    steps = incident.dispatches.filter(kind__in=kinds, step_on__lt=on).order_by("-step_on", "-pk")
    held_back = steps.values_list("held_back", flat=True).first() or []
    if whose_day == NOBODY and not held_back:
        return no_followups()
    already_notified = NoticeItem.objects.active().filter(
        followup__letter__incident=incident, kind__in=kinds, owed_on=on
    )
    due = find_owed(incident, on).filter(whose_day | Q(receiver__in=held_back))
    return due.exclude(receiver__in=already_notified.values("receiver"))


def receivers_on_step_day(on: date, deadlines: Iterable[date]) -> Q:
    """Match the receivers of letters with one of the deadlines for which `on` is a reminder day. Needs `deadline`."""
    steps = [day for day in deadlines if is_reminder_day(on, day)]
    return EVERYBODY & Q(deadline__in=steps) if steps else NOBODY


def followups_to_remind_of(incident: Incident, on: date) -> OwedFollowUps:
    """Return the follow-ups that somebody still has to decide, send or answer, with `receiver` and `deadline`.

    Only follow-ups with a first notice before that day count. Reminders of an absent sender go to the substitute,
    otherwise to the leader.
    """
    return (
        FollowUp.objects.of_incident(incident)
        .filter(letter_state.is_senders_turn(), had_first_notice_before(on))
        .annotate(
            receiver=person_in_charge(MailAbsences.on(on)),
            owed_on=date_value(on),
            deadline=DEADLINE.on(FOLLOWUP_TABLES),
        )
        .filter(receiver__isnull=False)
    )


def had_first_notice_before(on: date) -> Exists:
    """Return whether the sender got the first notice about the follow-up before that day."""
    return Exists(items_about_followup(Kind.FIRST_NOTICE, receiver=OuterRef("letter__sender")).before(on))


def reminders_owed_to(incident: Incident, on: date, receivers: Iterable[int]) -> OwedFollowUps:
    """Return the follow-ups that the receivers are owed a reminder of, under every leader.

    A receiver gets only one mail a day, so the mail covers all leaders' letters.
    """
    return followups_to_remind_of(incident, on).filter(receiver__in=list(receivers))


type CopyRule = Callable[[User, list[Letter]], list[User]]


def leaders_in_copy(receiver: User, letters: list[Letter]) -> list[User]:
    """Return the leaders of the receiver's own letters, most letters first, then by name.

    Neither the receiver nor somebody who has left is among them. A leader who must follow up on a letter is informed,
    also when a sender's letters have different leaders.
    """
    own = [letter for letter in letters if letter.sender_id == receiver.pk]
    led = [letter.leader for letter in own if letter.leader and letter.leader_id != receiver.pk]
    leaders = [leader for leader in led if leader.left_on is None]
    return sorted(set(leaders), key=lambda leader: (-leaders.count(leader), leader.name, leader.pk))


def no_copies(receiver: User, letters: list[Letter]) -> list[User]:
    return []


def fellow_coordinators(receiver: User, letters: list[Letter]) -> list[User]:
    """Return the other coordinators of the receiver's units, by name.

    This is the only database query during composing.
    """
    units = receiver.memberships.filter(role=Membership.Role.COORDINATOR).values("unit")
    fellows = User.objects.filter(memberships__unit__in=units, memberships__role=Membership.Role.COORDINATOR)
    return list(fellows.exclude(pk=receiver.pk).distinct().order_by("name", "pk"))


def users_without_copy(incident: Incident, spared: set[int], on: date, requested_by: int | None) -> set[int]:
    """Return ids of the users who get no copy that day: mailed about the incident, the requester, or in `spared`.

    `spared`: users whom the kind of notice exempts. Applies to kinds that are limited to one mail a day.
    """
    mailed = Delivery.objects.on_day(on).of_incident(incident).filter(recipient__isnull=False)
    without = spared.union(mailed.values_list("recipient", flat=True))
    return without | {requested_by} if requested_by else without


def people_to_remind(incident: Incident, on: date) -> tuple[set[int], dict[int, set[int]]]:
    """Return the ids of all receivers of a reminder that day, and {leader: ids of receivers under the leader}."""
    receivers: set[int] = set()
    led: dict[int, set[int]] = defaultdict(set)
    for receiver, leader in followups_to_remind_of(incident, on).values_list("receiver", "letter__leader").distinct():
        receivers.add(receiver)
        if leader:
            led[leader].add(receiver)
    return receivers, led


def leaders_without_copy(incident: Incident, on: date) -> set[int]:
    """Return the ids of leaders who get no copy of a reminder that day: all leaders on a digest day."""
    receivers, led = people_to_remind(incident, on)
    if is_digest_day(on) and ReminderSchedule.objects.for_incident(incident).is_on:
        return set(led)
    return leaders_with_combined_mail(receivers, led)


def leaders_with_combined_mail(receivers: set[int], led: dict[int, set[int]]) -> set[int]:
    """Return the leaders with a reminder of their own that day, or with more than one copy to get.

    Such a leader gets everything in a single mail, the digest. `receivers` and `led`: see `people_to_remind`.
    """
    return {leader for leader, people in led.items() if leader in receivers or len(people) > 1}
