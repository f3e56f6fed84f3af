"""The models of notifications: notices, deliveries, reminders, incoming mail, alarms, heartbeats, settings, codes."""

from notifications.models.alarm import Alarm, Heartbeat
from notifications.models.breach_mail import BreachMail
from notifications.models.delivery import Attempt, Delivery
from notifications.models.delivery_problems import FailedMailResolution, UnanswerableCheck
from notifications.models.delivery_states import Owner, State
from notifications.models.director_mail import DirectorMail
from notifications.models.dispatch import Dispatch
from notifications.models.incoming_mail import Evidence, IncomingMail
from notifications.models.notice import KINDS_WITHOUT_LETTERS, Kind, Notice, NoticeItem, NoticeText
from notifications.models.reminder_schedule import ReminderSchedule, ReminderScheduleChange
from notifications.models.sending_settings import MailServer, SendingChange, SendingDatabase, SendingSettings
from notifications.models.sign_in_code import SignInCode
