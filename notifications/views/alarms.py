"""*Alarmer*: what is wrong with our own mail, what to do about it, and who is on it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from notifications.alarms import raising
from notifications.alarms.showing import open_alarms, show
from notifications.forms import EndAlarmForm
from notifications.models import Alarm
from notifications.views.desk import only_kit
from sepo_incident import logs
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.overtaken import Overtaken

PER_PAGE = 25


@only_kit
@require_safe
def alarms(request: SignedInRequest) -> HttpResponse:
    return answer(request)


def answer(
    request: SignedInRequest, refused: tuple[Alarm, EndAlarmForm] | None = None, status: int = 200
) -> HttpResponse:
    """``refused``: the alarm whose form was not right, with its errors."""
    ended = Paginator(Alarm.objects.ended().select_related("ended_by"), PER_PAGE)
    page = ended.get_page(request.GET.get("page"))
    forms = {refused[0].pk: refused[1]} if refused else {}
    context = {
        "opened": [(shown, forms.get(shown.alarm.pk) or EndAlarmForm(shown.alarm)) for shown in open_alarms()],
        "form": refused[1] if refused else None,
        "page_obj": page,
        "ended": [show(alarm) for alarm in page],
    }
    return render(request, "notifications/alarms.html", context, status=status)


@only_kit
@require_POST
def take_alarm(request: SignedInRequest, pk: int) -> HttpResponse:
    alarm = get_object_or_404(Alarm, pk=pk)
    try:
        raising.take(alarm, request.user)
        logs.note("alarm_taken", request.user.pk, alarm_id=pk)
        messages.success(request, "Alarmen er din. Andre kan se, at du er på den.")
    except Overtaken:
        messages.info(request, "En anden har lige taget alarmen, eller den er ophørt. Intet er ændret.")
    return redirect("alarms")


@only_kit
@require_POST
def end_alarm(request: SignedInRequest, pk: int) -> HttpResponse:
    alarm = get_object_or_404(Alarm, pk=pk)
    form = EndAlarmForm(alarm, request.POST)
    if not form.is_valid():
        return answer(request, (alarm, form), status=422)
    try:
        raising.end(alarm, request.user, form.cleaned_data["reason"])
        logs.note("alarm_ended", request.user.pk, alarm_id=pk)
        messages.success(request, "Alarmen er lukket. Slår fejlen til igen, kommer der en ny.")
    except Overtaken:
        messages.info(request, "Alarmen er allerede lukket. Intet er ændret.")
    return redirect("alarms")
