"""Views of *Sporing*: the channels, a channel, an alarm of silence, its forms, the way of a letter."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, F, Max, OuterRef, QuerySet, Subquery, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters.categories.category_matching import is_personnel_by_default
from letters.importing.rows.dispatch_rows import letters_to_add
from letters.models import Channel, Incident, Leg, LetterDispatch, MissingReport, Receipt, SilenceAlarm
from letters.models.incident import IncidentClosed
from letters.models.letter import HIDDEN_SUBJECT
from letters.models.tracking import MISSING
from letters.tracking import drafted_incidents
from letters.tracking.missing_reports import DAY, reports_of
from letters.tracking.moved_reports import move_reports
from letters.tracking.silence.alarms import close_alarm
from letters.tracking.told_statuses import unknown_statuses
from letters.tracking_pages import incident_draft
from letters.tracking_pages.alarm_sentences import show_alarm, show_alarms, with_signs
from letters.tracking_pages.channels import find_channels
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import FreeText, parse_int

LETTERS_PER_PAGE = 50
ALARMS_SHOWN = REPORTS_SHOWN = 50
DAYS_SHOWN = 7


class CloseAlarmForm(forms.Form):
    reason = FreeText(
        label="Hvad var der galt, og hvordan er det løst?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv, hvad der var galt, og hvordan det er løst."},
    )
    is_false = forms.BooleanField(
        label="Det var en falsk alarm",
        help_text="Intet var galt. Systemet lærer så, at det er sædvanligt.",
        required=False,
    )


class ChannelForm(forms.Form):
    channel = forms.ModelChoiceField(Channel.objects.all(), label="Hvordan er brevene sendt?", empty_label="Vælg kanal")


def shown_subject(letter: LetterDispatch) -> str:
    """Return the subject, hidden for a personnel case: Koncern IT reads none. A letter of no incident has no owner."""
    return HIDDEN_SUBJECT if is_personnel_by_default(letter.subject) else letter.subject


def latest(reports: QuerySet[MissingReport]) -> QuerySet[MissingReport]:
    return reports.select_related("by__unit", "channel").order_by("-at", "-pk")[:REPORTS_SHOWN]


@kit_admin_required
@require_safe
def list_channels(request: SignedInRequest) -> HttpResponse:
    alarms = show_alarms(SilenceAlarm.objects.filter(closed_at=None).order_by("raised_at"))
    context = {
        "channels": find_channels(timezone.now()),
        "alarms": alarms,
        "searched_at": Leg.objects.aggregate(at=Max("searched_at"))["at"],
        "unknown": len(unknown_statuses()),
        "alarm_of": {shown.alarm.channel_id: shown for shown in alarms},
        "reports": latest(MissingReport.objects.filter(at__gt=timezone.now() - DAY)),
    }
    return render(request, "letters/channels.html", context)


@kit_admin_required
@require_safe
def show_channel(request: SignedInRequest, pk: int) -> HttpResponse:
    channel = get_object_or_404(Channel, pk=pk)
    [row] = find_channels(timezone.now(), channel.pk, DAYS_SHOWN)
    alarms = show_alarms(channel.silences.order_by(F("closed_at").desc(nulls_first=True))[:ALARMS_SHOWN])
    context = {
        "channel": row,
        "legs": channel.legs.order_by("kind"),
        "alarms": alarms,
        "reports": latest(MissingReport.objects.filter(channel=channel)),
    }
    return render(request, "letters/channel.html", context)


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def show_silence(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show an alarm with the listed letters, or close the alarm."""
    alarm = get_object_or_404(with_signs(SilenceAlarm.objects.all()), pk=pk)
    form = CloseAlarmForm(request.POST if request.method == "POST" and not alarm.closed_at else None)
    if request.method == "POST" and (alarm.closed_at or form.is_valid()):
        try:
            if alarm.closed_at:
                raise Conflict
            close_alarm(alarm, request.user, **form.cleaned_data)
            messages.success(request, "Alarmen er lukket. Kommer fejlen igen, får I en ny.")
        except Conflict:
            messages.info(request, "Alarmen er allerede lukket. Der er ikke ændret noget.")
        return redirect("silence", pk)
    last_receipt = Receipt.objects.filter(dispatch=OuterRef("pk")).order_by("-received_at", "-pk")
    letters = (
        alarm.dispatches.select_related("outcome")
        .annotate(
            last_status=Subquery(last_receipt.values("status")[:1]),
            is_missing=Case(When(MISSING, then=Value(1)), default=Value(0)),
        )
        .order_by("-is_missing", "sent_at", "pk")
    )
    shown = show_alarm(alarm)
    to_add, joined = letters_to_add(alarm).count(), drafted_incidents.incident_to_join(alarm)
    context = {
        "shown": shown,
        "step": incident_draft.next_step(shown, to_add, joined),
        "missing": alarm.dispatches.filter(MISSING).count(),
        "page_obj": Paginator(letters, LETTERS_PER_PAGE).get_page(request.GET.get("page")),
        "form": form,
        "channel_form": None if alarm.channel or alarm.closed_at else ChannelForm(),
        "subject_of": shown_subject,
        "reports": latest(reports_of(alarm)),
    }
    return render(request, "letters/silence.html", context, status=422 if form.errors else 200)


@require_POST
@kit_admin_required
def move_alarm_reports(request: SignedInRequest, pk: int) -> HttpResponse:
    """Move the alarm of the unknown channel and its reports to the chosen channel."""
    alarm = get_object_or_404(SilenceAlarm, pk=pk)
    channel = get_object_or_404(Channel, pk=parse_int(request.POST.get("channel", "")))
    try:
        alarm = move_reports(alarm, channel, request.user)
        messages.success(request, f"Efterlysningerne hører nu til {alarm.channel_name}.")
    except Conflict:
        messages.info(request, "Alarmen er lukket eller har allerede en kanal. Der er ikke ændret noget.")
    return redirect("silence", alarm.pk)


@require_POST
@kit_admin_required
def draft_incident(request: SignedInRequest, pk: int) -> HttpResponse:
    """Import the alarm's missing letters to its incident, to the chosen incident of the channel, or to a new one."""
    alarm = get_object_or_404(with_signs(SilenceAlarm.objects.all()), pk=pk)
    joined = None
    if "tilfoej" in request.POST:
        of_channel = Incident.objects.filter(silences__channel=alarm.channel_id).distinct()
        joined = get_object_or_404(of_channel, pk=parse_int(request.POST["tilfoej"]))
    try:
        draft = incident_draft.write_draft(show_alarm(alarm))
        batch = drafted_incidents.draft_incident(alarm, draft, request.user, joined)
    except IncidentClosed as closed:
        messages.info(request, str(closed))
        return redirect("silence", pk)
    if not batch:
        messages.info(request, "Ingen af alarmens breve mangler i hændelsen. Der er ikke ændret noget.")
        return redirect("silence", pk)
    logs.log_security_event("incident_drafted", request.user.pk, alarm_id=alarm.pk, batch_id=batch.pk)
    return redirect("import_batch", batch.pk)


@kit_admin_required
@require_safe
def show_dispatch(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = get_object_or_404(LetterDispatch.objects.select_related("channel", "alarm", "outcome"), pk=pk)
    context = {
        "letter": letter,
        "subject": shown_subject(letter),
        "receipts": letter.receipts.order_by("received_at", "pk"),
    }
    return render(request, "letters/dispatch.html", context)
