"""Views of *Alarmer*: the open alarms with instructions, taking and ending an alarm, and the silent mails."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from letters.incidents import incident_in_address
from notifications.alarms import heartbeats, lifecycle
from notifications.alarms.alarm_list import list_open_alarms, show_alarm
from notifications.alarms.monitors import measure_silence, silent_mails
from notifications.models import Alarm, MailServer
from notifications.outbox import mail_servers
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import database, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import FreeText
from sepo_incident.core.sorting import Column, ColumnSort

PER_PAGE = 25
ENDED_COLUMNS = {
    "raised": Column("raised_at", descending_first=True),
    "ended": Column("ended_at", descending_first=True),
}


@kit_admin_required
@require_safe
def alarms(request: SignedInRequest) -> HttpResponse:
    return render_alarms(request)


def render_alarms(
    request: SignedInRequest, invalid_form: tuple[Alarm, EndAlarmForm] | None = None, status: int = 200
) -> HttpResponse:
    """Render the page. `invalid_form` is the alarm whose form was invalid, and the form with errors."""
    sort = ColumnSort(request.GET, ENDED_COLUMNS, default="-raised", anchor="lukkede")
    ended = sort.order(Alarm.objects.ended().select_related("ended_by"), "-pk")
    page = Paginator(ended, PER_PAGE).get_page(request.GET.get("page"))
    forms = {invalid_form[0].pk: invalid_form[1]} if invalid_form else {}
    shown_alarms = list_open_alarms()
    aside = {row.name: row for row in MailServer.objects.set_aside(database.now())}
    is_alarm = any(shown.alarm.kind == Alarm.Kind.SILENCE for shown in shown_alarms)
    context = {
        "open_alarms": [(shown, forms.get(shown.alarm.pk) or EndAlarmForm(shown.alarm)) for shown in shown_alarms],
        "untaken": sum(shown.alarm.taken_by is None for shown in shown_alarms),
        "form": invalid_form[1] if invalid_form else None,
        "page_obj": page,
        "heads": sort.heads,
        "ended": [show_alarm(alarm) for alarm in page],
        "mail_servers": [(one.name, aside.get(one.name)) for one in mail_servers.configured_servers()],
        "mail": settings.MAIL,
        "standstill": heartbeats.find_standstill(),
        **heartbeats.describe_watch(),
        "silence": None if is_alarm else measure_silence(timezone.now()),
    }
    return render(request, "notifications/alarms.html", context, status=status)


@kit_admin_required
@require_safe
def list_silent_mails(request: SignedInRequest) -> HttpResponse:
    """Show the mails behind the alarm on silence, the longest waiting first."""
    now = timezone.now()
    mails = silent_mails(now).of_incident(incident_in_address(request))
    mails = mails.select_related("recipient__unit", "notice").order_by("accepted_at", "pk")
    page = Paginator(mails, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "notifications/silent_mails.html", {"page_obj": page})


@kit_admin_required
@require_POST
def take_alarm(request: SignedInRequest, pk: int) -> HttpResponse:
    alarm = get_object_or_404(Alarm, pk=pk)
    try:
        lifecycle.take_alarm(alarm, request.user)
        logs.log_security_event("alarm_taken", request.user.pk, alarm_id=pk)
        messages.success(request, "Du har taget alarmen. Andre kan se det.")
    except Conflict:
        messages.info(request, "En anden har taget alarmen, eller den er lukket. Der er ikke ændret noget.")
    return redirect("alarms")


@kit_admin_required
@require_POST
def end_alarm(request: SignedInRequest, pk: int) -> HttpResponse:
    alarm = get_object_or_404(Alarm, pk=pk)
    form = EndAlarmForm(alarm, request.POST)
    if not form.is_valid():
        return render_alarms(request, (alarm, form), status=422)
    try:
        lifecycle.end_alarm(alarm, request.user, form.cleaned_data["reason"])
        logs.log_security_event("alarm_ended", request.user.pk, alarm_id=pk)
        messages.success(request, "Alarmen er lukket. Kommer fejlen igen, får I en ny.")
    except Conflict:
        messages.info(request, "Alarmen er allerede lukket. Der er ikke ændret noget.")
    return redirect("alarms")


class EndAlarmForm(forms.Form):
    """The reason for closing an alarm. The page shows several forms, so element ids contain the alarm's id."""

    reason = FreeText(
        label="Hvad var der galt, og hvordan er det løst?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv, hvad der var galt, og hvordan det er løst."},
    )

    def __init__(self, alarm: Alarm, data: QueryDict | None = None):
        super().__init__(data, auto_id=f"alarm_{alarm.pk}_%s")
