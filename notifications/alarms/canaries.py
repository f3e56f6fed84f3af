"""Mails of our own that show whether mail works: one to ourselves, and one that must come back (promises.md 7)."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from notifications.models import Kind, Notice
from notifications.sending.posting import post
from sepo_incident import danish

#: a clock that rings too often, or after a jump, sends no more than one an hour
APART = timedelta(minutes=55)


def sing() -> list[Notice]:
    """Send this hour's canaries, to the addresses that are set."""
    now = timezone.now()
    text = (
        "Systemet sender denne mail til sig selv hver time for at se, om mails kommer frem.\n"
        f"Den er fra {danish.moment(now)}. Du skal ikke gøre noget.\n"
    )
    to = {Kind.CANARY: settings.MAIL["canary_address"], Kind.BOUNCE_CANARY: settings.MAIL["bounce_canary_address"]}
    lately = set(Notice.objects.filter(kind__in=to, created_at__gt=now - APART).values_list("kind", flat=True))
    return [
        post(kind, address, "Prøve: kommer mails frem?", text)
        for kind, address in to.items()
        if address and kind not in lately
    ]
