"""What was just saved, said on the next page: ``?gemt=<letter>``. Nothing is stored for it, so a GET writes nothing."""

from __future__ import annotations

from followups.letter.letter_page import followup_of
from letters.models import Letter
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.whole import whole


def just_saved(request: SignedInRequest) -> Letter | None:
    """The letter named in the address, when the reader may see it and the last act on it is their own. It knows whether
    that was the reply to what a desk had asked (``has_replied``)."""
    pk = whole(request.GET.get("gemt", ""))
    if pk is None:
        return None
    letters = Letter.objects.visible_to(request.user).select_related("followup__decided_by")
    letter = letters.filter(pk=pk).first()
    followup = followup_of(letter) if letter else None
    newest = followup.decisions.order_by("-version").first() if followup else None
    if letter is None or newest is None or newest.by_id != request.user.pk:
        return None
    letter.has_replied = "is_reply" in newest.answers  # type: ignore[attr-defined]
    return letter
