"""A letter's page as an answer: the letter fetched for its reader, the decision form, and the page around them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render

from followups import duties
from followups.answers import Answers
from followups.forms import DecisionForm, filled_from, proposed
from followups.letter import half_written, letter_page
from followups.models import FollowUp, HalfWritten
from followups.views.origin import origin, with_origin
from letters.models import Letter
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.whole import whole


def visible(request: SignedInRequest, pk: int) -> Letter:
    letters = duties.with_falls_to(Letter.objects.visible_to(request.user), request.user)
    letters = half_written.with_drafts(letters, request.user)
    return get_object_or_404(letters.select_related("followup", "unit", "sender", "leader", "incident", "batch"), pk=pk)


def form_now(request: SignedInRequest, letter: Letter, fetched: Answers | None = None) -> DecisionForm | None:
    """The decision form, where this is the moment for it."""
    return fresh_form(request, letter, fetched) if letter_page.may_decide_now(request.user, letter, fetched) else None


def fresh_form(request: SignedInRequest, letter: Letter, fetched: Answers | None) -> DecisionForm:
    """Filled from an earlier decision; without one, only a date in the letter itself is proposed."""
    answers = filled_from(fetched) if fetched else proposed(letter.followup.due_on, letter_page.passed_on(letter))
    return form_of(request, letter, initial=answers | {"version": letter.followup.version})


def form_with(request: SignedInRequest, letter: Letter, words: dict[str, Any], seen: int) -> DecisionForm:
    """As it was typed, saved nowhere; ``seen`` is the version that was read."""
    return form_of(request, letter, initial=words | {"version": seen})


def form_of(
    request: SignedInRequest, letter: Letter, data: QueryDict | None = None, initial: dict[str, Any] | None = None
) -> DecisionForm:
    """Who waits for an answer is not offered to ask again; a question that was posted is for the service to judge.

    Why a decision is corrected is asked of who has seen that it is confirmed.
    """
    seen = letter.followup.version if data is None else whole(data.get("version", ""))
    return DecisionForm(
        data,
        initial=initial,
        is_personnel_case=letter.is_personnel_case,
        may_ask=data is not None or not letter.followup.escalations.with_desk().exists(),
        is_own=letter.sender_id == request.user.pk,
        passed_on=letter_page.passed_on(letter),
        proposal=letter_page.proposal(letter),
        between=letter.incident.dates_about_it,
        corrects=letter.followup.status == FollowUp.Status.CONFIRMED and seen == letter.followup.version,
    )


def show(
    request: SignedInRequest, letter: Letter, form: DecisionForm | None, status: int = 200, **more: Any
) -> HttpResponse:
    """``draft``: the half-written decision that the form was filled from; else one that waits is offered."""
    came_from = origin(request)
    context = letter_page.context(letter, request.user, came_from) | {"form": form} | more
    context["kept"] = with_origin("", request)
    context["lies_under"] = "my_letters" if context["is_own"] else "boards"
    context["shows_help"] = context["is_own"] and (form is not None or context["is_to_send"])
    context |= _about_draft(request, letter, more.get("draft"))
    return render(request, "followups/letter.html", context, status=status)


def _about_draft(request: SignedInRequest, letter: Letter, draft: HalfWritten | None) -> dict[str, Any]:
    """``draft_version``: which one this page writes on, 0 for none. What was posted stands on the page already."""
    if draft or request.method == "POST":
        return {"draft_version": draft.version if draft else draft_seen(request)}
    waits = half_written.of(letter, request.user)
    return {
        "draft_version": 0,
        "offer": half_written.offered(waits, letter.followup, request.user) if waits else None,
    }


def draft_seen(request: SignedInRequest) -> int:
    return whole(request.POST.get("kladde", "")) or 0
