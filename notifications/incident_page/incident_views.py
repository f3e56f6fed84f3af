"""*Hændelsen*: KIT's front page. Part of ``notifications``, because the checklist counts notices."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from followups import services
from followups.boards.board import overview_rows
from followups.boards.tables import BAR_LEGEND
from letters import incidents
from letters.models import Incident
from notifications.alarms.alarm_list import list_open_alarms
from notifications.incident_page.checklist import list_steps
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import danish
from sepo_incident.core.forms import DanishDateField, FreeText


class IncidentForm(forms.ModelForm):
    first_day = DanishDateField(label="Første dag, hvor breve ikke kom frem", help_text="For eksempel 9 12 2019")
    last_day = DanishDateField(label="Sidste dag")
    deadline = DanishDateField(label="Frist for at følge op", help_text="Dagen er med: fristen er ved dagens udgang.")

    class Meta:
        model = Incident
        fields = ["title", "first_day", "last_day", "deadline"]
        field_classes = {"title": FreeText}
        widgets = {"title": forms.TextInput(attrs={"class": "wide"})}
        labels = {"title": "Hvad er der sket?"}
        help_texts = {
            "title": "En kort titel, for eksempel »Sikker post, der ikke kom frem«. Den står øverst på siderne."
        }
        error_messages = {"title": {"required": "Skriv en titel."}}


class DeadlineForm(forms.ModelForm):
    deadline = DanishDateField(label="Ny frist", help_text="Dagen er med: fristen er ved dagens udgang.")
    reason = FreeText(
        label="Hvorfor flyttes fristen?",
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        max_length=1000,
        error_messages={"required": "Skriv, hvorfor fristen flyttes."},
    )

    class Meta:
        model = Incident
        fields = ["deadline"]

    def __init__(self, incident: Incident, data: Any = None):
        self.was = incident.deadline
        super().__init__(data, instance=incident, initial={"deadline": None})

    def clean_deadline(self) -> date:
        new: date = self.cleaned_data["deadline"]
        if new == self.was:
            raise forms.ValidationError("Det er den frist, der står i forvejen.")
        self.instance.deadline = new
        try:
            self.instance.validate_constraints()  # Django skips constraints on fields outside the form
        except forms.ValidationError as refusal:
            raise forms.ValidationError(refusal.messages) from refusal
        return new


@kit_admin_required
def incident(request: SignedInRequest) -> HttpResponse:
    """Show the current incident, or a form for a new incident."""
    current = Incident.objects.current()
    if current and request.method != "POST":
        return show_incident(request, current, DeadlineForm(current))
    form = IncidentForm(request.POST or None)
    if current is None and not form.is_valid():
        return render(request, "notifications/new_incident.html", {"form": form}, status=422 if form.is_bound else 200)
    made = current or incidents.create_incident(form.instance, request.user)
    if made is form.instance:
        messages.success(request, "Hændelsen er oprettet. Indlæs nu listen med breve.")
    else:
        messages.info(request, "Hændelsen er oprettet i forvejen. Her er den.")
    return redirect("incident")


def show_incident(request: SignedInRequest, current: Incident, form: DeadlineForm, status: int = 200) -> HttpResponse:
    administrations = Unit.objects.visible_to(request.user).filter(kind=Unit.Kind.ADMINISTRATION).in_order()
    rows = overview_rows(list(administrations), current, request.user)
    context = {
        "incident": Incident.objects.get(pk=current.pk),  # an invalid form has changed ``current``
        "alarms": list_open_alarms(),
        "steps": list_steps(current),
        "rows": sorted(rows, key=lambda row: -row.numbers["OPEN"].value),
        "legend": BAR_LEGEND,
        "changes": current.deadline_changes.select_related("by").order_by("-at"),
        "form": form,
    }
    return render(request, "notifications/incident.html", context, status=status)


@require_POST
@kit_admin_required
def open_followups(request: SignedInRequest) -> HttpResponse:
    """Open the follow-ups of all letters. A second click finds nothing to open."""
    opened = services.open_followups(incidents.current_incident_or_404(), request.user)
    if opened:
        messages.success(request, f"Opfølgningen er åbnet for {danish.count(opened, 'brev', 'breve')}.")
    else:
        messages.info(request, "Alle breve er åbnet i forvejen.")
    return redirect("incident")


@require_POST
@kit_admin_required
def move_deadline(request: SignedInRequest) -> HttpResponse:
    current = incidents.current_incident_or_404()
    form = DeadlineForm(current, request.POST)
    if not form.is_valid():
        return show_incident(request, current, form, status=422)
    change = incidents.move_deadline(
        current, form.cleaned_data["deadline"], form.cleaned_data["reason"], by=request.user
    )
    if change:
        messages.success(request, f"Fristen er flyttet til {danish.weekday_date(change.new)}.")
    else:
        messages.info(request, "En anden har lige flyttet fristen til den dag. Intet er ændret.")
    return redirect("incident")
