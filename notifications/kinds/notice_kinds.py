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

from followups.models import FollowUp
from letters.models import Incident, Letter
from notifications.kinds import digests_owed, news_owed, reminders_owed
from notifications.kinds.mail_fields import FIRST_NOTICE_FIELDS
from notifications.kinds.receivers import OwedFinder, OwedFollowUps
from notifications.kinds.reminder_fields import DIGEST_FIELDS, REMINDER_FIELDS
from notifications.markup.field_types import Fields
from notifications.models import Kind, NoticeItem
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar
from sepo_incident.core.danish import COPENHAGEN

DANISH_TO_ASCII = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


type CopyRule = Callable[[User, list[Letter]], list[User]]


class SendTrigger(Enum):
    """What makes a mail of a kind go out."""

    BUTTON = "KIT presses a button that says the number"
    STEP = "the ladder, once on a working day"
    NEWS = "it is owed, and the hour is one of those in which mails are written"


def spare_nobody(incident: Incident, on: date) -> set[int]:
    return set()


@dataclass(frozen=True)
class KindDefinition:
    """``owed``: the follow-ups that lack this notice on a day, each with its ``receiver`` (the id of a user) and
    ``owed_on``, the day it became owed (part of the idempotency key, so it must be the same however often it is asked).
    ``copies_to``: who is in cc, the leader of most letters first, and ``spared``: the users who are not, that day.
    ``template``: its default text in ``templates/notifications/email/``. ``fields``: what that and every other text of
    this kind may use. ``addressee``: who of a letter it is for, as a rule. ``names_letters``: do subjects stand in it?
    """

    owed: OwedFinder
    copies_to: CopyRule
    template: str
    trigger: SendTrigger
    spared: Callable[[Incident, date], set[int]] = spare_nobody
    addressee: str = "sender"
    fields: Fields = FIRST_NOTICE_FIELDS
    names_letters: bool = True

    @property
    def is_limited(self) -> bool:
        """Does it wait when the receiver has had a mail that day? A person presses the button as they see fit."""
        return self.trigger != SendTrigger.BUTTON


def first_notices_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Standing letters whose sender has an account, still has something to do and was never told.

    Owed since the day the follow-up was opened; one first notice per follow-up and sender, ever. A letter that a later
    list gives another sender is owed to that one, for the notice went to somebody else. One that gets another leader
    is not owed anew: the sender knows what to do, and the new leader sees the letter on the board and in reminders.
    What was stopped before it went out has told nobody.
    """
    told = NoticeItem.objects.active().filter(
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


def leaders_in_copy(receiver: User, letters: list[Letter]) -> list[User]:
    """Every leader of a letter of the receiver's that the notice names, never the receiver; most letters first, then
    by name.

    Whoever must follow up on a letter is told, also when a sender's letters have different leaders.
    """
    own = [letter for letter in letters if letter.sender_id == receiver.pk]
    leaders = [letter.leader for letter in own if letter.leader and letter.leader_id != receiver.pk]
    return sorted(set(leaders), key=lambda leader: (-leaders.count(leader), leader.name, leader.pk))


def no_copies(receiver: User, letters: list[Letter]) -> list[User]:
    return []


def reminder_definition(kind: Kind, template: str) -> KindDefinition:
    owed = reminders_owed.make_reminder_finder(kind)
    return KindDefinition(
        owed,
        leaders_in_copy,
        template,
        SendTrigger.STEP,
        spared=reminders_owed.leaders_without_copy,
        fields=REMINDER_FIELDS,
    )


def leader_notice_definition(owed: OwedFinder, template: str, rhythm: SendTrigger) -> KindDefinition:
    return KindDefinition(owed, no_copies, template, rhythm, addressee="leader", fields=REMINDER_FIELDS)


def digest_definition(owed: OwedFinder, copies_to: CopyRule, template: str) -> KindDefinition:
    return KindDefinition(
        owed, copies_to, template, SendTrigger.STEP, addressee="leader", fields=DIGEST_FIELDS, names_letters=False
    )


#: in the order in which the mails of a day are written: who has had one waits with the next
KINDS = {
    Kind.FIRST_NOTICE: KindDefinition(first_notices_owed, leaders_in_copy, "first_notice", SendTrigger.BUTTON),
    Kind.SUPPORT_ANSWER: KindDefinition(
        news_owed.support_answers_owed, no_copies, "support_answer", SendTrigger.NEWS, fields=REMINDER_FIELDS
    ),
    Kind.ADDRESS_FAILED: leader_notice_definition(news_owed.failed_addresses_owed, "address_failed", SendTrigger.NEWS),
    Kind.REMINDER: reminder_definition(Kind.REMINDER, "reminder"),
    Kind.DEADLINE_TODAY: reminder_definition(Kind.DEADLINE_TODAY, "deadline_today"),
    Kind.OVERDUE: reminder_definition(Kind.OVERDUE, "overdue"),
    Kind.COORDINATOR_DIGEST: digest_definition(
        digests_owed.coordinator_digests_owed, digests_owed.fellow_coordinators, "coordinator_digest"
    ),
    Kind.LEADER_DIGEST: digest_definition(digests_owed.leader_digests_owed, no_copies, "leader_digest"),
    Kind.DECISION_NEEDED: leader_notice_definition(
        digests_owed.waiting_decisions_owed, "decision_needed", SendTrigger.STEP
    ),
}


def owed_followups(kind: str, incident: Incident, on: date | None = None) -> OwedFollowUps:
    """The follow-ups that are owed a notice of this kind on a day, which is today unless it is said."""
    return KINDS[Kind(kind)].owed(incident, on or calendar.today())


def kind_slug(kind: str) -> str:
    """What the kind is called in an address: «frist-i-dag»."""
    return slugify(Kind(kind).label.translate(DANISH_TO_ASCII))


def kind_from_slug(name: str) -> Kind | None:
    return next((kind for kind in KINDS if kind_slug(kind) == name), None)
