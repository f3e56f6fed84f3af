"""«Originalen findes ikke»: who has said so, and who may say so or that it is found."""

from __future__ import annotations

from typing import Any

from followups.models import Decision, FollowUp
from followups.services.moving import POSSIBLE_FROM, Kind


def context(followup: FollowUp | None, *, may_decide: bool, may_be_read: bool) -> dict[str, Any]:
    """``original_gone`` is the line of the ledger that says so, for who may read the letter; ``may_say_original``: is
    it this reader's to say, and not too late? One query where it is gone."""
    if followup is None or not may_be_read:
        return {}
    return {
        "original_gone": last_said(followup) if followup.is_original_gone else None,
        "may_say_original": may_decide and followup.status in POSSIBLE_FROM[Kind.ORIGINAL_GONE],
    }


def last_said(followup: FollowUp) -> Decision | None:
    said = followup.decisions.filter(kind=Kind.ORIGINAL_GONE).select_related("by")
    return said.order_by("-version").first()
