"""Write the notices of a dispatch into the outbox: compose in batches, save, and wake the mail workers."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from django.db import transaction

from followups.models import FollowUp
from letters.models import Incident, deadlines_of_letters
from notifications.kinds import reminders
from notifications.kinds.notice_kinds import KINDS, SendTrigger, owed_followups
from notifications.kinds.receivers import OwedFollowUps, exclude_mailed_on_day
from notifications.kinds.reminders import users_without_copy
from notifications.markup.mail_template import MailTemplate
from notifications.models import Delivery, Dispatch, Kind, Notice, NoticeItem
from notifications.outbox import enqueue
from notifications.outbox.enqueue import build_delivery, new_message_id
from notifications.texts.notice_composer import CannotBeComposed, ComposedNotice, compose_notice
from notifications.texts.notice_texts import current_template
from sepo_incident.accounts.models import User
from sepo_incident.core import danish, database

BATCH_SIZE = 200
MAX_WRITING_SECONDS = 300


def write_notices_until(dispatch_id: int, until: float) -> bool:
    """Write batches until nothing is left to write or `time.monotonic` has passed `until`.

    Return True when the dispatch is finished, False when time ran out or a concurrent worker holds the dispatch.
    """
    while time.monotonic() < until and write_batch(dispatch_id):
        pass
    return not Dispatch.objects.unfinished().filter(pk=dispatch_id).exists()


def write_until_finished(dispatch_id: int) -> None:
    """Write batches until the dispatch is finished, by this or a concurrent worker."""
    while not write_notices_until(dispatch_id, until=time.monotonic() + MAX_WRITING_SECONDS):
        time.sleep(0.2)


@transaction.atomic
def write_batch(dispatch_id: int, size: int = BATCH_SIZE) -> int:
    """Write notices to at most `size` receivers in one transaction, or finish the dispatch.

    Return the number of receivers handled. The row lock lets only one worker write; a concurrent worker gets 0. A
    killed worker loses at most one batch.
    """
    dispatch = (
        Dispatch.objects.unfinished()
        .filter(pk=dispatch_id)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("incident")
        .annotate(present=database.PresentTime())
        .first()
    )
    # A step of a later day waits: the clock was set back.
    if dispatch is None or (dispatch.step_on and dispatch.step_on > danish.local_date(dispatch.present)):
        return 0
    now = dispatch.present
    # Serialises writers, so that two cannot both find that a person has had no mail that day.
    if KINDS[Kind(dispatch.kind)].is_limited:
        Incident.objects.select_for_update(no_key=True).get(pk=dispatch.incident_id)
    taken_on = write_notices(dispatch, size, now) if dispatch.is_open(now) else 0
    if taken_on:
        enqueue.wake_mail_workers(taken_on)
    else:
        finish_dispatch(dispatch, now)
    return taken_on


def finish_dispatch(dispatch: Dispatch, now: datetime) -> None:
    """Mark the dispatch as written, because nothing is left to write or the dispatch has closed.

    A dispatch of a reminder day also records the receivers held back because of an earlier mail that day.
    """
    dispatch.written_at, dispatch.written = now, dispatch.notices.count()
    if dispatch.step_on:
        mailed = Delivery.objects.on_day(dispatch.step_on).of_incident(dispatch.incident).values("recipient")
        held = followups_left_to_write(dispatch, now).filter(receiver__in=mailed).values_list("receiver", flat=True)
        dispatch.held_back = sorted(held.distinct())
    dispatch.save(update_fields=["written_at", "written", "held_back"])


def write_notices(dispatch: Dispatch, size: int, now: datetime) -> int:
    """Compose the notices to the next `size` receivers and put the mails in the outbox.

    The number of queries does not grow with `size`. A notice that cannot be composed is left for the next dispatch
    and does not hold back the rest. Return the number of receivers handled.
    """
    owed_now = next_receivers_with_followups(dispatch, size, now)
    template = current_template(dispatch.kind, dispatch.incident)
    kind, day = KINDS[Kind(dispatch.kind)], danish.local_date(now)
    spared: set[int] = set()
    if kind.is_limited:
        spared = users_without_copy(
            dispatch.incident, kind.spared(dispatch.incident, day), day, dispatch.requested_by_id
        )
    deadlines = deadlines_of_letters([one.letter_id for _, followups in owed_now for one in followups])
    tried = [
        (compose_or_none(dispatch, receiver, followups, template, spared, deadlines), followups)
        for receiver, followups in owed_now
    ]
    composed = [(draft, followups) for draft, followups in tried if draft]
    failed = [receiver.pk for (receiver, _), (draft, _) in zip(owed_now, tried, strict=True) if draft is None]
    if failed:
        dispatch.failed_receivers += failed
        dispatch.save(update_fields=["failed_receivers"])
    notices = Notice.objects.bulk_create(build_notice(dispatch, draft, now) for draft, _ in composed)
    written = [(notice, *rest) for notice, rest in zip(notices, composed, strict=True)]
    # the `turn` of a notice: only withdrawn notices came before, unless the kind repeats every hour
    is_hourly = kind.trigger == SendTrigger.HOURLY
    items = NoticeItem.objects.all() if is_hourly else NoticeItem.objects.taken_back()
    before = items.filter(kind=dispatch.kind, receiver__in={one.receiver_id for one in notices})
    turns: Counter[tuple[int, int | None]] = Counter(before.values_list("followup", "receiver"))
    NoticeItem.objects.bulk_create(
        item for notice, _, followups in written for item in build_notice_items(notice, followups, turns)
    )
    Delivery.objects.bulk_create(mail for notice, draft, _ in written for mail in build_deliveries(notice, draft, now))
    return len(tried)


def compose_or_none(
    dispatch: Dispatch,
    receiver: User,
    followups: list[FollowUp],
    template: MailTemplate,
    spared: set[int],
    deadlines: Mapping[int, date],
) -> ComposedNotice | None:
    letters = [followup.letter for followup in followups]
    earliest = min(deadlines[letter.pk] for letter in letters)
    try:
        return compose_notice(dispatch.kind, dispatch.incident, receiver, letters, template, spared, earliest)
    except CannotBeComposed:
        return None


def next_receivers_with_followups(dispatch: Dispatch, size: int, now: datetime) -> list[tuple[User, list[FollowUp]]]:
    """Return the next `size` receivers with all owed follow-ups, annotated with `owed_on`. Three queries."""
    everything = followups_left_to_write(dispatch, now)
    if KINDS[Kind(dispatch.kind)].is_limited:
        everything = exclude_mailed_on_day(everything, danish.local_date(now))
    receivers = list(everything.order_by("receiver").values_list("receiver", flat=True).distinct()[:size])
    theirs = everything.filter(receiver__in=receivers).select_related(
        "letter__sender", "letter__leader", "letter__unit"
    )
    people = User.objects.in_bulk(receivers)
    in_order = theirs.order_by("receiver", "pk")
    return [(people[pk], list(owed_to_one)) for pk, owed_to_one in groupby(in_order, key=attrgetter("receiver"))]


def followups_left_to_write(dispatch: Dispatch, now: datetime) -> OwedFollowUps:
    """Return the follow-ups in the dispatch whose receiver has not been written to yet."""
    return (
        followups_in_dispatch(dispatch, now)
        .exclude(receiver__in=dispatch.failed_receivers)
        # follow-ups reopened now belong to the next dispatch
        .exclude(receiver__in=dispatch.notices.values("receiver"))
    )


def followups_in_dispatch(dispatch: Dispatch, now: datetime) -> OwedFollowUps:
    """Return the follow-ups owed now that existed when the dispatch was requested.

    Only the selected receivers, if the dispatch has any.
    """
    day = dispatch.step_on or danish.local_date(now)
    if dispatch.receivers is not None:
        due = reminders.reminders_owed_to(dispatch.incident, day, dispatch.receivers)
    else:
        due = owed_followups(dispatch.kind, dispatch.incident, day)
    return due.filter(pk__lte=dispatch.newest_followup)


def build_notice(dispatch: Dispatch, draft: ComposedNotice, now: datetime) -> Notice:
    return Notice(
        dispatch=dispatch,
        kind=dispatch.kind,
        receiver=draft.receiver,
        leader=draft.leader,
        letters=len(draft.letters),
        copies=len(draft.copies),
        subject=draft.subject,
        text=draft.text,
        html=draft.html,
        message_id=new_message_id(),
        created_at=now,
    )


def build_notice_items(
    notice: Notice, followups: Iterable[FollowUp], turns: Mapping[tuple[int, int | None], int]
) -> Iterable[NoticeItem]:
    """Yield an item per follow-up in the notice. The follow-ups are annotated with `owed_on`."""
    names_letters = KINDS[Kind(notice.kind)].names_letters
    for followup in followups:
        yield NoticeItem(
            notice=notice,
            followup=followup,
            receiver=notice.receiver,
            kind=notice.kind,
            owed_on=followup.owed_on,  # type: ignore[attr-defined]
            turn=turns[followup.pk, notice.receiver_id],
            is_masked=not names_letters or (followup.letter.is_personnel_case and not followup.misses_answer),
        )


def build_deliveries(notice: Notice, draft: ComposedNotice, now: datetime) -> Iterable[Delivery]:
    """Yield a delivery to the receiver and to every user in cc, ready to send."""
    recipients = [(Delivery.Role.TO, draft.receiver), *((Delivery.Role.CC, person) for person in draft.copies)]
    is_limited = KINDS[Kind(notice.kind)].is_limited
    for role, person in recipients:
        mail = build_delivery(notice, role, person, now)
        if is_limited and notice.dispatch:
            mail.day, mail.day_incident_id = danish.local_date(now), notice.dispatch.incident_id
        yield mail
