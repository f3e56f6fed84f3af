"""What has happened that somebody must hear of without waiting for the ladder: an answer from a desk, and a sender
whom our mails do not reach."""

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
    Value,
)
from django.db.models.functions import Coalesce, TruncDate

from followups.models import Escalation, EscalationEntry, FollowUp
from letters.models import Incident
from notifications.kinds.receivers import Absences, OwedFollowUps, users_not_reached
from notifications.models import Delivery, Kind, NoticeItem
from sepo_incident.accounts.models import Absence
from sepo_incident.core.danish import COPENHAGEN


def support_answers_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Letters about which a desk has written since anybody decided, to whoever asked. One mail a day about each: what
    is written after it is told of on the next. Each knows whether it is a question (``asks_back``)."""
    answer = EscalationEntry.objects.filter(
        escalation__followup=OuterRef("pk"), kind=EscalationEntry.Kind.ANSWER
    ).order_by("-pk")
    answers_now = Absences.on(on).answering("letter__sender")
    answered = FollowUp.objects.of(incident).annotate(
        receiver=Coalesce(_current_asker(answer, on), answers_now, output_field=BigIntegerField()),
        answered_by=Subquery(answer.values("by")[:1]),
        answered_at=Subquery(answer.values("at")[:1], output_field=DateTimeField()),
        asks_back=Exists(Escalation.objects.filter(followup=OuterRef("pk"), is_with_asker=True)),
        owed_on=Value(on, output_field=DateField()),
    )
    waiting = answered.filter(Q(decided_at=None) | Q(decided_at__lt=F("answered_at")), answered_at__isnull=False)
    owed = waiting.exclude(receiver__isnull=True).exclude(receiver=F("answered_by"))
    return owed.exclude(receiver_was_told(Kind.SUPPORT_ANSWER)).exclude(_was_mailed_since("answered_at"))


def _current_asker(answers: QuerySet[EscalationEntry], on: date) -> Subquery:
    """Whoever asked; nobody where they have left, or asked as a substitute for sender or leader and are none today."""
    letter = "escalation__followup__letter"
    people = Q(person=OuterRef(f"{letter}__sender")) | Q(person=OuterRef(f"{letter}__leader"))
    stood_in = Absence.objects.filter(people, substitute=OuterRef("escalation__raised_by"))
    is_theirs = Q(escalation__raised_by=F(f"{letter}__sender")) | Q(escalation__raised_by=F(f"{letter}__leader"))
    asking = answers.filter(
        is_theirs | ~Exists(stood_in) | Exists(stood_in.in_force(on)), escalation__raised_by__left_on=None
    )
    return Subquery(asking.values("escalation__raised_by")[:1])


def _was_mailed_since(moment: str) -> Exists:
    """Has the receiver had a mail about an answer since then?"""
    items = NoticeItem.objects.active().filter(followup=OuterRef("pk"), kind=Kind.SUPPORT_ANSWER)
    return Exists(items.filter(receiver=OuterRef("receiver"), notice__created_at__gte=OuterRef(moment)))


def failed_addresses_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Undone letters of a sender whose address refused a mail, to their leader. Once for each mail that was refused;
    while it does, the reminders go to the leader too."""
    refused = Delivery.objects.unreached().filter(recipient=OuterRef("letter__sender"), role=Delivery.Role.TO)
    return (
        FollowUp.objects.of(incident)
        .undone()
        .filter(letter__sender__in=users_not_reached(), letter__leader__isnull=False)
        .exclude(letter__leader=F("letter__sender"))
        .annotate(
            receiver=Absences.on(on).answering("letter__leader"),
            owed_on=danish_date_of(Subquery(refused.order_by("-pk").values("notice__created_at")[:1])),
        )
        .filter(receiver__isnull=False, owed_on__isnull=False)
        .exclude(receiver_was_told(Kind.ADDRESS_FAILED))
    )


def danish_date_of(moment: Subquery) -> TruncDate:
    return TruncDate(moment, tzinfo=COPENHAGEN, output_field=DateField())


def receiver_was_told(kind: Kind) -> Exists:
    """Was the receiver told of what became owed on that day?"""
    return Exists(
        NoticeItem.objects.active().filter(
            followup=OuterRef("pk"), kind=kind, receiver=OuterRef("receiver"), owed_on=OuterRef("owed_on")
        )
    )
