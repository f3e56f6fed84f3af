"""Each kind of notice: when it is owed, to whom, cc whom, and which text.

Nothing below calls notifications. A kind looks down and finds what is owed, so a mail is never lost because somebody
forgot to trigger it. A new kind (reminders, escalations) is a new entry in ``KINDS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import DateField, Exists, OuterRef, QuerySet
from django.db.models.functions import TruncDate
from django.utils.text import slugify

from followups.models import FollowUp
from letters.models import Incident, Letter
from notifications.drafting import FIELDS
from notifications.models import Kind, NoticeItem
from notifications.texts.fields import Fields
from sepo_incident.accounts.models import User
from sepo_incident.danish import COPENHAGEN

IN_ADDRESSES = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


@dataclass(frozen=True)
class Recipe:
    """``owed``: the follow-ups that lack this notice, each with ``owed_on``, the day it became owed (part of the
    idempotency key, so it must be the same however often it is asked). ``copies_to``: the leaders in cc, the one of
    most letters first. ``template``: its default text in ``templates/notifications/email/``. ``fields``: what that and
    every other text of this kind may use."""

    owed: Callable[[Incident], QuerySet[FollowUp]]
    copies_to: Callable[[User, list[Letter]], list[User]]
    template: str
    fields: Fields = FIELDS


def first_notices_owed(incident: Incident) -> QuerySet[FollowUp]:
    """Standing letters whose sender has an account, still has something to do and was never told.

    Owed since the day the follow-up was opened; one first notice per follow-up and sender, ever. A letter that a later
    list gives another sender is owed to that one, for the notice went to somebody else. One that gets another leader
    is not owed anew: the sender knows what to do, and the new leader sees the letter on the board and in reminders.
    """
    told = NoticeItem.objects.filter(followup=OuterRef("pk"), kind=Kind.FIRST_NOTICE, sender=OuterRef("letter__sender"))
    return (
        FollowUp.objects.of(incident)
        .undone()
        .filter(~Exists(told), letter__sender__isnull=False)
        .annotate(owed_on=TruncDate("opened_at", tzinfo=COPENHAGEN, output_field=DateField()))
    )


def leaders_of(sender: User, letters: list[Letter]) -> list[User]:
    """Every leader of a letter that the notice names, never the sender; most letters first, then by name.

    Whoever must follow up on a letter is told, also when a sender's letters have different leaders.
    """
    leaders = [letter.leader for letter in letters if letter.leader and letter.leader_id != sender.pk]
    return sorted(set(leaders), key=lambda leader: (-leaders.count(leader), leader.name, leader.pk))


KINDS = {
    Kind.FIRST_NOTICE: Recipe(owed=first_notices_owed, copies_to=leaders_of, template="first_notice"),
}


def owed(kind: str, incident: Incident) -> QuerySet[FollowUp]:
    """The follow-ups that are owed a notice of this kind now."""
    return KINDS[Kind(kind)].owed(incident)


def name_of(kind: str) -> str:
    """What the kind is called in an address: «frist-i-dag»."""
    return slugify(Kind(kind).label.translate(IN_ADDRESSES))


def kind_called(name: str) -> Kind | None:
    return next((kind for kind in KINDS if name_of(kind) == name), None)
