"""Extend the deadline for a unit or for a letter, with a reason: Koncern IT, or a coordinator of the administration."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from letters import incidents
from letters.models import DeadlineExtension, Incident, Letter, deadline_of_unit, deadlines_of_letters
from letters.models.incident import MAX_DEADLINE_DISTANCE
from letters.story.plans import may_extend_deadline
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import danish, logs
from sepo_incident.core.forms import DanishDateField, FreeText, set_date_bounds


class ExtensionForm(forms.ModelForm):
    """The new deadline and the reason. The usual deadline of the unit ends an extension."""

    deadline = DanishDateField(
        label="Ny frist", error_messages={"outside": "Fristen skal ligge mellem %(first)s og %(last)s."}
    )
    reason = FreeText(
        label="Begrundelse",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        error_messages={"required": "Skriv, hvorfor fristen forlænges."},
    )

    class Meta:
        model = DeadlineExtension
        fields = ["deadline", "reason"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        incident: Incident = self.instance.incident
        if self.instance.unit_id:
            told = "Står i statusnotatet og i hændelsens forløb. Skriv uden navne og helbredsoplysninger."
            self.fields["reason"].help_text = told
        usual = incident.usual_deadline_of(self.instance.unit or self.instance.letter.unit)
        ending = f"Uden forlængelse er fristen {danish.weekday_date(usual)}. Vælg den for at ophæve en forlængelse."
        self.fields["deadline"].help_text = ending
        set_date_bounds(self, (usual, incident.last_day + MAX_DEADLINE_DISTANCE), "deadline")


@require_http_methods(["GET", "HEAD", "POST"])
def extend_unit_deadline(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show and extend the deadline of a unit and the units below. That of the municipality is the incident's own."""
    incident = incidents.incident_or_404(request)
    unit = get_object_or_404(Unit.objects.visible_to(request.user).exclude(parent=None), pk=pk)
    extension = DeadlineExtension(incident=incident, unit=unit, by=request.user)
    back_url = reverse("board", args=[pk])
    return _extend(request, extension, unit, unit.name, lambda: deadline_of_unit(incident, unit), back_url)


@require_http_methods(["GET", "HEAD", "POST"])
def extend_letter_deadline(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show and extend the deadline of a letter. Whoever may not see the letter gets 404."""
    letters = Letter.objects.active().visible_to(request.user).select_related("incident", "unit")
    letter = get_object_or_404(letters, pk=pk)
    extension = DeadlineExtension(incident=letter.incident, letter=letter, by=request.user)
    name = letter.title if letter.reader_may_read else letter.page_title
    back_url = reverse("letter", args=[pk])
    return _extend(request, extension, letter.unit, name, lambda: deadlines_of_letters([pk])[pk], back_url)


def _extend(
    request: SignedInRequest,
    extension: DeadlineExtension,
    unit: Unit | None,
    name: str,
    read_deadline: Callable[[], date],
    back_url: str,
) -> HttpResponse:
    if not may_extend_deadline(request.user, unit):
        raise PermissionDenied
    form = ExtensionForm(request.POST if request.method == "POST" else None, instance=extension)
    if request.method == "POST" and form.is_valid():
        saved = incidents.extend_deadline(form.instance)
        logs.log_security_event("deadline_extended", request.user.pk, extension_id=saved.pk)
        messages.success(request, f"Fristen er nu {danish.weekday_date(read_deadline())}.")
        return redirect(back_url)
    about = {"unit": extension.unit_id, "letter": extension.letter_id}
    context = {
        "form": form,
        "name": name,
        "deadline": read_deadline(),
        "back_url": back_url,
        "is_letter": extension.letter is not None,
        "shows_reasons": extension.letter is None or extension.letter.reader_may_read,
        "lies_under": "boards",
        "extensions": DeadlineExtension.objects.filter(incident=extension.incident, **about).select_related("by"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "letters/extend_deadline.html", context, status=status)
