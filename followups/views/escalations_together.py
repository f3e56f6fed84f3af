"""Several questions with the same cause: chosen in the queue, answered once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from followups import services
from followups.models import Escalation
from followups.support import desk
from followups.support.answering import TogetherForm
from followups.views.escalations import at_the_desk
from sepo_incident import danish
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.whole import whole


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def answer_together(request: SignedInRequest) -> HttpResponse:
    """What was ticked (``valgt``), what of it would be left alone and why, and on POST the answer to the rest."""
    posted = request.POST if request.method == "POST" else None
    ids = {pk for one in (posted or request.GET).getlist("valgt") if (pk := whole(one)) is not None}
    chosen = list(desk.readable(request.user).filter(pk__in=ids).order_by("waiting_since", "pk"))
    if not chosen:
        messages.warning(request, "Vælg de spørgsmål, der skal have det samme svar.")
        return redirect("escalations")
    form = TogetherForm(chosen[0].desk, posted)
    if posted and posted.get("do") == "insert":
        return _page(request, chosen, TogetherForm(chosen[0].desk, initial=form.with_standard()))
    if not posted or not form.is_valid():
        return _page(request, chosen, form, status=422 if posted else 200)
    done = services.answer_together([one.pk for one in chosen], form.cleaned_data["text"], request.user)
    if not done.sound:
        return _page(request, chosen, form, status=409)
    messages.success(request, _said(done))
    return redirect("escalations")


def _page(request: SignedInRequest, chosen: list[Escalation], form: TogetherForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    together = services.sort_questions(chosen, request.user)
    context = {
        "form": form,
        "sound": [desk.seen_by(request.user, one, now) for one in together.sound],
        "left": [(desk.seen_by(request.user, one, now), why) for one, why in together.left],
    }
    return render(request, "followups/escalations_together.html", context, status=status)


def _said(done: services.Together) -> str:
    said = f"{danish.count(len(done.sound), 'spørgsmål er', 'spørgsmål er')} besvaret, og svaret står på hvert brev."
    if done.left:
        left = danish.count(len(done.left), "spørgsmål", "spørgsmål")
        said += f" {left} blev ikke rørt: {' '.join(sorted({why for _, why in done.left}))}"
    return said
