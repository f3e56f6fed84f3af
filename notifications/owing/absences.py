"""Who cannot answer for their letters just now: away, gone, or not to be reached. Their leader is asked instead."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, Max, OuterRef, Q

from notifications.models import Delivery, Evidence


def away(on: date) -> dict[int, date]:
    """{user: the day they are back}, for those whose mail has answered that they are away on that day."""
    told = Evidence.objects.away(on).filter(delivery__recipient__isnull=False).order_by()
    return dict(told.values_list("delivery__recipient").annotate(Max("away_until")))


def is_absent(user: str, on: date) -> Q:
    """Is the user at the end of this path away, gone, or at an address that refuses our mails?"""
    is_away = Exists(Evidence.objects.away(on).filter(delivery__recipient=OuterRef(user)))
    is_refusing = Exists(Delivery.objects.unreached().filter(recipient=OuterRef(user)))
    return Q(**{f"{user}__left_on__isnull": False}) | Q(is_away) | Q(is_refusing)
