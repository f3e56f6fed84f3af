"""What people do to a dispatch: approve it or not, pause it, let it go on, stop it; and pause all sending.

Each act is one conditional step. Who comes second is told who was first, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from letters.incidents import current_or_404
from letters.models import Incident
from notifications.dispatches import approving, holding
from notifications.dispatches.dispatching import NumberChanged
from notifications.forms import ReasonForm, SendForm
from notifications.models import Dispatch, SendingChange
from notifications.showing.following import progress_of
from notifications.views.desk import only_kit
from sepo_incident import danish, logs
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.overtaken import Overtaken


class Act(NamedTuple):
    """One that asks for a reason: its verb, its words, and what the security log calls it."""

    verb: Callable[..., Any]
    title: str
    lead: str
    done: str
    event: str


ACTS = {
    "pause": Act(
        holding.pause,
        "Sæt udsendelsen på pause",
        "Der går ikke flere mails ud, før en i Koncern IT lader den fortsætte. Det, der er ved at blive sendt lige nu, "
        "bliver sendt færdigt, og resten ligger trygt i køen.",
        "Udsendelsen er sat på pause.",
        "dispatch_paused",
    ),
    "stop": Act(
        holding.stop,
        "Stands udsendelsen",
        "Det, der ikke er sendt, bliver taget ud af køen, og det kan ikke fortrydes. Afsendere, der ikke har fået deres"
        " mail, står igen på listen over dem, der skal have et varsel. En mail, der er sendt, kan ikke kaldes tilbage.",
        "Udsendelsen er standset.",
        "dispatch_stopped",
    ),
    "refuse": Act(
        approving.refuse,
        "Afvis udsendelsen",
        "Der bliver ikke sendt noget. Afsenderne står stadig på listen over dem, der skal have et varsel.",
        "Udsendelsen er afvist, og der er ikke sendt noget.",
        "dispatch_refused",
    ),
}
PAUSE_ALL = Act(
    holding.pause_all,
    "Sæt alle mails på pause",
    "Der går ingen mails ud om hændelsen, heller ikke påmindelser, før en i Koncern IT lader dem fortsætte. Det, der "
    "er ved at blive sendt lige nu, bliver sendt færdigt, og resten ligger trygt i køen.",
    "Alle mails er sat på pause.",
    "sending_paused",
)


@only_kit
@require_http_methods(["GET", "HEAD", "POST"])
def act_on_dispatch(request: SignedInRequest, pk: int, act: str) -> HttpResponse:
    """A page that asks for the reason, and the act."""
    one, chosen = get_object_or_404(Dispatch.objects.select_related("incident"), pk=pk), ACTS[act]
    form = ReasonForm(request.POST or None)
    if not form.is_valid():
        [progress] = progress_of([one])
        context = {"act": chosen, "form": form, "dispatch": one, "progress": progress, "lies_under": one.tab}
        return render(request, "notifications/act.html", context, status=422 if form.is_bound else 200)
    try:
        chosen.verb(one, form.cleaned_data["grund"], by=request.user)
    except Overtaken:
        return too_late(request, one)
    logs.note(chosen.event, request.user.pk, dispatch_id=pk)
    messages.success(request, chosen.done)
    return redirect("dispatch", pk)


@only_kit
@require_POST
def resume_dispatch(request: SignedInRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Dispatch, pk=pk)
    try:
        holding.resume(one, by=request.user)
    except Overtaken:
        return too_late(request, one)
    logs.note("dispatch_resumed", request.user.pk, dispatch_id=pk)
    messages.success(request, "Udsendelsen fortsætter.")
    return redirect("dispatch", pk)


@only_kit
@require_POST
def approve_dispatch(request: SignedInRequest, pk: int) -> HttpResponse:
    one, form = get_object_or_404(Dispatch.objects.select_related("incident"), pk=pk), SendForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Tallet på knappen mangler, så udsendelsen er ikke godkendt. Prøv igen.")
        return redirect("dispatch", pk)
    try:
        approving.approve(one, form.cleaned_data["lovet"], by=request.user)
    except Overtaken:
        return too_late(request, one)
    except approving.OwnRequest:
        messages.error(request, "Du har selv bedt om udsendelsen, så en anden i Koncern IT skal godkende den.")
    except NumberChanged as changed:
        messages.warning(request, str(changed))
    else:
        logs.note("dispatch_approved", request.user.pk, dispatch_id=pk, count=form.cleaned_data["lovet"])
        messages.success(request, "Udsendelsen er godkendt og går i gang.")
    return redirect("dispatch", pk)


@only_kit
@require_http_methods(["GET", "HEAD", "POST"])
def pause_all(request: SignedInRequest) -> HttpResponse:
    incident, form = current_or_404(), ReasonForm(request.POST or None)
    if not form.is_valid():
        context = {"act": PAUSE_ALL, "form": form}
        return render(request, "notifications/act.html", context, status=422 if form.is_bound else 200)
    try:
        PAUSE_ALL.verb(incident, form.cleaned_data["grund"], by=request.user)
    except Overtaken:
        messages.warning(request, who_was_first(incident.sending_changes.filter(dispatch=None).first()))
    else:
        logs.note(PAUSE_ALL.event, request.user.pk)
        messages.success(request, PAUSE_ALL.done)
    return redirect("notices")


@only_kit
@require_POST
def resume_all(request: SignedInRequest) -> HttpResponse:
    incident: Incident = current_or_404()
    try:
        holding.resume_all(incident, by=request.user)
    except Overtaken:
        messages.warning(request, who_was_first(incident.sending_changes.filter(dispatch=None).first()))
    else:
        logs.note("sending_resumed", request.user.pk)
        messages.success(
            request, "Mailene bliver sendt igen. En udsendelse, der selv er på pause, bliver ved med at være det."
        )
    return redirect("notices")


def too_late(request: SignedInRequest, dispatch: Dispatch) -> HttpResponse:
    messages.warning(request, who_was_first(dispatch.changes.select_related("by").first()))
    return redirect("dispatch", dispatch.pk)


def who_was_first(change: SendingChange | None) -> str:
    """«Mette Dahl var først og standsede udsendelsen kl. 14.02. Intet er ændret nu.»"""
    if change is None:
        return "Udsendelsen er ikke længere, som da du åbnede siden. Intet er ændret."
    who = change.by.name if change.by else "Systemet"
    return f"{who} var først og {change.get_kind_display()} {danish.clock(change.at)}. Intet er ændret nu."
