"""The registry of notice kinds: when a notice is owed, to whom, with whom in cc, and with which text.

No app below notifications triggers a mail. A kind queries the follow-ups that are owed a notice, so a forgotten
trigger cannot lose a mail. A new kind needs a member of `Kind` (with a migration), an entry in `KINDS` and a
default text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum

from django.db.models import DateField, F
from django.db.models.functions import TruncDate
from django.utils.text import slugify

from followups.models import FollowUp
from followups.models.followup import FOLLOWUP_TABLES
from letters.models import Incident
from letters.models.visibility import letter_condition
from notifications.kinds import desk_digests, digests, reminders
from notifications.kinds.mail_fields import FIRST_NOTICE_FIELDS
from notifications.kinds.receivers import OwedFinder, OwedFollowUps
from notifications.kinds.reminder_fields import DIGEST_FIELDS, REMINDER_FIELDS, SUPPORT_ANSWER_FIELDS
from notifications.kinds.reminders import (
    CopyRule,
    fellow_coordinators,
    leaders_in_copy,
    leaders_without_copy,
    no_copies,
)
from notifications.markup.fields import Fields
from notifications.models import Kind
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import COPENHAGEN


class SendTrigger(Enum):
    """The event that sends the mails of a kind."""

    BUTTON = "KIT presses a button that says the number"
    STEP = "the reminder schedule, once on a working day"
    NEWS = "it is owed, and the hour is one of those in which mails are written"
    HOURLY = "as news, but once an hour instead of once a day for each receiver"


@dataclass(frozen=True)
class KindDefinition:
    """The rules of one kind of notice.

    - `owed`: returns the follow-ups that lack this notice on a day, annotated with `receiver` (user id) and
      `owed_on` (the day since when the notice is owed). `owed_on` is part of the idempotency key and must not
      change between calls.
    - `copies_to`: returns the users in cc, the leader of most letters first.
    - `spared`: returns ids of users who get no copy on that day.
    - `template`: name of the default text in `templates/notifications/email/`.
    - `fields`: the fields that the default text and every edited text may use.
    - `addressee`: lookup path from the letter to the usual receiver.
    - `names_letters`: the mail shows the letters' subjects.
    """

    owed: OwedFinder
    copies_to: CopyRule
    template: str
    trigger: SendTrigger
    spared: Callable[[Incident, date], set[int]] = lambda incident, on: set()
    addressee: str = "sender"
    fields: Fields = FIRST_NOTICE_FIELDS
    names_letters: bool = True

    @property
    def is_limited(self) -> bool:
        """Return whether a notice of this kind waits when the receiver has already had a mail that day.

        Notices that a person sends with a button do not wait, and neither do those of every hour.
        """
        return self.trigger not in (SendTrigger.BUTTON, SendTrigger.HOURLY)


#: The letter's follow-up is unfinished, and its sender has had no first notice that was not taken back.
LACKS_FIRST_NOTICE = letter_condition("""{followup}.status IN ('OPEN', 'DECIDED', 'SENT_BACK')
    AND {letter}.sender_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM notifications_noticeitem AS item
        WHERE item.followup_id = {followup}.id AND item.kind = 'FIRST_NOTICE' AND item.receiver_id = {letter}.sender_id
            AND NOT EXISTS (
                SELECT FROM notifications_delivery
                WHERE notice_id = item.notice_id AND role = 'TO' AND state = 'STOPPED'
            )
    )""")


def first_notices_owed(incident: Incident, on: date) -> OwedFollowUps:
    """Return the active, unfinished follow-ups whose sender has an account and has had no first notice.

    `owed_on` is the day on which the follow-up was opened. A follow-up and a sender get one first notice, ever.
    When a later list gives the letter a new sender, the new sender is owed a first notice. A new leader is not: the
    sender knows the task, and the leader sees the letter on the board and in reminders. A notice stopped before
    sending does not count.
    """
    owed_on = TruncDate("opened_at", tzinfo=COPENHAGEN, output_field=DateField())
    owed = FollowUp.objects.of_incident(incident).filter(LACKS_FIRST_NOTICE.on(FOLLOWUP_TABLES))
    return owed.annotate(receiver=F("letter__sender"), owed_on=owed_on)


def reminder_definition(kind: Kind, template: str) -> KindDefinition:
    owed = reminders.make_reminder_finder(kind)
    return KindDefinition(
        owed, leaders_in_copy, template, SendTrigger.STEP, spared=leaders_without_copy, fields=REMINDER_FIELDS
    )


def leader_notice_definition(owed: OwedFinder, template: str, rhythm: SendTrigger) -> KindDefinition:
    return KindDefinition(owed, no_copies, template, rhythm, addressee="leader", fields=REMINDER_FIELDS)


def digest_definition(owed: OwedFinder, copies_to: CopyRule, template: str) -> KindDefinition:
    return KindDefinition(
        owed, copies_to, template, SendTrigger.STEP, addressee="leader", fields=DIGEST_FIELDS, names_letters=False
    )


#: In the order in which a day's mails are written. A receiver gets the first; the next kinds wait.
KINDS = {
    Kind.FIRST_NOTICE: KindDefinition(first_notices_owed, leaders_in_copy, "first_notice", SendTrigger.BUTTON),
    Kind.SUPPORT_ANSWER: KindDefinition(
        digests.support_answers_owed, no_copies, "support_answer", SendTrigger.NEWS, fields=SUPPORT_ANSWER_FIELDS
    ),
    Kind.ADDRESS_FAILED: leader_notice_definition(digests.failed_addresses_owed, "address_failed", SendTrigger.NEWS),
    Kind.DESK_DIGEST: KindDefinition(
        desk_digests.desk_digests_owed,
        no_copies,
        "desk_digest",
        SendTrigger.HOURLY,
        addressee="followup__escalation__desk_members__user",
        fields=desk_digests.DESK_DIGEST_FIELDS,
    ),
    Kind.REMINDER: reminder_definition(Kind.REMINDER, "reminder"),
    Kind.DEADLINE_TODAY: reminder_definition(Kind.DEADLINE_TODAY, "deadline_today"),
    Kind.OVERDUE: reminder_definition(Kind.OVERDUE, "overdue"),
    Kind.COORDINATOR_DIGEST: digest_definition(
        digests.coordinator_digests_owed, fellow_coordinators, "coordinator_digest"
    ),
    Kind.LEADER_DIGEST: digest_definition(digests.leader_digests_owed, no_copies, "leader_digest"),
    Kind.DECISION_NEEDED: leader_notice_definition(digests.waiting_decisions_owed, "decision_needed", SendTrigger.STEP),
}


def owed_followups(kind: str, incident: Incident, on: date | None = None) -> OwedFollowUps:
    """Return the follow-ups that are owed a notice of this kind on the day, by default today."""
    return KINDS[Kind(kind)].owed(incident, on or calendar.today())


def kind_slug(kind: str) -> str:
    """Return the kind's name in a URL: «frist-i-dag»."""
    return slugify(danish.spell_ascii(Kind(kind).label))
