from notifications.models.alarm import Alarm
from notifications.models.delivery import Attempt, Delivery
from notifications.models.dispatch import Dispatch
from notifications.models.evidence import Evidence
from notifications.models.home import Home
from notifications.models.incoming import IncomingMail
from notifications.models.ladder import Ladder, LadderChange, LadderPause
from notifications.models.mail_server import MailServer
from notifications.models.mending import Mending
from notifications.models.notice import LONE, Kind, Notice, NoticeItem
from notifications.models.pack import Pack, PackPart
from notifications.models.proof import Proof
from notifications.models.sending import Sending, SendingChange
from notifications.models.states import Owner, State
from notifications.models.text import NoticeText

__all__ = [
    "LONE",
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
