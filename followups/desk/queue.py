"""The read model of *Eskaleringer*: who waits, for how long, and whose it is. Longest waiting first.

Waiting is told in working time: a question that came on Friday at 15.30 has waited an hour on Monday at 8.30.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Prefetch, Q

from followups.letter import original_mail
from followups.models import Escalation, EscalationEntry
from followups.models.escalation import EscalationQuerySet
from letters.models import Letter
from sepo_incident.accounts import impersonation
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import Badge

HIDDEN_TITLE = "Personalesag (spørgsmål skjult)"
#: what the list is ordered by; the rest by who has waited longest
QUEUE_ORDERS = {"ASKER": "answered_at", "CLOSED": "-resolved_at"}


class QueuePart(NamedTuple):
    """A part of the queue: the words on its pill, and what is said when nothing is there."""

    label: str
    nothing: str
    tone: str = ""


#: by value in the address. NEW, MINE and COLLEAGUES share what waits for the desk; LATE and GONE are parts of that.
QUEUE_PARTS = {
    "": QueuePart("Venter på os", "Ingen venter på os"),
    "NEW": QueuePart("Nye", "Ingen nye spørgsmål"),
    "MINE": QueuePart("Mine", "Du har ingen spørgsmål"),
    "COLLEAGUES": QueuePart("Hos kolleger", "Ingen af dine kolleger har et spørgsmål"),
    "LATE": QueuePart("Over målet", "Ingen har ventet for længe", "is-late"),
    "GONE": QueuePart("Originalen findes ikke", "Ingen venter på os, fordi originalen ikke findes"),
    "ASKER": QueuePart("Venter på spørgeren", "Vi venter ikke på nogen"),
    "CLOSED": QueuePart("Lukkede", "Ingen spørgsmål er lukket endnu"),
}
#: a part without a pill while it is empty
OPTIONAL_PART = "GONE"


class QueueRow(NamedTuple):
    """An escalation as this reader may see it: without question, entries and ``search_text`` (what finds the letter's
    mail) where the letter is hidden from them."""

    escalation: Escalation
    letter: Letter
    title: str
    wait: Badge
    is_mine: bool
    entries: list[EscalationEntry]
    may_be_read: bool
    search_text: str


def answer_target() -> timedelta:
    """The working time within which a desk means to answer."""
    return timedelta(hours=settings.DESK_ANSWERS_WITHIN)


def queue_conditions(user: User, now: datetime) -> dict[str, Q]:
    """The condition behind each pill, so that its number and its list agree. That the original is gone is told only of
    what the user may read, as on boards."""
    unresolved = Q(resolved_at=None, followup__letter__withdrawn_at=None)
    waiting = unresolved & Q(is_with_asker=False)
    read = Letter.objects.visible_to(user).readable()
    return {
        "": waiting,
        "NEW": waiting & Q(owner=None),
        "MINE": waiting & Q(owner=user),
        "COLLEAGUES": waiting & Q(owner__isnull=False) & ~Q(owner=user),
        "LATE": waiting & Q(waiting_since__lt=calendar.subtract_working_time(now, answer_target())),
        "GONE": waiting & Q(followup__is_original_gone=True, followup__letter__in=read.values("pk")),
        "ASKER": unresolved & Q(is_with_asker=True),
        "CLOSED": Q(resolved_at__isnull=False),
    }


def count_queue_parts(user: User, now: datetime) -> dict[str, int]:
    """How many behind each pill: one query."""
    names = queue_conditions(user, now)
    counted = Escalation.objects.visible_to(user).aggregate(
        **{f"n_{name}": Count("pk", filter=condition) for name, condition in names.items()}
    )
    return {name: counted[f"n_{name}"] for name in names}


def escalation_queue(user: User, pill: str, now: datetime) -> EscalationQuerySet:
    chosen = escalations_for(user).filter(queue_conditions(user, now)[pill])
    return chosen.order_by(QUEUE_ORDERS.get(pill, "waiting_since"), "pk")


def other_unowned_ids(user: User, escalation: Escalation) -> list[int]:
    """The others that nobody has taken, the longest waiting first: where to go on from this one."""
    others = Escalation.objects.visible_to(user).unowned().exclude(pk=escalation.pk)
    return list(others.order_by("waiting_since", "pk").values_list("pk", flat=True))


def eligible_colleagues(escalation: Escalation) -> list[User]:
    """Who at the desk may have it instead of who has it now, by name."""
    letter = escalation.followup.letter
    over_it = Membership.objects.filter(role=escalation.role, unit__in=letter.unit.lineage if letter.unit else [])
    others = User.objects.filter(is_active=True, left_on=None, pk__in=over_it.values("user"))
    others = others.exclude(pk=escalation.owner_id or 0)
    return sorted(others, key=lambda person: danish.sort_key(person.name))


def escalations_for(user: User) -> EscalationQuerySet:
    """What the user's desk is asked, with everything a page shows of it. Each letter knows who reads it."""
    letters = Letter.objects.visible_to(user).select_related("unit", "leader", "incident")
    return (
        Escalation.objects.visible_to(user)
        .select_related("owner", "raised_by__unit", "followup")
        .prefetch_related(
            Prefetch("followup__letter", queryset=letters),
            Prefetch("entries", queryset=EscalationEntry.objects.select_related("by", "given_to")),
        )
    )


def queue_row(user: User, escalation: Escalation, now: datetime) -> QueueRow:
    letter = escalation.followup.letter
    entries = [entry for entry in escalation.entries.all() if letter.may_be_read and entry.is_for(escalation.desk)]
    return QueueRow(
        escalation=escalation,
        letter=letter,
        title=_first_words(entries) if letter.may_be_read else HIDDEN_TITLE,
        wait=_waiting_look(escalation, now),
        is_mine=escalation.owner_id == user.pk,
        entries=entries,
        may_be_read=letter.may_be_read,
        search_text=original_mail.outlook_search_text(letter) if letter.may_be_read else "",
    )


def may_view_as_asker(user: User, escalation: Escalation) -> bool:
    """Only to help: whose case it is, while it lasts, about a letter that they may read. Personalejura needs it not,
    for it may decide itself."""
    letter = escalation.followup.letter
    is_at_work = escalation.owner_id == user.pk and escalation.resolved_at is None and letter.withdrawn_at is None
    return is_at_work and letter.may_be_read and escalation.role in impersonation.IMPERSONATOR_ROLES


def _first_words(entries: list[EscalationEntry], length: int = 70) -> str:
    """The question's first line, cut at a word."""
    question = entries[0].text.strip().splitlines()[0] if entries else "Spørgsmål uden tekst"
    return question if len(question) <= length else f"{question[:length].rsplit(' ', 1)[0]} …"


def _waiting_look(escalation: Escalation, now: datetime) -> Badge:
    since, answered_at = escalation.waiting_since, escalation.answered_at
    if escalation.resolved_at and not answered_at:
        return Badge("Lukket uden svar", "", "check")
    until = now if escalation.is_with_desk or not answered_at else answered_at
    said = danish.working_time(calendar.working_time_between(since, until), calendar.WORKDAY_LENGTH)
    if not escalation.is_with_desk:
        return Badge(f"Svar efter {said}", "is-ok", "check" if escalation.resolved_at else "reply")
    is_late = since < calendar.subtract_working_time(now, answer_target())
    is_soon = since < calendar.subtract_working_time(now, answer_target() / 2)
    return Badge(f"Venter {said}", "is-late" if is_late else "is-soon" if is_soon else "")
