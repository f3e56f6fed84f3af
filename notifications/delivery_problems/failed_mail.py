"""Resolve failed mails: correct or approve the address, or record a call or «not needed».

An action covers all failed mails to the same person at the same address. The failed mails are kept, marked with the
outcome, and recorded in the append-only table `FailedMailResolution`. Raises Conflict if no failed mail is left.

Also keeps `User.unreachable_since` up to date, so that the letters of unreachable people appear on *Mangler
ansvarlig*. `letters` and `accounts` may not import notifications, so the mark is recomputed from the mails.
"""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from letters.importing.plan import letter_comparison
from letters.models import Incident, Letter
from notifications.kinds.notice_kinds import KINDS, SendTrigger
from notifications.models import Delivery, FailedMailResolution, State
from notifications.models import Kind as MailKind
from notifications.models.delivery import DeliveryQuerySet
from notifications.outbox import enqueue
from notifications.outbox.delivery_explanations import describe_outcome
from notifications.outbox.enqueue import build_delivery
from notifications.outbox.replies_and_retries import retry_deliveries
from sepo_incident.accounts import users
from sepo_incident.accounts.models import EmailChange, Membership, User
from sepo_incident.core import database
from sepo_incident.core.database import Conflict

Kind = FailedMailResolution.Kind
Role = Membership.Role

CORRECTION_TEXT = """{by} har rettet mailadressen for {name} fra {old} til {new}.

Mails om breve går nu til den nye adresse, og {name} logger ind med den. Personalejura skal åbne personalesager, før \
{name} kan læse dem.

Er det forkert? Så ring til Personalejura og Forhandling på {phone}.
"""
MAX_REASON_LENGTH = 200
#: Keeps `unreachable_since` when only the reason changes.
MARK_UNREACHABLE_SQL = """
    UPDATE accounts_user
    SET unreachable_since = coalesce(unreachable_since, %s), unreachable_why = failed.why
    FROM unnest(%s::bigint[], %s::text[]) AS failed (person, why)
    WHERE accounts_user.id = failed.person AND unreachable_why <> failed.why
"""


def update_unreachable_people() -> None:
    """Mark every person whose newest mail failed, with the reason, and remove the mark from everybody else."""
    unreached = Delivery.objects.unreached().filter(recipient__isnull=False)
    newest = unreached.order_by("recipient", "-pk").distinct("recipient").prefetch_related("evidence")
    failed = {one.recipient_id: describe_outcome(one).rstrip(".")[:MAX_REASON_LENGTH] for one in newest}
    people = list(failed)
    marked = User.objects.filter(unreachable_since__isnull=False)
    marked.exclude(pk__in=people).update(unreachable_since=None, unreachable_why="")  # type: ignore[misc]
    database.execute(MARK_UNREACHABLE_SQL, [timezone.now(), people, list(failed.values())])


def failed_mails_like(delivery: Delivery) -> DeliveryQuerySet:
    """Return the failed mails to the same person at the same address, including `delivery`; oldest first.

    Mails of another incident are left out: whoever was told of one incident does not know of the other.
    """
    same = Q(recipient=delivery.recipient_id, address__iexact=delivery.address)
    dispatch = delivery.notice.dispatch
    mails = Delivery.objects.awaiting_resolution().of_incident(dispatch.incident if dispatch else None)
    return mails.filter(same).select_related("notice").order_by("pk")


@transaction.atomic
def correct_address(delivery: Delivery, new: str, by: User) -> int:
    """Correct the person's address and send the failed mails there. Return the number of mails sent.

    Raises Conflict or EmailTaken; then nothing is changed.
    """
    waiting, person = lock_failed_mails(delivery), delivery.recipient
    if person is None:
        raise Conflict
    change = users.correct_email(person, new, old=delivery.address, by=by)
    person.refresh_from_db()
    dispatch = delivery.notice.dispatch
    tell_about_correction(change, dispatch.incident if dispatch else None)
    letter_comparison.replace_former_addresses()
    return send_replacements(waiting, person, by)


