"""Seeing a mail through that reached nobody: another address, another person, a call, or nobody need hear of it.

Each act is about everything that waits for the same person at the same address. The mails that failed stay as they
were, marked with what was done and a row in the ledger (``Mending``). Who comes second finds none waiting and is told
(``Overtaken``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from letters.importing import former_addresses
from notifications import bells
from notifications.kinds import KINDS, Rhythm
from notifications.models import Delivery, Mending
from notifications.models import Kind as MailKind
from notifications.models.delivery import DeliveryQuerySet
from notifications.recovering import reaching
from notifications.sending import outbox
from notifications.sending.posting import delivery_of
from sepo_incident.accounts import addresses
from sepo_incident.accounts.models import User
from sepo_incident.overtaken import Overtaken

Kind = Mending.Kind


def waiting_like(delivery: Delivery) -> DeliveryQuerySet:
    """The mails that wait for the same person at the same address, this one too; oldest first."""
    same = Q(recipient=delivery.recipient_id, address__iexact=delivery.address)
    return Delivery.objects.unsettled().filter(same).select_related("notice").order_by("pk")


@transaction.atomic
def correct_address(delivery: Delivery, new: str, by: User) -> int:
    """Correct the person's address and send the mails there; returns how many are sent.

    Raises ``Overtaken`` and ``addresses.Taken``; then nothing is changed.
    """
    waiting, person = take(delivery), delivery.recipient
    if person is None:
        raise Overtaken
    addresses.correct(person, new, seen=delivery.address, by=by)
    person.refresh_from_db()
    former_addresses.follow()
    return replace(waiting, person, Kind.ADDRESS, by)


@transaction.atomic
def send_to(delivery: Delivery, another: User, by: User) -> int:
    """Send the mails to another person instead, as they were written. Raises ``Overtaken``."""
    return replace(take(delivery), another, Kind.ANOTHER, by)


@transaction.atomic
def tell(delivery: Delivery, told: str, on: date, note: str, by: User) -> int:
    """Somebody was told what the mails say; returns how many they are. Raises ``Overtaken``."""
    return settle(take(delivery), Kind.TOLD, told=told, told_on=on, note=note, by=by)


@transaction.atomic
def let_go(delivery: Delivery, why: str, by: User) -> int:
    """Nobody need hear of it any more; returns how many they are. Raises ``Overtaken``."""
    return settle(take(delivery), Kind.NEEDLESS, note=why, by=by)


def send_again(delivery: Delivery) -> int:
    """The same mails to the same address. Raises ``Overtaken``."""
    number = retry(waiting_like(delivery).values_list("pk", flat=True))
    if not number:
        raise Overtaken
    return number


def retry(deliveries: Iterable[int]) -> int:
    """Each once more as it is, of those that rest and are not known to have arrived; returns how many they are."""
    number = outbox.retry(deliveries)
    if number:
        bells.ring_for_mail()
    return number


def take(delivery: Delivery) -> list[Delivery]:
    """What waits, held for as long as the transaction lasts. Raises ``Overtaken`` when nothing does any more."""
    waiting = list(waiting_like(delivery).select_for_update(of=("self",)))
    if not waiting:
        raise Overtaken
    return waiting


def replace(waiting: list[Delivery], to: User, kind: Kind, by: User) -> int:
    """Each by a mail of its own; of reminders the newest alone, which says what is owed now."""
    mark(waiting, kind)
    reminders = [one for one in waiting if is_reminder(one)]
    sent = [one for one in waiting if one not in reminders[:-1]]
    now = timezone.now()
    new = Delivery.objects.bulk_create(delivery_of(one.notice, Delivery.Role(one.role), to, now) for one in sent)
    instead = dict(zip((one.pk for one in sent), new, strict=True))
    newest = instead.get(reminders[-1].pk) if reminders else None
    write_down(waiting, kind, [instead.get(one.pk, newest) for one in waiting], by=by)
    bells.ring_for_mail()
    return len(new)


def settle(waiting: list[Delivery], kind: Kind, **said: Any) -> int:
    mark(waiting, kind)
    write_down(waiting, kind, [None] * len(waiting), **said)
    return len(waiting)


def mark(waiting: list[Delivery], kind: Kind) -> None:
    Delivery.objects.filter(pk__in=[one.pk for one in waiting]).update(mended=Mending.MARKS[kind])


def write_down(waiting: list[Delivery], kind: Kind, instead: list[Delivery | None], **said: Any) -> None:
    """A line for each, with what was sent instead; and who can be reached now is taken off *Mangler ansvarlig*."""
    Mending.objects.bulk_create(
        Mending(delivery=one, kind=kind, replacement=new, **said) for one, new in zip(waiting, instead, strict=True)
    )
    reaching.follow()


def is_reminder(delivery: Delivery) -> bool:
    """A step of the ladder; the next says the same and more."""
    return delivery.notice.kind in KINDS and KINDS[MailKind(delivery.notice.kind)].rhythm == Rhythm.STEP
