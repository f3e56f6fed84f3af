"""Each kind of notice: when it is owed, to whom, cc whom, and which text.

Nothing below calls notifications. A kind looks down and finds what is owed, so a mail is never lost because somebody
forgot to trigger it. A new kind is a new member of ``Kind``, which the database knows too, an entry in ``KINDS``, and a
default text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum

from django.db.models import DateField, Exists, F, OuterRef
from django.db.models.functions import TruncDate
from django.utils.text import slugify

from followups import deadlines
from followups.models import FollowUp
from letters.models import Incident, Letter
from notifications.facts.drafting import FIELDS
from notifications.facts.following_fields import DIGEST_FIELDS, LEFT_FIELDS
from notifications.models import Kind, NoticeItem
from notifications.owing import digesting, news, reminding
from notifications.owing.debts import Owed, Owing
from notifications.texts.fields import Fields
from sepo_incident.accounts.models import User
from sepo_incident.danish import COPENHAGEN

IN_ADDRESSES = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


type Copies = Callable[[User, list[Letter]], list[User]]


class Rhythm(Enum):
    """What makes a mail of a kind go out."""

    BUTTON = "KIT presses a button that says the number"
    STEP = "the ladder, once on a working day"
    NEWS = "it is owed, and the hour is one of those in which mails are written"


def nobody(incident: Incident, on: date) -> set[int]:
    return set()


@dataclass(frozen=True)
class Recipe:
    """``owed``: the follow-ups that lack this notice on a day, each with its ``receiver`` (the id of a user) and
    ``owed_on``, the day it became owed (part of the idempotency key, so it must be the same however often it is asked).
    ``copies_to``: who is in cc, the leader of most letters first, and ``spared``: the users who are not, that day.
    ``template``: its default text in ``templates/notifications/email/``. ``fields``: what that and every other text of
    this kind may use. ``addressee``: who of a letter it is for, as a rule. ``names_letters``: do subjects stand in it?
    """

    owed: Owing
    copies_to: Copies
    template: str
    rhythm: Rhythm
    spared: Callable[[Incident, date], set[int]] = nobody
    addressee: str = "sender"
    fields: Fields = FIELDS
    names_letters: bool = True

    @property
    def is_limited(self) -> bool:
        """Does it wait when the receiver has had a mail that day? A person presses the button as they see fit."""
        return self.rhythm != Rhythm.BUTTON


def first_notices_owed(incident: Incident, on: date) -> Owed:
    """Standing letters whose sender has an account, still has something to do and was never told.

    Owed since the day the follow-up was opened; one first notice per follow-up and sender, ever. A letter that a later
    list gives another sender is owed to that one, for the notice went to somebody else. One that gets another leader
    is not owed anew: the sender knows what to do, and the new leader sees the letter on the board and in reminders.
    What was stopped before it went out has told nobody.
    """
    told = NoticeItem.objects.standing().filter(
        followup=OuterRef("pk"), kind=Kind.FIRST_NOTICE, receiver=OuterRef("letter__sender")
    )
    return (
        FollowUp.objects.of(incident)
        .undone()
        .filter(~Exists(told), letter__sender__isnull=False)
        .annotate(
            receiver=F("letter__sender"),
            owed_on=TruncDate("opened_at", tzinfo=COPENHAGEN, output_field=DateField()),
        )
    )


def leaders_of(receiver: User, letters: list[Letter]) -> list[User]:
    """Every leader of a letter of the receiver's that the notice names, never the receiver; most letters first, then
    by name.

    Whoever must follow up on a letter is told, also when a sender's letters have different leaders.
    """
    own = [letter for letter in letters if letter.sender_id == receiver.pk]
    leaders = [letter.leader for letter in own if letter.leader and letter.leader_id != receiver.pk]
    return sorted(set(leaders), key=lambda leader: (-leaders.count(leader), leader.name, leader.pk))


def no_one(receiver: User, letters: list[Letter]) -> list[User]:
    return []


def reminder(kind: Kind, template: str) -> Recipe:
    owed = reminding.reminders_owed(kind)
    return Recipe(owed, leaders_of, template, Rhythm.STEP, spared=reminding.spared, fields=LEFT_FIELDS)


def to_leader(owed: Owing, template: str, rhythm: Rhythm) -> Recipe:
    return Recipe(owed, no_one, template, rhythm, addressee="leader", fields=LEFT_FIELDS)


def digest(owed: Owing, copies_to: Copies, template: str) -> Recipe:
    return Recipe(owed, copies_to, template, Rhythm.STEP, addressee="leader", fields=DIGEST_FIELDS, names_letters=False)


#: in the order in which the mails of a day are written: who has had one waits with the next
KINDS = {
    Kind.FIRST_NOTICE: Recipe(first_notices_owed, leaders_of, "first_notice", Rhythm.BUTTON),
    Kind.SUPPORT_ANSWER: Recipe(news.answers_owed, no_one, "support_answer", Rhythm.NEWS, fields=LEFT_FIELDS),
    Kind.ADDRESS_FAILED: to_leader(news.failed_addresses_owed, "address_failed", Rhythm.NEWS),
    Kind.REMINDER: reminder(Kind.REMINDER, "reminder"),
    Kind.DEADLINE_TODAY: reminder(Kind.DEADLINE_TODAY, "deadline_today"),
    Kind.OVERDUE: reminder(Kind.OVERDUE, "overdue"),
    Kind.COORDINATOR_DIGEST: digest(digesting.coordinators_owed, digesting.fellow_coordinators, "coordinator_digest"),
    Kind.LEADER_DIGEST: digest(digesting.leaders_owed, no_one, "leader_digest"),
    Kind.DECISION_NEEDED: to_leader(digesting.decisions_owed, "decision_needed", Rhythm.STEP),
}


def owed(kind: str, incident: Incident, on: date | None = None) -> Owed:
    """The follow-ups that are owed a notice of this kind on a day, which is today unless it is said."""
    return KINDS[Kind(kind)].owed(incident, on or deadlines.today())


def name_of(kind: str) -> str:
    """What the kind is called in an address: «frist-i-dag»."""
    return slugify(Kind(kind).label.translate(IN_ADDRESSES))


def kind_called(name: str) -> Kind | None:
    return next((kind for kind in KINDS if name_of(kind) == name), None)
