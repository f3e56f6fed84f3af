"""What has happened that somebody must hear of without waiting for the ladder: an answer from a desk, and a sender
whom our mails do not reach."""

from __future__ import annotations

from datetime import date

from django.db.models import DateField, DateTimeField, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import TruncDate

from followups.models import EscalationEntry, FollowUp
from letters.models import Incident
from notifications.models import Delivery, Kind, NoticeItem
from notifications.owing.absences import Absences, unreached
from notifications.owing.debts import Owed
from sepo_incident.danish import COPENHAGEN


def answers_owed(incident: Incident, on: date) -> Owed:
    """Letters about which a desk has written since anybody decided, to whoever asked. One mail a day about each."""
    answer = EscalationEntry.objects.filter(
        escalation__followup=OuterRef("pk"), kind=EscalationEntry.Kind.ANSWER
    ).order_by("-pk")
    answered = FollowUp.objects.of(incident).annotate(
        receiver=Subquery(answer.values("escalation__raised_by")[:1]),
        answered_by=Subquery(answer.values("by")[:1]),
        owed_on=day_of(Subquery(answer.values("at")[:1], output_field=DateTimeField())),
        answered_at=Subquery(answer.values("at")[:1]),
    )
    waiting = answered.filter(Q(decided_at=None) | Q(decided_at__lt=F("answered_at")))
    return waiting.exclude(receiver__isnull=True).exclude(receiver=F("answered_by")).exclude(told(Kind.SUPPORT_ANSWER))


def failed_addresses_owed(incident: Incident, on: date) -> Owed:
    """Undone letters of a sender whose address refused a mail, to their leader. Once for each mail that was refused;
    while it does, the reminders go to the leader too."""
    refused = Delivery.objects.unreached().filter(recipient=OuterRef("letter__sender"), role=Delivery.Role.TO)
    return (
        FollowUp.objects.of(incident)
        .undone()
        .filter(letter__sender__in=unreached(), letter__leader__isnull=False)
        .exclude(letter__leader=F("letter__sender"))
        .annotate(
            receiver=Absences.on(on).answering("letter__leader"),
            owed_on=day_of(Subquery(refused.order_by("-pk").values("notice__created_at")[:1])),
        )
        .filter(receiver__isnull=False, owed_on__isnull=False)
        .exclude(told(Kind.ADDRESS_FAILED))
    )


def day_of(moment: Subquery) -> TruncDate:
    return TruncDate(moment, tzinfo=COPENHAGEN, output_field=DateField())


def told(kind: Kind) -> Exists:
    """Was the receiver told of what became owed on that day?"""
    return Exists(
        NoticeItem.objects.standing().filter(
            followup=OuterRef("pk"), kind=kind, receiver=OuterRef("receiver"), owed_on=OuterRef("owed_on")
        )
    )
