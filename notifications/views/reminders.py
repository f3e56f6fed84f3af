"""*Påmindelser*: the ladder's calendar, its switch with what it comes to, its pauses, and what it has sent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from letters.incidents import current_or_404
from letters.models import Incident
from notifications.dispatches import steering
from notifications.dispatches.climbing import BY_CLOCK
from notifications.models import Dispatch, Ladder, LadderPause
from notifications.owing.reminding import steps_of
from notifications.reminder_forms import PauseForm, StepsForm
from notifications.showing import remaining
from notifications.showing.desk import flow_of
from notifications.showing.following import progress_of
from notifications.views.desk import only_kit
from sepo_incident import danish, logs
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.requests import SignedInRequest

PER_PAGE = 15


@only_kit
@require_safe
def reminders(request: SignedInRequest) -> HttpResponse:
    incident = Incident.objects.current()
    if incident is None:
        return render(request, "notifications/reminders.html")
    return page(request, incident)


def page(request: SignedInRequest, incident: Incident, status: int = 200, **forms: Any) -> HttpResponse:
    """With a form that was refused, or both as they begin."""
    now = timezone.now()
    today, steps = danish.day(now), steps_of(incident)
    sent = Dispatch.objects.of(incident).filter(kind__in=BY_CLOCK).select_related("requested_by")
    page_obj = Paginator(sent, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "ladder": Ladder.objects.of(incident),
        "calendar": remaining.calendar(incident, now),
        "forecast": remaining.upcoming(incident, now),
        "steps": steering.in_words(steps),
        "pauses": LadderPause.objects.in_force(today).filter(incident=incident).select_related("unit", "by"),
        "page_obj": page_obj,
        "sent": progress_of(page_obj),
        "changes": incident.ladder_changes.select_related("by"),
        "steps_form": StepsForm(steps),
        "pause_form": PauseForm(incident, today),
        **flow_of(incident),
        **forms,
    }
    return render(request, "notifications/reminders.html", context, status=status)


@require_POST
@only_kit
def switch_on_reminders(request: SignedInRequest) -> HttpResponse:
    if steering.switch_on(current_or_404(), request.user):
        logs.note("reminders_switched_on", request.user.pk)
        messages.success(request, "Påmindelserne er slået til.")
    else:
        messages.info(request, "Påmindelserne var slået til i forvejen.")
    return redirect("reminders")


@require_POST
@only_kit
def switch_off_reminders(request: SignedInRequest) -> HttpResponse:
    if steering.switch_off(current_or_404(), request.user):
        logs.note("reminders_switched_off", request.user.pk)
        messages.success(request, "Påmindelserne er slået fra. Der bliver ikke skrevet flere.")
    else:
        messages.info(request, "Påmindelserne var slået fra i forvejen.")
    return redirect("reminders")


@require_POST
@only_kit
def reminder_steps(request: SignedInRequest) -> HttpResponse:
    incident = current_or_404()
    form = StepsForm(steps_of(incident), request.POST)
    if not form.is_valid():
        return page(request, incident, status=422, steps_form=form)
    if steering.set_steps(incident, **form.cleaned_data, by=request.user):
        logs.note("reminder_steps_changed", request.user.pk)
        messages.success(request, "Trinnene er ændret.")
    else:
        messages.info(request, "Trinnene er sådan i forvejen.")
    return redirect("reminders")


@require_POST
@only_kit
def pause_reminders(request: SignedInRequest) -> HttpResponse:
    incident = current_or_404()
    form = PauseForm(incident, danish.day(timezone.now()), request.POST)
    if not form.is_valid():
        return page(request, incident, status=422, pause_form=form)
    unit = Unit.objects.get(pk=form.cleaned_data["unit"])
    pause = steering.pause(incident, unit, form.cleaned_data["reason"], form.cleaned_data["until"], request.user)
    logs.note("reminders_paused", request.user.pk, pause_id=pause.pk)
    messages.success(request, f"{unit.name} får ingen påmindelser til og med {danish.date(pause.until)}.")
    return redirect("reminders")


@require_POST
@only_kit
def end_pause(request: SignedInRequest, pk: int) -> HttpResponse:
    pause = get_object_or_404(LadderPause.objects.select_related("unit"), pk=pk)
    if steering.end_pause(pause, request.user):
        logs.note("reminder_pause_ended", request.user.pk, pause_id=pk)
        messages.success(request, f"{pause.unit.name} får påmindelser igen.")
    else:
        messages.info(request, "Pausen var ophævet i forvejen.")
    return redirect("reminders")
