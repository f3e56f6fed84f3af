"""The models of notifications: notices, deliveries, dispatches, reminders, incoming mail, alarms and settings."""

from notifications.models.alarm import Alarm
from notifications.models.delivery import Attempt, Delivery
from notifications.models.delivery_problems import Mending, Proof
from notifications.models.delivery_states import Owner, State
from notifications.models.dispatch import Dispatch
from notifications.models.evidence_pack import Pack, PackPart
from notifications.models.incoming_mail import Evidence, IncomingMail
from notifications.models.notice import KINDS_WITHOUT_LETTERS, Kind, Notice, NoticeItem, NoticeText
from notifications.models.reminder_schedule import Ladder, LadderChange, LadderPause
from notifications.models.sending_database import Home
from notifications.models.sending_settings import MailServer, Sending, SendingChange

__all__ = [
    "KINDS_WITHOUT_LETTERS",
    "Alarm",
    "Attempt",
    "Delivery",
    "Dispatch",
    "Evidence",
    "Home",
    "IncomingMail",
    "Kind",
    "Ladder",
    "LadderChange",
    "LadderPause",
    "MailServer",
    "Mending",
    "Notice",
    "NoticeItem",
    "NoticeText",
    "Owner",
    "Pack",
    "PackPart",
    "Proof",
    "Sending",
    "SendingChange",
    "State",
]
