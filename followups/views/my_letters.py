"""*Mine breve*: the sender's own letters, most urgent on top."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from followups import deadlines, worklist
from followups.views.saved import just_saved
from letters.models import Incident
from sepo_incident.accounts.requests import SignedInRequest


@require_safe
def my_letters(request: SignedInRequest) -> HttpResponse:
    incident = Incident.objects.current()
    today = deadlines.today()
    letters = worklist.of_sender(request.user, incident, today) if incident else worklist.Worklist()
    context = {
        "incident": incident,
        "letters": letters,
        "first": letters.undecided[0] if letters.undecided else None,
        "is_overdue": incident is not None and deadlines.is_overdue(incident.deadline),
        "is_due_today": incident is not None and incident.deadline == today,
        "leaders": letters.leaders,
        "saved": just_saved(request),
    }
    return render(request, "followups/my_letters.html", context)
