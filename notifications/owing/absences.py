"""Who cannot answer for their letters just now: away, gone, or not to be reached. Their leader is asked instead."""

from __future__ import annotations

from datetime import date

from django.db.models import Max, Q

from notifications.models import Delivery, Evidence


def away(on: date) -> dict[int, date]:
    """{user: the day they are back}, for those whose mail has answered that they are away on that day."""
    told = Evidence.objects.away(on).filter(delivery__recipient__isnull=False).order_by()
    return dict(told.values_list("delivery__recipient").annotate(Max("away_until")))


def unreached() -> set[int]:
    """Users at an address that refuses our mails."""
    refused = Delivery.objects.unreached().filter(recipient__isnull=False)
    return set(refused.values_list("recipient", flat=True).distinct())


def absent(user: str, on: date) -> Q:
    """Is the user at the end of this path away, gone, or not to be reached? Those are few, so they are asked for once,
    and not for each letter."""
    return Q(**{f"{user}__in": {*away(on), *unreached()}}) | Q(**{f"{user}__left_on__isnull": False})
