"""«Send påmindelse nu»: a leader requests reminders of the people who can be reminded today, and sees earlier requests.

The mail is the scheduled reminder of that day, so the rules of the reminder schedule apply: the follow-ups owed, the
receiver, and at most one mail a day.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from django.db import transaction
from django.db.models import Case, Count, Max, Min, Value, When

from followups.absence import takeovers
from followups.models import FollowUp
from followups.rules import letter_state
from letters.models import Incident
from letters.models.letter import UNKNOWN_SENDER, LetterQuerySet
from notifications.dispatching import dispatch_lifecycle
from notifications.dispatching.dispatch_lifecycle import DispatchAlreadyRequested, record_change
from notifications.kinds import reminders
from notifications.kinds.receivers import OwedFollowUps
from notifications.kinds.reminders import (
    followups_to_remind_of,
    had_first_notice_before,
    reminders_owed_to,
)
from notifications.models import Delivery, Dispatch, SendingChange, SendingSettings
from notifications.models.notice import REMINDER_KINDS
from sepo_incident.accounts.models import Absence, User
from sepo_incident.core import danish, database
from sepo_incident.core.database import Conflict

ONE_DAY = timedelta(days=1)


@transaction.atomic
def request_reminders(led: LetterQuerySet, incident: Incident, receivers: Collection[int], by: User) -> Dispatch:
    """Request one reminder to each receiver, and return the dispatch.

    led: the letters that `by` leads. receivers: the users chosen on the page.

    Raises DispatchAlreadyRequested when `by` has already requested the same reminders today. Raises Conflict when a
    receiver cannot be reminded now or when all mail is on pause. Then nothing is changed.
    """
    locked_incident = Incident.objects.select_for_update().get(pk=incident.pk)  # serialises two clicks on the button
    now, wanted = database.now(), sorted(set(receivers))
    today = danish.local_date(now)
    sending = SendingSettings.objects.for_incident(locked_incident)
    if sending.paused_at or not find_candidates(led, locked_incident, by, now).receivers.issuperset(wanted):
        requested = locked_incident.dispatches.exclude(status__in=Dispatch.CUT_SHORT).filter(requested_by=by)
        same = requested.filter(requested_at__gte=danish.midnight(today), receivers=wanted).first()
        raise DispatchAlreadyRequested(same) if same else Conflict
    owed = reminders_owed_to(locked_incident, today, wanted)
    earliest = owed.aggregate(day=Min("deadline"))["day"] or locked_incident.deadline
    dispatch = dispatch_lifecycle.create_dispatch(
        reminders.reminder_kind_on(today, earliest),
        locked_incident,
        owed,
        len(wanted),
        requested_by=by,
        receivers=wanted,
        closes_at=danish.midnight(today + ONE_DAY),
    )
    record_change(dispatch, SendingChange.Kind.REMINDED, by, number=len(wanted))
    return dispatch


class NoReminderReason(Enum):
    """Why a person with unfinished letters gets no mail now. The values are shown to users."""

    MAILED = "Mail skrevet i dag {}."
    UNDER_WAY = "En påmindelse er på vej."
    YOURSELF = "Du svarer selv for brevene lige nu."
    DESK = "Venter på svar på et spørgsmål."
    NOT_TOLD = "Har ikke fået første besked fra Koncern IT før i dag."
    NOBODY = "Ingen kan svare for brevene lige nu."
    UNKNOWN = "Vi ved ikke, hvem afsenderen er."


@dataclass(frozen=True)
class ReminderReceiver:
    """A person who gets a mail, with the number of letters.

    `instead_of`: [(absent sender, description of the absence)] for the senders that the receiver stands in for.
    """

    receiver: User
    letters: int
    instead_of: list[tuple[User, str]]


@dataclass(frozen=True)
class SenderNotReminded:
    """A sender with unfinished letters who gets no mail. `sender` is None if the sender is unknown.

    `at`: when the person had the latest mail that day.
    """

    sender: User | None
    letters: int
    why: NoReminderReason
    at: datetime | None = None

    @property
    def name(self) -> str:
        return self.sender.name if self.sender else UNKNOWN_SENDER

    @property
    def reason(self) -> str:
        return self.why.value.format(danish.clock(self.at) if self.at else "")


@dataclass(frozen=True)
class RemindCandidates:
    """People with unfinished letters, most letters first: `mailed` by a press, or `not_reminded` with a reason."""

    mailed: list[ReminderReceiver]
    not_reminded: list[SenderNotReminded]

    @property
    def receivers(self) -> set[int]:
        return {one.receiver.pk for one in self.mailed}

    @property
    def mailed_today(self) -> list[SenderNotReminded]:
        return [one for one in self.not_reminded if one.why is NoReminderReason.MAILED]

    @property
    def others(self) -> list[SenderNotReminded]:
        return [one for one in self.not_reminded if one.why is not NoReminderReason.MAILED]

    @property
    def without_mail(self) -> list[SenderNotReminded]:
        """The known senders who get no mail about any of the letters."""
        told = self.receivers | {sender.pk for one in self.mailed for sender, _ in one.instead_of}
        return [one for one in self.not_reminded if one.sender and one.sender.pk not in told]


#: {(sender, receiver): number of letters}
type LetterCounts = Mapping[tuple[int, int], int]


def find_candidates(led: LetterQuerySet, incident: Incident, asker: User, now: datetime) -> RemindCandidates:
    """Return the people who can be reminded now and the senders who cannot, with the reasons.

    led: the letters that `asker` leads. Eight queries for any number of letters.
    """
    today = danish.local_date(now)
    owed = followups_to_remind_of(incident, today).filter(letter_state.task_known_to_readers_of(led))
    grouped = owed.order_by().values_list("letter__sender", "receiver").annotate(Count("pk"))
    debts = {(sender, receiver): number for sender, receiver, number in grouped}
    rest = count_letters_not_reminded(led, incident, owed, today)
    people = User.objects.in_bulk({pk for pair in debts for pk in pair} | {pk for pk, _ in rest if pk})
    mails = Delivery.objects.on_day(today).of_incident(incident).filter(recipient__in=people).order_by()
    had = dict(mails.values_list("recipient").annotate(Max("notice__created_at")))  # a copy counts as a mail
    on_their_way = reminders_under_way(incident, now)

    def barred(receiver: int) -> NoReminderReason | None:
        if receiver == asker.pk:
            return NoReminderReason.YOURSELF
        return NoReminderReason.MAILED if receiver in had else on_their_way.get(receiver, on_their_way.get(None))

    not_reminded = [
        SenderNotReminded(people[sender], number, why, had.get(receiver))
        for (sender, receiver), number in debts.items()
        if (why := barred(receiver))
    ]
    told = {sender for sender, _ in debts}
    not_reminded += [
        SenderNotReminded(
            people.get(sender or 0), number, NoReminderReason.MAILED if sender in had else why, had.get(sender or 0)
        )
        for (sender, why), number in rest.items()
        if sender not in told
    ]
    free = {pair: number for pair, number in debts.items() if not barred(pair[1])}
    not_reminded.sort(key=lambda one: (one.sender is None, -one.letters, danish.sort_key(one.name)))
    return RemindCandidates(group_by_receiver(free, people, today), not_reminded)


def count_letters_not_reminded(
    led: LetterQuerySet, incident: Incident, owed: OwedFollowUps, on: date
) -> dict[tuple[int | None, NoReminderReason], int]:
    """Return {(sender, reason): number of letters} for unfinished letters outside `owed`."""
    rest = (
        FollowUp.objects.of_incident(incident)
        .filter(letter_state.of_followup(letter_state.AWAITS_SENDER), letter_state.task_known_to_readers_of(led))
        .exclude(pk__in=owed.values("pk"))
    )
    why = Case(
        When(letter__sender=None, then=Value(NoReminderReason.UNKNOWN.name)),
        When(letter_state.of_followup(letter_state.AWAITS_DESK), then=Value(NoReminderReason.DESK.name)),
        When(~had_first_notice_before(on), then=Value(NoReminderReason.NOT_TOLD.name)),
        default=Value(NoReminderReason.NOBODY.name),
    )
    rows = rest.annotate(why=why).order_by().values_list("letter__sender", "why").annotate(Count("pk"))
    return {(sender, NoReminderReason[name]): number for sender, name, number in rows}


def reminders_under_way(incident: Incident, now: datetime) -> dict[int | None, NoReminderReason]:
    """Return {receiver: UNDER_WAY} for the reminders requested and not yet written.

    The key None stands for all receivers, when a dispatch has no selected receivers.
    """
    requested = incident.dispatches.unfinished().filter(kind__in=REMINDER_KINDS, closes_at__gt=now)
    chosen: Iterable[Sequence[int | None] | None] = requested.values_list("receivers", flat=True)
    return {receiver: NoReminderReason.UNDER_WAY for some in chosen for receiver in some or [None]}


def group_by_receiver(debts: LetterCounts, people: Mapping[int, User], on: date) -> list[ReminderReceiver]:
    """Return a row per receiver, most letters first, with «Er fratrådt» or «Væk til og med …» about the absent senders.

    An absence known only from an auto-reply is not disclosed.
    """
    away = Absence.objects.stand_ins(on, {sender for sender, receiver in debts if sender != receiver})
    rows = []
    for pk in {receiver for _, receiver in debts}:
        theirs = {sender: number for (sender, receiver), number in debts.items() if receiver == pk}
        others = sorted((people[sender] for sender in theirs if sender != pk), key=name_sort_key)
        absences = [(one, takeovers.whereabouts(one, away.get(one.pk)) or "Kan ikke nås lige nu") for one in others]
        rows.append(ReminderReceiver(people[pk], sum(theirs.values()), absences))
    return sorted(rows, key=lambda row: (-row.letters, name_sort_key(row.receiver)))


def name_sort_key(person: User) -> str:
    return danish.sort_key(person.name)
