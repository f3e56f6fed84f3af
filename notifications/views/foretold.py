"""«Næste påmindelse: …» on the pages of those whom it is about. They lie below us, and fetch ``#line`` with htmx."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from followups import duties
from followups.boards.board import letters_of, openable_by
from letters.models import Incident, Letter
from notifications.showing import foretelling
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
    """Also how many have been reminded today; for who may remind with the way to whom."""
    unit, incident = get_object_or_404(openable_by(request.user), pk=pk), Incident.objects.current()
    if incident is None:
        return answer(request, "", unit.name, reverse("board", args=[pk]))
    letters, now = letters_of(unit, incident, request.user), timezone.now()
    today = foretelling.reminded_today(letters, now)
    leads = bool(today) and duties.leads_in(request.user, unit, letters)
    said, today_url = foretelling.in_unit(letters, incident, now), reverse("remind", args=[pk]) if leads else ""
    return answer(request, said, unit.name, reverse("board", args=[pk]), reminded=today, reminded_url=today_url)


def answer(request: SignedInRequest, said: str, back: str, url: str, **more: str) -> HttpResponse:
    context: dict[str, Any] = {"said": said, "back": back, "back_url": url, **more}
    part = "#line" if request.headers.get("HX-Request") else ""
    return render(request, f"notifications/next_reminder.html{part}", context)
