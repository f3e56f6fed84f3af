"""From the button to rows in the outbox: request a dispatch, then write its notices in batches until none is owed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from followups.models import FollowUp
from letters.models import Incident
from notifications import bells
from notifications.composing import CannotBeComposed, Composed, compose
from notifications.kinds import owed
from notifications.models import Delivery, Dispatch, Notice, NoticeItem
from notifications.posting import delivery_of, new_message_id
from notifications.texts.wording import Wording
from notifications.wordings import current_wording
from sepo_incident import danish
from sepo_incident.accounts.models import User

BATCH = 200
LONGEST_WRITING = timedelta(minutes=5)


class NumberChanged(Exception):
    """Others are owed a notice now than when the button was drawn. The text is a Danish sentence."""

    def __init__(self, promised: int, now: int):
        super().__init__(
            f"Der er ikke sendt noget, for tallet har ændret sig: knappen sagde {danish.number(promised)}, "
            f"og nu er det {danish.count(now, 'varsel', 'varsler')}. Se listen igennem, og tryk igen."
        )


class AlreadyUnderWay(Exception):
    """A dispatch of that kind is being written. Carries it."""

    def __init__(self, dispatch: Dispatch):
        super().__init__("En udsendelse er allerede i gang.")
        self.dispatch = dispatch


def count_owed(kind: str, incident: Incident) -> int:
    """How many senders are owed a notice."""
    return owed(kind, incident).values("letter__sender").distinct().count()


def request_dispatch(kind: str, incident: Incident, promised: int, by: User | None = None) -> Dispatch:
    """What the button does: one row, and a bell for the worker. Raises ``NumberChanged`` or ``AlreadyUnderWay``."""
    with transaction.atomic():
        Incident.objects.select_for_update().get(pk=incident.pk)  # two clicks come one after the other
        under_way = Dispatch.objects.of(incident).filter(kind=kind).unfinished().first()
        if under_way:
            raise AlreadyUnderWay(under_way)
        due = owed(kind, incident).aggregate(
            senders=Count("letter__sender", distinct=True),
            newest=Max("pk"),
        )
        if due["senders"] != promised or not promised:
            raise NumberChanged(promised, due["senders"])
        dispatch = Dispatch.objects.create(
            incident=incident,
            kind=kind,
            requested_by=by,
            newest_followup=due["newest"],
            promised=promised,
        )
        bells.ring_for_dispatch(dispatch.pk)
    return dispatch


def write(dispatch_id: int, until: datetime) -> bool:
    """Write batch after batch until there is no more for us or the clock says ``until``.

    True when the dispatch is finished; False when time ran out, or another worker is at it.
    """
    while timezone.now() < until and write_batch(dispatch_id):
        pass
    return not Dispatch.objects.unfinished().filter(pk=dispatch_id).exists()


def wait_and_write(dispatch_id: int) -> None:
    """Write what there is to write, and come back only when the dispatch is finished, whoever finished it."""
    while not write(dispatch_id, until=timezone.now() + LONGEST_WRITING):
        time.sleep(0.2)


@transaction.atomic
def write_batch(dispatch_id: int, size: int = BATCH) -> int:
    """Write the notices to ``size`` senders in one transaction, or finish the dispatch; returns how many were taken on.

    Whoever holds the row writes; another worker finds nothing to do. A kill undoes a batch and no more.
    """
    dispatch = (
        Dispatch.objects.unfinished()
        .filter(pk=dispatch_id)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("incident")
        .first()
    )
    if dispatch is None:
        return 0
    taken_on = write_notices(dispatch, size)
    if taken_on:
        bells.ring_for_mail()
    else:
        dispatch.written_at, dispatch.written = timezone.now(), dispatch.notices.count()
        dispatch.save(update_fields=["written_at", "written"])
    return taken_on


def write_notices(dispatch: Dispatch, size: int) -> int:
    """Compose the next ``size`` senders' notices and put them in the outbox, with few queries whatever the size.

    One that cannot be composed is left for the next dispatch and stops nobody else's.
    """
    now = timezone.now()
    owed_now = list(letters_owed(dispatch, size))
    words = current_wording(dispatch.kind, dispatch.incident)
    tried = [(composed_or_none(dispatch, sender, followups, words), followups) for sender, followups in owed_now]
    due = [(draft, followups) for draft, followups in tried if draft]
    failed = [sender.pk for (sender, _), (draft, _) in zip(owed_now, tried, strict=True) if draft is None]
    if failed:
        dispatch.failed_senders += failed
        dispatch.save(update_fields=["failed_senders"])
    notices = Notice.objects.bulk_create(notice_of(dispatch, draft, now) for draft, _ in due)
    written = [(notice, *rest) for notice, rest in zip(notices, due, strict=True)]
    NoticeItem.objects.bulk_create(item for notice, _, followups in written for item in items_of(notice, followups))
    Delivery.objects.bulk_create(mail for notice, draft, _ in written for mail in deliveries_of(notice, draft, now))
    return len(tried)


def composed_or_none(dispatch: Dispatch, sender: User, followups: list[FollowUp], words: Wording) -> Composed | None:
    """The draft; None where it cannot be made: the others get theirs."""
    try:
        return compose(dispatch.kind, dispatch.incident, sender, [followup.letter for followup in followups], words)
    except CannotBeComposed:
        return None


def letters_owed(dispatch: Dispatch, size: int) -> Iterator[tuple[User, list[FollowUp]]]:
    """The next senders with all their owed follow-ups (``owed_on`` on each): two queries."""
    everything = (
        owed(dispatch.kind, dispatch.incident)
        .filter(pk__lte=dispatch.newest_followup)
        .exclude(letter__sender__in=dispatch.failed_senders)
        .exclude(letter__sender__in=dispatch.notices.values("sender"))  # what they undo now is for the next dispatch
    )
    senders = everything.order_by("letter__sender_id").values_list("letter__sender_id", flat=True).distinct()[:size]
    theirs = everything.filter(letter__sender__in=list(senders)).select_related("letter__sender", "letter__leader")
    for _, followups in groupby(theirs.order_by("letter__sender_id", "pk"), key=lambda one: one.letter.sender_id):
        owed_to_one = list(followups)
        yield cast(User, owed_to_one[0].letter.sender), owed_to_one


def notice_of(dispatch: Dispatch, draft: Composed, now: datetime) -> Notice:
    return Notice(
        dispatch=dispatch,
        kind=dispatch.kind,
        sender=draft.receiver,
        leader=draft.leader,
        letters=len(draft.letters),
        copies=len(draft.copies),
        subject=draft.subject,
        text=draft.text,
        html=draft.html,
        message_id=new_message_id(),
        created_at=now,
    )


def items_of(notice: Notice, followups: Iterable[FollowUp]) -> Iterable[NoticeItem]:
    """One for each letter that the notice names; each follow-up has its ``owed_on``."""
    for followup in followups:
        yield NoticeItem(
            notice=notice,
            followup=followup,
            sender=notice.sender,
            kind=notice.kind,
            owed_on=followup.owed_on,  # type: ignore[attr-defined]
            is_masked=followup.letter.is_personnel_case,
        )


def deliveries_of(notice: Notice, draft: Composed, now: datetime) -> Iterable[Delivery]:
    """One to the sender, one to each leader in cc; ready at once."""
    recipients = [(Delivery.Role.TO, draft.receiver), *((Delivery.Role.CC, leader) for leader in draft.copies)]
    for role, person in recipients:
        yield delivery_of(notice, role, person, now)
