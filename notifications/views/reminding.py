"""«Mind om det nu»: whoever leads a unit's letters has those who owe something reminded, after seeing who gets a mail.

The boards lie below us and link here.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from followups import duties
from followups.boards.board import letters_of, openable_by
from letters.incidents import current_or_404
from letters.models import Incident
from letters.models.letter import LetterQuerySet
from notifications.dispatches import asking
from notifications.dispatches.dispatching import AlreadyUnderWay
from notifications.models import Dispatch
from notifications.owing import at_once
from notifications.showing import asked
from notifications.showing.desk import flow_of
from sepo_incident import danish, logs
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.overtaken import Overtaken
from sepo_incident.whole import whole


@require_http_methods(["GET", "HEAD", "POST"])
def remind(request: SignedInRequest, pk: int) -> HttpResponse:
    """On GET who would get a mail, of everybody or of one (``?afsender=``), and who not; on POST it goes (``til``)."""
    unit, incident = get_object_or_404(openable_by(request.user), pk=pk), current_or_404()
    letters = letters_of(unit, incident, request.user)
    if not duties.leads_in(request.user, unit, letters):
        raise PermissionDenied
    led = letters.filter(duties.led_by(request.user))
    if request.method != "POST":
        return page(request, unit, incident, led)
    receivers = wholes(request.POST.getlist("til"))
    if not receivers:
        return page(request, unit, incident, led, status=422)
    try:
        dispatch = asking.remind(led, incident, receivers, by=request.user)
    except AlreadyUnderWay:
        messages.info(request, "Du har allerede bedt om de påmindelser. Ingen får to.")
    except Overtaken:
        return page(request, unit, incident, led, status=409)
    else:
        logs.note("reminded_at_once", request.user.pk, dispatch_id=dispatch.pk, count=len(receivers))
        messages.success(request, said_of(dispatch))
    return redirect(reverse("board", args=[pk]))


def page(
    request: SignedInRequest, unit: Unit, incident: Incident, led: LetterQuerySet, status: int = 200
) -> HttpResponse:
    """``422``: nobody was chosen. ``409``: it is not as the page showed it."""
    senders = wholes(request.GET.getlist("afsender"))
    shown = led.filter(sender__in=senders) if senders else led
    found = at_once.sort_out(shown, incident, request.user, timezone.now())
    flow = flow_of(incident)
    context = {
        "unit": unit,
        "found": found,
        "is_about_one": len(senders) == 1,
        "chosen_from": request.GET.urlencode(),
        "limit": flow["sending"].limit_passed(len(found.mailed), request.user),
        "none_chosen": status == 422,
        "is_overtaken": status == 409,
        "asked": asked.latest(request.user, incident),
        "lies_under": "boards",
        **flow,
    }
    return render(request, "notifications/remind.html", context, status=status)


def wholes(texts: list[str]) -> set[int]:
    return {number for text in texts if (number := whole(text)) is not None}


def said_of(dispatch: Dispatch) -> str:
    people = danish.count(dispatch.promised, "person", "personer")
    if dispatch.status == Dispatch.Status.ASKED:
        return f"Koncern IT skal godkende påmindelsen til {people}, før den bliver sendt."
    return f"Påmindelsen til {people} er på vej."