def tell_about_correction(change: EmailChange, incident: Incident | None) -> None:
    """Mail the correction to the old address, although it may not work, to the leaders of the person's letters, and to
    every other administrator. A leader whom a later list has replaced hears of it too.

    Whoever corrects an address alone could make themselves the person: the others shall hear of it at once.
    """
    sent = Letter.objects.active().filter(sender=change.user)
    leads = Q(pk__in=sent.values("leader")) | Q(pk__in=sent.values("listed_leader"))
    watching = Q(pk__in=Membership.objects.filter(role=Role.KIT_ADMIN).exclude(user=change.by_id).values("user"))
    others = User.objects.filter(leads | watching, is_active=True, left_on=None).exclude(pk=change.user_id)
    phone = (incident or Incident()).personnel_phone  # the default where the mail belongs to no incident
    text = CORRECTION_TEXT.format(by=change.by.name, name=change.user.name, old=change.old, new=change.new, phone=phone)
    told: list[User | str] = [change.old, *others.order_by("pk")]
    for to in told:
        enqueue.enqueue_standalone_mail(MailKind.ACCESS_CHANGED, to, f"Ny mailadresse: {change.user.name}", text)


@transaction.atomic
def approve_address(delivery: Delivery, reason: str, by: User) -> int:
    """Approve the person's address, and send the mails of all incidents that wait for it. Return their number.

    Raises Conflict if no mail waits for the approval any more; then nothing is changed.
    """
    person, like = delivery.recipient, Q(recipient=delivery.recipient_id, address__iexact=delivery.address)
    waiting = Delivery.objects.awaiting_resolution().filter(like)
    number = retry_deliveries(waiting.values_list("pk", flat=True), [State.UNAPPROVED])
    if not number or person is None:
        raise Conflict
    users.record_approval(person, delivery.address, reason, by)
    update_unreachable_people()
    return number


@transaction.atomic
def resolve_without_mail(delivery: Delivery, kind: Kind, **details: Any) -> int:
    """Record that a person was told by phone, or why no mail is needed. Return the number of mails resolved.

    details: fields of `FailedMailResolution`. Raises Conflict.
    """
    waiting = lock_failed_mails(delivery)
    save_resolutions(waiting, [None] * len(waiting), kind=kind, **details)
    return len(waiting)


def send_again(delivery: Delivery) -> int:
    """Send the same mails to the same address. Return the number of mails. Raises Conflict."""
    number = retry_deliveries(failed_mails_like(delivery).values_list("pk", flat=True))
    if not number:
        raise Conflict
    return number


def lock_failed_mails(delivery: Delivery) -> list[Delivery]:
    """Return the failed mails, locked until the transaction ends. Raises Conflict if no failed mail is left."""
    waiting = list(failed_mails_like(delivery).select_for_update(of=("self",)))
    if not waiting:
        raise Conflict
    return waiting


def send_replacements(waiting: list[Delivery], to: User, by: User) -> int:
    """Send a replacement of every failed mail, but of scheduled reminders only the newest. Return the number sent.

    The newest reminder covers everything still owed.
    """
    steps = {kind for kind, rules in KINDS.items() if rules.trigger == SendTrigger.STEP}
    reminders = [one for one in waiting if one.notice.kind in steps]
    sent = [one for one in waiting if one not in reminders[:-1]]
    Delivery.objects.filter(pk__in=[one.pk for one in waiting]).update(resolution_state=State.REPLACED)
    now = database.now()
    new = Delivery.objects.bulk_create(build_delivery(one.notice, Delivery.Role(one.role), to, now) for one in sent)
    instead = dict(zip((one.pk for one in sent), new, strict=True))
    newest = instead.get(reminders[-1].pk) if reminders else None
    save_resolutions(waiting, [instead.get(one.pk, newest) for one in waiting], kind=Kind.ADDRESS, by=by)
    enqueue.wake_mail_workers()
    return len(new)


def save_resolutions(waiting: list[Delivery], instead: list[Delivery | None], *, kind: Kind, **details: Any) -> None:
    """Mark the failed mails, record each with its replacement, and update the marks of unreachable people."""
    Delivery.objects.filter(pk__in=[one.pk for one in waiting]).update(
        resolution_state=FailedMailResolution.MARKS[kind]
    )
    FailedMailResolution.objects.bulk_create(
        FailedMailResolution(delivery=one, kind=kind, replacement=new, **details)
        for one, new in zip(waiting, instead, strict=True)
    )
    update_unreachable_people()
