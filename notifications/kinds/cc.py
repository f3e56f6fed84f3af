"""Rules for cc: users who get a copy of a notice, and users who are spared the copy.

`notice_kinds.KINDS` says which kind of notice uses which rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date

from letters.models import Incident, Letter
from notifications.kinds.reminders import followups_to_remind_of, is_digest_day
from notifications.models import Delivery, ReminderSchedule
from sepo_incident.accounts.models import Membership, User

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
    schedule = ReminderSchedule.objects.for_incident(incident)
    if schedule.is_on and is_digest_day(schedule, on):
        return set(led)
    return leaders_with_combined_mail(receivers, led)


def leaders_with_combined_mail(receivers: set[int], led: dict[int, set[int]]) -> set[int]:
    """Return the leaders with a reminder of their own that day, or with more than one copy to get.

    Such a leader gets everything in a single mail, the digest. `receivers` and `led`: see `people_to_remind`.
    """
    return {leader for leader, people in led.items() if leader in receivers or len(people) > 1}
