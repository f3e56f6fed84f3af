"""The page *Kvitteringernes statusser*: the meaning of statuses that the built-in table lacks."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from letters.models import ReceiptStatus
from letters.tracking.told_statuses import tell_meaning, unknown_statuses
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import danish


class MeaningForm(forms.Form):
    """The meaning of a status, chosen among `names`."""

    name = forms.ChoiceField(label="Status", error_messages={"required": "Vælg en status."})
    meaning = forms.ChoiceField(
        label="Hvad betyder det?",
        choices=ReceiptStatus.Meaning,
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, hvad statussen betyder."},
    )

    def __init__(self, names: list[str], data: Any = None):
        super().__init__(data)
        self.fields["name"].choices = [("", "Vælg en status"), *((name, name) for name in names)]  # type: ignore[attr-defined]


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def list_statuses(request: SignedInRequest) -> HttpResponse:
    """List the unknown statuses, and save the meaning of a chosen status."""
    unknown, told = unknown_statuses(), list(ReceiptStatus.objects.select_related("told_by"))
    names = [one.name for one in unknown] + [one.name for one in told]
    form = MeaningForm(names, request.POST if request.method == "POST" else None)
    if form.is_valid():
        receipts = tell_meaning(form.cleaned_data["name"], form.cleaned_data["meaning"], request.user)
        messages.success(request, f"Gemt. Det gælder {danish.count(receipts, 'kvittering', 'kvitteringer')}.")
        return redirect("receipt_statuses")
    context = {"unknown": unknown, "told": told, "form": form}
    return render(request, "letters/receipt_statuses.html", context, status=422 if form.errors else 200)
