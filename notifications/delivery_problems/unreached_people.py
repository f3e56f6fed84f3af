"""The data of *Ikke nået*: people whom a mail has not reached, with the reason and the next action."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from followups.models import FollowUp
from letters.models import Letter
from notifications.delivery_problems.failed_mail import failed_mails_like
from notifications.dispatching import dispatch_progress
from notifications.dispatching.dispatch_progress import StateFilter
from notifications.models import KINDS_WITHOUT_LETTERS, Delivery, Notice, State, delivery_states
from notifications.models.notice import NoticeQuerySet
from notifications.outbox.delivery_explanations import explain_delivery
from sepo_incident.accounts.models import Membership, User
from sepo_incident.accounts.roles import prefetch_roles
from sepo_incident.core.components import ListFilter, Pill, build_pills, find_filter

Role = Membership.Role
#: The longest list of people to choose from.
MAX_ALTERNATIVES = 8
FILTERS: list[StateFilter] = [
    ListFilter("alle", "Alle", "", delivery_states.AWAITING_RESOLUTION),
    *(
        one
        for one in dispatch_progress.STATE_FILTERS
        if len(one.shows) == 1 and one.shows[0] in delivery_states.AWAITING_RESOLUTION
    ),
]


@dataclass(frozen=True)
class UnreachedPerson:
    """A person at an address, with the newest failed mail and the number of failed mails."""

    newest: Delivery
    mails: int

    @property
    def state(self) -> State:
        return self.newest.current_state

    def why(self, now: datetime) -> str:
        return explain_delivery(self.newest, now)

    @property
    def waiting_time(self) -> timedelta:
        return timezone.now() - self.newest.changed_at

    @property
    def todo(self) -> str:
        return delivery_states.STATE_INFO[self.state].todo


def list_unreached_people() -> list[UnreachedPerson]:
    """Return the unreached people, the longest waiting first. Two queries.

    The list is short enough to be paginated in memory.
    """
    mails = (
        Delivery.objects.awaiting_resolution().select_related("recipient__unit", "notice").prefetch_related("evidence")
    )
    newest: dict[tuple[int | None, str], Delivery] = {}
    numbers: Counter[tuple[int | None, str]] = Counter()
    for mail in mails.order_by("pk"):
        at = (mail.recipient_id, mail.address.lower())
        newest[at] = mail
        numbers[at] += 1
    people = [UnreachedPerson(mail, numbers[at]) for at, mail in newest.items()]
    return sorted(people, key=lambda one: (one.newest.changed_at, one.newest.pk))


def unreached_recipients() -> QuerySet[Delivery, Any]:
    """Return a row per person and address with failed mails."""
    return Delivery.objects.awaiting_resolution().order_by().values("recipient", "address").distinct()


def selected_filter(slug: str) -> StateFilter:
    return find_filter(slug, FILTERS) or FILTERS[0]


def filter_pills(people: list[UnreachedPerson], current: StateFilter) -> list[Pill]:
    """Return pills for everybody and for each state that occurs."""
    numbers = Counter(one.state for one in people)
    counted = {one.slug: sum(numbers[State(state)] for state in one.shows) for one in FILTERS}
    return build_pills(FILTERS, counted, current, "?tilstand=", always={"alle"})


def alternative_recipients(delivery: Delivery) -> list[User]:
    """Return at most ``MAX_ALTERNATIVES`` people who may get the mails instead, by name.

    Candidates are the letters' leaders, and leaders and coordinators of the units above. A candidate may read every
    mail, has not received any of the mails, and can be reached.
    """
    mails = Notice.objects.filter(deliveries__in=failed_mails_like(delivery)).exclude(kind__in=KINDS_WITHOUT_LETTERS)
    letters = Letter.objects.filter(followup__in=FollowUp.objects.filter(notice_items__notice__in=mails))
    above = {pk for lineage in letters.values_list("unit__lineage", flat=True) if lineage for pk in lineage}
    in_charge = Q(memberships__unit__in=above, memberships__role__in=[Role.LEADER, Role.COORDINATOR])
    people = User.objects.filter(in_charge | Q(pk__in=letters.values("leader")), is_active=True).distinct()
    reachable = people.filter(left_on=None, unreachable_since=None).exclude(deliveries__notice__in=mails)
    asked = list(reachable.select_related("unit").order_by("name"))
    prefetch_roles(asked)
    number, readable = count_readable_mails(mails, asked)
    return [one for one in asked if number and readable[one.pk] == number][:MAX_ALTERNATIVES]


def count_readable_mails(mails: NoticeQuerySet, people: list[User]) -> tuple[int, dict[int, int]]:
    """Return the number of mails, and {person id: number of the mails that the person may read}. One query."""
    by_each = {
        f"by_{one.pk}": Count("pk", filter=Q(pk__in=Notice.objects.visible_to(one).values("pk")), distinct=True)
        for one in people
    }
    counted = mails.aggregate(Count("pk", distinct=True), **by_each)
    return counted.pop("pk__count"), {int(name.removeprefix("by_")): number for name, number in counted.items()}
