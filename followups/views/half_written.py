"""*Kladde*: the decision form is kept while one types, or by a button, for whoever typed it alone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from followups.letter import half_written, letter_page
from followups.letter.half_written import NotKept
from followups.views.letter_answer import draft_seen, form_with, show, visible
from followups.views.origin import with_origin
from letters.models import Letter
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.whole import whole

INSTEAD = "i-stedet"  # the button that writes over the draft that stands; its value is the version it was shown at
#: only an answer with this header takes the place of what is said of the draft: the sign-in page never does
OURS = "X-Draft"


@require_POST
def keep_half_written(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = _to_decide(request, pk)
    words, seen = half_written.typed(request.POST), whole(request.POST.get("version", "")) or 0
    seen = min(seen, letter.followup.version)  # no page has seen a later one
    instead = whole(request.POST.get(INSTEAD, ""))
    version = draft_seen(request) if instead is None else instead
    try:
        is_asked = instead is not None
        draft = half_written.keep(letter.followup, request.user, words, seen, version, is_asked=is_asked)
    except NotKept as refusal:
        if request.htmx:  # type: ignore[attr-defined]
            return _state(request, letter, version, status=409, refusal=refusal)
        form = form_with(request, letter, words, seen)
        return show(request, letter, form, status=409, refusal=refusal)
    if request.htmx:  # type: ignore[attr-defined]
        return _state(request, letter, draft.version if draft else 0, written=draft)
    messages.success(request, "Kladden er gemt. Kun du kan se den, og den gælder først, når du gemmer beslutningen.")
    return redirect(with_origin(f"{reverse('letter', args=[pk])}?kladde=1", request))


@require_POST
def discard_half_written(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = _to_decide(request, pk)
    try:
        half_written.discard(letter.followup, request.user, draft_seen(request))
    except NotKept:
        messages.warning(request, "Kladden er skrevet videre et andet sted. Se den igennem, før du kasserer den.")
    else:
        messages.success(request, "Kladden er kasseret.")
    return redirect(with_origin(reverse("letter", args=[pk]), request))


def _to_decide(request: SignedInRequest, pk: int) -> Letter:
    letter = visible(request, pk)
    if letter_page.followup_of(letter) is None or not letter_page.may_decide(request.user, letter):
        raise PermissionDenied
    return letter


def _state(request: SignedInRequest, letter: Letter, version: int, status: int = 200, **more: Any) -> HttpResponse:
    """What is said of the draft under the form, and which one the page writes on."""
    context = {"letter": letter, "draft_version": version, "kept": with_origin("", request)} | more
    response = render(request, "followups/letter.html#draft_state", context, status=status)
    response[OURS] = "1"
    return response
