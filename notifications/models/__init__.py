from notifications.models.delivery import Attempt, Delivery
from notifications.models.dispatch import Dispatch
from notifications.models.notice import Kind, Notice, NoticeItem

__all__ = ["Attempt", "Delivery", "Dispatch", "Kind", "Notice", "NoticeItem"]
