"""Queries for notices sent between reminder days: answers from a support desk, and failed sender addresses."""

from __future__ import annotations

from datetime import date

from django.db.models import (
    BigIntegerField,
    DateField,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce, TruncDate

from followups.models import EscalationEntry, FollowUp
from followups.rules import rights
from letters.models import Incident
from notifications.kinds.receivers import (
    MailAbsences,
    OwedFollowUps,
    date_value,
    items_about_followup,
    users_not_reached,
)
from notifications.models import Delivery, Kind
from sepo_incident.accounts.models import Absence
from sepo_incident.core.danish import COPENHAGEN


def support_answers_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Return the follow-ups on which a desk has written since the latest decision.

    `receiver` is the asker, otherwise the person in place of the sender. A receiver gets at most one notice a day
    about a letter; a later answer is reported the next day.
    """
    answer = EscalationEntry.objects.filter(
        escalation__followup=OuterRef("pk"), kind=EscalationEntry.Kind.ANSWER
    ).order_by("-pk")
    answers_now = MailAbsences.on(on).responsible_id("letter__sender")
    answered = FollowUp.objects.of_incident(incident).annotate(
        receiver=Coalesce(_current_asker(answer, on), answers_now, output_field=BigIntegerField()),
        answered_by=Subquery(answer.values("by")[:1]),
        answered_at=Subquery(answer.values("at")[:1], output_field=DateTimeField()),
        owed_on=date_value(on),
    )
    waiting = answered.filter(Q(decided_at=None) | Q(decided_at__lt=F("answered_at")), answered_at__isnull=False)
    owed = waiting.exclude(receiver__isnull=True).exclude(receiver=F("answered_by"))
    mailed_since = items_about_followup(
        Kind.SUPPORT_ANSWER, receiver=OuterRef("receiver"), notice__created_at__gte=OuterRef("answered_at")
    )
    return owed.exclude(receiver_was_told(Kind.SUPPORT_ANSWER)).exclude(Exists(mailed_since))


def _current_asker(answers: QuerySet[EscalationEntry], on: date) -> Subquery:
    """Return the id of the person who asked the desk.

    NULL when that person has left, or asked as a substitute for the sender or leader and is not a substitute today.
    """
    letter = "escalation__followup__letter"
    people = Q(person=OuterRef(f"{letter}__sender")) | Q(person=OuterRef(f"{letter}__leader"))
    stood_in = Absence.objects.filter(people, substitute=OuterRef("escalation__raised_by"))
    is_theirs = Q(escalation__raised_by=F(f"{letter}__sender")) | Q(escalation__raised_by=F(f"{letter}__leader"))
    asking = answers.filter(
        is_theirs | ~Exists(stood_in) | Exists(stood_in.in_force(on)), escalation__raised_by__left_on=None
    )
    return Subquery(asking.values("escalation__raised_by")[:1])


def failed_addresses_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Return the unfinished follow-ups of senders with an address that refused a mail, with the leader as `receiver`.

    A leader gets one notice per refused mail. As long as the address refuses mail, reminders go to the leader too.
    """
    refused = Delivery.objects.unreached().filter(recipient=OuterRef("letter__sender"), role=Delivery.Role.TO)
    refused_at = Subquery(refused.order_by("-pk").values("notice__created_at")[:1])
    return (
        FollowUp.objects.of_incident(incident)
        .not_done()
        .filter(rights.with_leader_besides_sender("letter__"), letter__sender__in=users_not_reached())
        .annotate(
            receiver=MailAbsences.on(on).responsible_id("letter__leader"),
            owed_on=TruncDate(refused_at, tzinfo=COPENHAGEN, output_field=DateField()),
        )
        .filter(receiver__isnull=False, owed_on__isnull=False)
        .exclude(receiver_was_told(Kind.ADDRESS_FAILED))
    )


def receiver_was_told(kind: Kind) -> Exists:
    """Return whether the receiver has a notice of this kind about the follow-up with the same `owed_on`."""
    return Exists(items_about_followup(kind, receiver=OuterRef("receiver"), owed_on=OuterRef("owed_on")))
