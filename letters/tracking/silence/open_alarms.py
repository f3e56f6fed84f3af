"""The open alarms of silence: signs, listed letters, and both as JSON."""

from typing import Any

from django.db.models import QuerySet

from letters.models import Leg, LetterDispatch, SilenceSign
from letters.models.tracking import MISSING
from letters.tracking.silence.legs import WHOLE

LEG_NAMES = {Leg.Kind.HANDOVER: "approved → handed_over", Leg.Kind.RECEIPT: "handed_over → receipt"}


def open_signs() -> list[SilenceSign]:
    """Return the signs of the open alarms with their alarm, channel and leg, the newest last."""
    signs = SilenceSign.objects.filter(alarm__closed_at=None).select_related("alarm__channel", "leg")
    return list(signs.order_by("raised_at", "pk"))


def listed_letters() -> QuerySet[LetterDispatch]:
    """Return the letters that the open alarms list, as far as they have not arrived."""
    return LetterDispatch.objects.filter(MISSING, alarm__isnull=False, alarm__closed_at=None)


def as_json() -> dict[str, Any]:
    """Return the open alarms and the listed letters as `manage.py detect --json` writes them."""
    return {
        "alarms": [_sign_as_json(sign) for sign in open_signs()],
        "listed": list(listed_letters().order_by("pk").values_list("message_uuid", flat=True)),
    }


def _sign_as_json(sign: SilenceSign) -> dict[str, Any]:
    is_whole = (sign.slice_kind, sign.slice_value) == WHOLE
    return {
        "id": sign.pk,
        "kind": sign.kind,
        "channel": sign.alarm.channel_name,
        "leg": LEG_NAMES[Leg.Kind(sign.leg.kind)] if sign.leg else None,
        "slice": {"kind": sign.slice_kind, "value": sign.alarm.channel_name if is_whole else sign.slice_value},
        "since": sign.since.isoformat(),
        "missing": sign.missing,
        "expected": round(sign.expected, 1),
        "raised_at": sign.raised_at.isoformat(),
    }
