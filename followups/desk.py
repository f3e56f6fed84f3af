"""The read model of *Eskaleringer*: who waits, for how long, and whose it is. Longest waiting first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Prefetch, Q

from followups.models import Escalation, EscalationEntry
from followups.models.escalation import EscalationQuerySet
from letters.models import Letter
from sepo_incident import danish
from sepo_incident.accounts.models import User
from sepo_incident.danish import Look

LONG, SOON = timedelta(days=2), timedelta(days=1)
RESOLVED_FOR = timedelta(days=7)
HIDDEN = "Personalesag (spørgsmål skjult)"
#: value in the address → the words on the pill, and its tone
PILLS = {
    "": ("Alle", ""),
    "UNOWNED": ("Uden ejer", ""),
    "MINE": ("Mine", ""),
    "LONG": ("Over 2 dage", "is-late"),
    "RESOLVED": ("Løst, seneste 7 dage", ""),
}


class Waiting(NamedTuple):
    """An escalation as this reader may see it: without question and entries where the letter is hidden from them."""

    escalation: Escalation
    letter: Letter
    title: str
    wait: Look
    is_mine: bool
    entries: list[EscalationEntry]
    may_be_read: bool


def conditions(user: User, now: datetime) -> dict[str, Q]:
    """The condition behind each pill, so that its number and its list agree."""
    waiting = Q(resolved_at=None, followup__letter__withdrawn_at=None)
    return {
        "": waiting,
        "UNOWNED": waiting & Q(owner=None),
        "MINE": waiting & Q(owner=user),
        "LONG": waiting & Q(waiting_since__lt=now - LONG),
        "RESOLVED": Q(resolved_at__gte=now - RESOLVED_FOR),
    }


def counts(user: User, now: datetime) -> dict[str, int]:
    """How many behind each pill: one query."""
    names = conditions(user, now)
    counted = Escalation.objects.visible_to(user).aggregate(
        **{f"n_{name}": Count("pk", filter=condition) for name, condition in names.items()}
    )
    return {name: counted[f"n_{name}"] for name in names}


def queue(user: User, pill: str, now: datetime) -> EscalationQuerySet:
    chosen = readable(user).filter(conditions(user, now)[pill])
    return chosen.order_by("-resolved_at" if pill == "RESOLVED" else "waiting_since", "pk")


def unowned_besides(user: User, escalation: Escalation) -> list[int]:
    """The others that nobody has taken, the longest waiting first: where to go on from this one."""
    others = Escalation.objects.visible_to(user).unowned().exclude(pk=escalation.pk)
    return list(others.order_by("waiting_since", "pk").values_list("pk", flat=True))


def readable(user: User) -> EscalationQuerySet:
    """What the user's desk is asked, with everything a page shows of it. Each letter knows who reads it."""
    letters = Letter.objects.visible_to(user).select_related("unit", "leader", "incident")
    return (
        Escalation.objects.visible_to(user)
        .select_related("owner", "raised_by__unit", "followup")
        .prefetch_related(
            Prefetch("followup__letter", queryset=letters),
            Prefetch("entries", queryset=EscalationEntry.objects.select_related("by")),
        )
    )


def seen_by(user: User, escalation: Escalation, now: datetime) -> Waiting:
    letter = escalation.followup.letter
    entries = list(escalation.entries.all()) if letter.may_be_read else []
    return Waiting(
        escalation=escalation,
        letter=letter,
        title=_first_words(entries) if letter.may_be_read else HIDDEN,
        wait=_wait(escalation, now),
        is_mine=escalation.owner_id == user.pk,
        entries=entries,
        may_be_read=letter.may_be_read,
    )


def _first_words(entries: list[EscalationEntry], length: int = 70) -> str:
    """The question's first line, cut at a word."""
    question = entries[0].text.strip().splitlines()[0] if entries else "Spørgsmål uden tekst"
    return question if len(question) <= length else f"{question[:length].rsplit(' ', 1)[0]} …"


def _wait(escalation: Escalation, now: datetime) -> Look:
    if escalation.resolved_at:
        return Look(
            f"Løst efter {danish.duration(escalation.resolved_at - escalation.waiting_since)}", "is-ok", "check"
        )
    waited = now - escalation.waiting_since
    tone = "is-late" if waited > LONG else "is-soon" if waited > SOON else ""
    return Look(f"Venter {danish.duration(waited)}", tone, "")
