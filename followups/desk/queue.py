"""Read model of *Henvendelser*: the queue with waiting times and owners, longest waiting first.

Waiting is measured in working time: a question from Friday at 15.30 has waited an hour on Monday at 8.30.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, F, Prefetch, Q
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404

from followups.models import Escalation, EscalationEntry
from followups.models.escalation import ABOUT_CHANGEABLE_LETTER, EscalationQuerySet
from followups.rules.letter_rows import fetch_rows
from letters.models import Incident, Letter
from sepo_incident.accounts import impersonation
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import Badge
from sepo_incident.core.outlook import outlook_search_text
from sepo_incident.core.sorting import Column, ColumnSort, danish_order

#: The time since which a part waits; other parts wait since `waiting_since`.
SINCE_BY_PART = {"ASKER": "answered_at", "CLOSED": "resolved_at"}


class QueuePart(NamedTuple):
    """Part of the queue: the label of the pill, and the text shown when the part is empty."""

    label: str
    empty_text: str
    tone: str = ""


#: Parts by value in the address. NEW, MINE and COLLEAGUES divide the escalations that wait for the desk; LATE and GONE
#: are subsets.
QUEUE_PARTS = {
    "": QueuePart("Venter på os", "Ingen venter på os"),
    "NEW": QueuePart("Nye", "Ingen nye henvendelser"),
    "MINE": QueuePart("Mine", "Du har ingen henvendelser"),
    "COLLEAGUES": QueuePart("Hos kolleger", "Dine kolleger har ingen henvendelser"),
    "LATE": QueuePart("Over målet", "Ingen har ventet for længe", "is-late"),
    "GONE": QueuePart("Originalen findes ikke", "Ingen henvendelser om en manglende original"),
    "ASKER": QueuePart("Afventer kollegaen", "Vi venter ikke på nogen"),
    "CLOSED": QueuePart("Lukkede", "Ingen henvendelser er lukket endnu"),
}
#: Part without a pill while empty.
OPTIONAL_PART = "GONE"


class QueueRow(NamedTuple):
    """Escalation as the reader may see it.

    `search_text` finds the letter's mail in Outlook. If the reader may not read the letter, the question, the
    entries and `search_text` are left out.
    """

    escalation: Escalation
    letter: Letter
    title: str
    wait: Badge
    is_mine: bool
    entries: list[EscalationEntry]
    reader_may_read: bool
    search_text: str

    @property
    def wait_words(self) -> str:
        """«Venter 3 t. 5 min.», where no column head says that the time is a waiting time."""
        return f"Venter {self.wait.label}" if self.escalation.is_with_desk else self.wait.label


def answer_target() -> timedelta:
    """Return the working time within which a desk aims to answer."""
    return timedelta(hours=settings.DESK_ANSWERS_WITHIN)


def late_before(now: datetime) -> datetime:
    """Return the time before which a question must have been asked for the answer to be late."""
    return calendar.subtract_working_time(now, answer_target())


def queue_conditions(user: User, now: datetime) -> dict[str, Q]:
    """Return {part: condition}, so that the number on a pill and the list agree.

    A missing original is only revealed for letters that the user may read, as on boards.
    """
    unresolved = Q(resolved_at=None) & ABOUT_CHANGEABLE_LETTER
    waiting = unresolved & Q(is_with_asker=False)
    readable = Letter.objects.visible_to(user).readable()
    return {
        "": waiting,
        "NEW": waiting & Q(owner=None),
        "MINE": waiting & Q(owner=user),
        "COLLEAGUES": waiting & Q(owner__isnull=False) & ~Q(owner=user),
        "LATE": waiting & Q(waiting_since__lt=late_before(now)),
        "GONE": waiting & Q(followup__is_original_gone=True, followup__letter__in=readable.values("pk")),
        "ASKER": unresolved & Q(is_with_asker=True),
        "CLOSED": Q(resolved_at__isnull=False),
    }


def count_queue_parts(user: User, incident: Incident | None, now: datetime) -> dict[str, int]:
    """Return {part: number of escalations} of the incident, with None of all incidents. One query."""
    counts = {f"n_{part}": Count("pk", filter=condition) for part, condition in queue_conditions(user, now).items()}
    counted = Escalation.objects.visible_to(user).of_incident(incident).aggregate(**counts)
    return {name.removeprefix("n_"): number for name, number in counted.items()}


def sort_queue(data: QueryDict, pill: str) -> ColumnSort:
    """Return the order of the part `pill`: the longest waiting first, and of the closed the latest first."""
    columns = {
        "wait": Column(F(SINCE_BY_PART.get(pill, "waiting_since")).desc(), descending_first=True),
        "owner": Column(danish_order("owner__name")),
    }
    return ColumnSort(data, columns, default="wait" if pill == "CLOSED" else "-wait", anchor="koe")


def other_unowned_ids(user: User, incident: Incident | None, escalation: Escalation) -> list[int]:
    """Return the ids of the other escalations without owner, longest waiting first: where to continue."""
    others = Escalation.objects.visible_to(user).of_incident(incident).unowned().exclude(pk=escalation.pk)
    return list(others.order_by("waiting_since", "pk").values_list("pk", flat=True))


def eligible_colleagues(escalation: Escalation) -> list[User]:
    """Return the colleagues at the desk who may become owner instead of the present owner, sorted by name."""
    letter = escalation.followup.letter
    at_desk = Membership.objects.filter(role=escalation.role, unit__in=letter.unit.lineage if letter.unit else [])
    others = User.objects.filter(is_active=True, left_on=None, pk__in=at_desk.values("user"))
    return sorted(others.exclude(pk=escalation.owner_id or 0), key=lambda person: danish.sort_key(person.name))


def escalations_for(user: User) -> EscalationQuerySet:
    """Return the escalations visible to the user, with what a page shows. `with_letters` adds the letters."""
    entries = Prefetch("entries", queryset=EscalationEntry.objects.select_related("by", "given_to"))
    visible = Escalation.objects.visible_to(user)
    return visible.select_related("owner", "raised_by__unit", "followup").prefetch_related(entries)


def with_letters(user: User, escalations: Iterable[Escalation]) -> list[Escalation]:
    """Return the escalations of `escalations_for`, each with its letter as a row of today. One query.

    A letter that has left the user's sight since the escalations were read is left out.
    """
    found = list(escalations)
    letters = {one.pk: one for one in fetch_rows(user, [escalation.followup.letter_id for escalation in found])}
    seen = [one for one in found if one.followup.letter_id in letters]
    for escalation in seen:
        escalation.followup.letter = letters[escalation.followup.letter_id]
    return seen


def get_escalation_or_404(user: User, pk: int) -> Escalation:
    """Return the escalation with its letter. Raise Http404 if the user may not see it."""
    for escalation in with_letters(user, [get_object_or_404(escalations_for(user), pk=pk)]):
        return escalation
    raise Http404


def queue_row(user: User, escalation: Escalation, now: datetime) -> QueueRow:
    """Return the row of the escalation for the user. `escalation` comes from `escalations_for`."""
    letter = escalation.followup.letter
    entries = [
        entry
        for entry in escalation.entries.all()
        if letter.reader_may_read and entry.is_visible_to_desk(escalation.desk)
    ]
    return QueueRow(
        escalation=escalation,
        letter=letter,
        title=_first_words(entries) if letter.reader_may_read else "Personalesag (henvendelse skjult)",
        wait=_waiting_badge(escalation, now),
        is_mine=escalation.owner_id == user.pk,
        entries=entries,
        reader_may_read=letter.reader_may_read,
        search_text=outlook_search_text(letter.subject, letter.sent_at) if letter.reader_may_read else "",
    )


def may_view_as_asker(user: User, escalation: Escalation) -> bool:
    """Return whether the user may view the site as the person who asked.

    Only the owner may, while the escalation is unresolved, about a letter that the owner may read. Personalejura may
    not, and has no need: Personalejura may decide about the letter.
    """
    letter = escalation.followup.letter
    is_at_work = escalation.owner_id == user.pk and escalation.resolved_at is None and letter.accepts_changes
    return is_at_work and letter.reader_may_read and escalation.role in impersonation.IMPERSONATOR_ROLES


def _first_words(entries: list[EscalationEntry], length: int = 70) -> str:
    question = entries[0].text.strip().splitlines()[0] if entries else "Henvendelse uden tekst"
    return question if len(question) <= length else f"{question[:length].rsplit(' ', 1)[0]} …"


def _waiting_badge(escalation: Escalation, now: datetime) -> Badge:
    since, answered_at = escalation.waiting_since, escalation.answered_at
    if escalation.resolved_at and not answered_at:
        return Badge("Lukket uden svar", "", "check")
    until = now if escalation.is_with_desk or not answered_at else answered_at
    duration = danish.working_time(calendar.working_time_between(since, until), calendar.WORKDAY_LENGTH)
    if not escalation.is_with_desk:
        return Badge(f"Svar efter {duration}", "is-ok", "check" if escalation.resolved_at else "reply")
    is_late = since < late_before(now)
    is_soon = since < calendar.subtract_working_time(now, answer_target() / 2)
    return Badge(duration, "is-late" if is_late else "is-soon" if is_soon else "")
