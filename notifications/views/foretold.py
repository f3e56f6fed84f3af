"""«Næste påmindelse: …» on the pages of those whom it is about. They lie below us, and fetch ``#line`` with htmx."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from letters.models import Incident, Letter
from notifications.showing import foretelling
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.requests import SignedInRequest


@require_safe
def my_reminder(request: SignedInRequest) -> HttpResponse:
    incident, now = Incident.objects.current(), timezone.now()
    said = foretelling.to_person(request.user, incident, now) if incident else ""
    return answer(request, said, "Mine breve", reverse("my_letters"))


@require_safe
def letter_reminder(request: SignedInRequest, pk: int) -> HttpResponse:
    visible = Letter.objects.visible_to(request.user).select_related("incident")
    letter = get_object_or_404(visible, pk=pk)
    said = foretelling.about_letter(letter, request.user, timezone.now())
    return answer(request, said, "Brevet", reverse("letter", args=[pk]))


@require_safe
def unit_reminder(request: SignedInRequest, pk: int) -> HttpResponse:
    unit, incident = get_object_or_404(Unit.objects.visible_to(request.user), pk=pk), Incident.objects.current()
    said = foretelling.in_unit(unit, incident, request.user, timezone.now()) if incident else ""
    return answer(request, said, unit.name, reverse("board", args=[pk]))


def answer(request: SignedInRequest, said: str, back: str, url: str) -> HttpResponse:
    context: dict[str, Any] = {"said": said, "back": back, "back_url": url}
    part = "#line" if request.headers.get("HX-Request") else ""
    return render(request, f"notifications/next_reminder.html{part}", context)
