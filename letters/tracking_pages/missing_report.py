"""*Efterlys et brev*: anybody signed in says that a letter has not come, and is thanked."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from letters.models import Channel, Letter, MissingReport, SilenceAlarm
from letters.tracking import missing_reports
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core.forms import parse_int


class MissingReportForm(forms.Form):
    """Every field may be empty. A CPR number is masked and not refused, so that nobody gives up."""

    channel = forms.ModelChoiceField(
        Channel.objects.all(), label="Hvordan er brevet sendt?", required=False, empty_label="Ved ikke"
    )
    reference = forms.CharField(
        label="Brevets nummer, hvis du har det", max_length=200, required=False, help_text="For eksempel Brev-id."
    )
    words = forms.CharField(
        label="Hvad handler brevet om?",
        max_length=300,
        required=False,
        help_text="For eksempel indkaldelse til tandlægen. Skriv ikke navn eller CPR-nummer.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def report_missing(request: SignedInRequest) -> HttpResponse:
    """Show the form, with the Brev-id of the letter that the reader comes from, or save the report."""
    form = MissingReportForm(request.POST or None, initial=_initial(request))
    if request.method == "POST" and form.is_valid():
        report, is_new = missing_reports.report_missing(request.user, timezone.now(), **form.cleaned_data)
        if not is_new:
            messages.info(request, "Du har allerede efterlyst brevet i dag. Det tæller én gang.")
        return redirect("missing_report", report.pk)
    return render(request, "letters/report_missing.html", {"form": form}, status=422 if form.errors else 200)


def _initial(request: SignedInRequest) -> dict[str, Any]:
    pk = parse_int(request.GET.get("brev", ""))
    letter = Letter.objects.visible_to(request.user).filter(pk=pk).first() if pk else None
    return {"reference": letter.source_ref} if letter else {}


@require_safe
def thank(request: SignedInRequest, pk: int) -> HttpResponse:
    report = get_object_or_404(MissingReport.objects.select_related("channel"), pk=pk, by=request.user)
    context = {
        "report": report,
        "others": missing_reports.count_other_people(report),
        "is_known": SilenceAlarm.objects.filter(channel=report.channel, closed_at=None).exists(),
    }
    return render(request, "letters/missing_report.html", context)
