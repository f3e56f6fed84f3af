"""What was just saved, said on the next page: ``?gemt=<letter>``. Nothing is stored for it, so a GET writes nothing."""

from __future__ import annotations

from followups.letter_page import followup_of
from letters.models import Letter
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.whole import whole


def just_saved(request: SignedInRequest) -> Letter | None:
    """The letter named in the address, when the reader may see it and the last act on it is their own."""
    pk = whole(request.GET.get("gemt", ""))
    if pk is None:
        return None
    letters = Letter.objects.visible_to(request.user).select_related("followup__decided_by")
    letter = letters.filter(pk=pk).first()
    followup = followup_of(letter) if letter else None
    newest = followup.decisions.order_by("-version").first() if followup else None
    return letter if newest and newest.by_id == request.user.pk else None
